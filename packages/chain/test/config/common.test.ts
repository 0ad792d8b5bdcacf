import { EthspanError } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { chainCommon, commonAt, mainnetSpec, sepoliaSpec } from '../../src/index.js'
import { everyFork } from '../support/configs.js'

const mainnet = chainCommon(mainnetSpec.config)
const fork = (number: bigint, time = 0n, difficulty?: bigint) =>
  commonAt(mainnet, { number, time, difficulty }).hardfork()

describe('of mainnet', () => {
  test.each<[bigint, string]>([
    [0n, 'chainstart'],
    [1149999n, 'chainstart'],
    [1150000n, 'homestead'],
    [1920000n, 'dao'],
    [2463000n, 'tangerineWhistle'],
    [2675000n, 'spuriousDragon'],
    [4370000n, 'byzantium'],
    [7280000n, 'petersburg'],
    [9069000n, 'istanbul'],
    [9200000n, 'muirGlacier'],
    [12244000n, 'berlin'],
    [12965000n, 'london'],
    [13773000n, 'arrowGlacier'],
    [15050000n, 'grayGlacier'],
  ])('block %i has the rules of %s', (number, name) => {
    expect(fork(number)).toBe(name)
    expect(fork(number, 0n, 1n)).toBe(name)
  })

  test('a block is merged if its difficulty says so, and where it is not told from Shanghai on', () => {
    const [last, first] = [15537393n, 15537394n]
    expect(fork(last, 1663224162n, 11_055_787_484_078_698n)).toBe('grayGlacier')
    expect(fork(first, 1663224179n, 0n)).toBe('paris')
    expect(fork(first, 1663224179n)).toBe('grayGlacier')
    expect(fork(17034869n, 1681338443n, 0n)).toBe('paris')
    expect(fork(17034870n, 1681338455n)).toBe('shanghai')
  })

  test.each<[bigint, string, string]>([
    [1710338135n, 'shanghai', 'cancun'],
    [1746612311n, 'cancun', 'prague'],
    [1764798551n, 'prague', 'osaka'],
    [1765290071n, 'osaka', 'bpo1'],
    [1767747671n, 'bpo1', 'bpo2'],
  ])('at %i the rules change from %s to %s', (time, before, after) => {
    expect([time - 1n, time].map((at) => fork(20_000_000n, at, 0n))).toEqual([before, after])
  })

  test('the chain id is its own', () => {
    expect(mainnet.chainId()).toBe(1n)
  })
})

test('Amsterdam is there, after forks of blob parameters', () => {
  const common = commonAt(chainCommon(sepoliaSpec.config), { number: 9_000_000n, time: 1791294816n })
  expect(common.hardfork()).toBe('amsterdam')
  expect(common.isActivatedEIP(7928)).toBe(true)
})

describe('blob parameters', () => {
  const common = chainCommon({
    ...everyFork,
    blobSchedule: {
      cancun: { target: 1, max: 2, baseFeeUpdateFraction: 11 },
      prague: { target: 3, max: 4, baseFeeUpdateFraction: 12 },
      bpo1: { target: 5, max: 6, baseFeeUpdateFraction: 13 },
      bpo2: { target: 7, max: 8, baseFeeUpdateFraction: 14 },
      bpo5: { target: 9, max: 10, baseFeeUpdateFraction: 15 },
    },
    bpo5Time: 350,
  })

  test.each<[string, bigint, number, number, bigint]>([
    ['cancun', 60n, 1, 2, 11n],
    ['prague', 120n, 3, 4, 12n],
    ['osaka', 180n, 3, 4, 12n],
    ['bpo1', 240n, 5, 6, 13n],
    ['bpo2', 300n, 7, 8, 14n],
    ['bpo5', 350n, 9, 10, 15n],
    ['amsterdam', 360n, 9, 10, 15n],
  ])('of %s are those of the config, in all forms that are asked for', (name, time, target, max, fraction) => {
    const rules = commonAt(common, { number: 1n, time })
    // What the libraries have for them, as they set it before they ask.
    rules.updateParams({ 4844: { blobGasPerBlob: 131_072, maxBlobGasPerBlock: 1 }, 7691: { maxBlobGasPerBlock: 1 } })
    expect(rules.hardfork()).toBe(name)
    expect(rules.param('maxBlobGasPerBlock')).toBe(BigInt(max) * 131_072n)
    expect(rules.param('targetBlobGasPerBlock')).toBe(BigInt(target) * 131_072n)
    expect(rules.param('blobGasPriceUpdateFraction')).toBe(fraction)
    expect(rules.getBlobGasSchedule()).toMatchObject({
      targetBlobGasPerBlock: BigInt(target) * 131_072n,
      maxBlobGasPerBlock: BigInt(max) * 131_072n,
    })
  })
})

test('blocks that are marked against the DAO fork keep the rules of Homestead', () => {
  const common = chainCommon({ ...mainnetSpec.config, daoForkSupport: false })
  expect(commonAt(common, { number: 1920000n, time: 0n }).hardfork()).toBe('homestead')
})

test('a copy is set, and the chain’s own rules stay as they are', () => {
  const common = chainCommon(everyFork)
  commonAt(common, { number: 1n, time: 360n })
  expect(common.hardfork()).toBe('chainstart')
})

test('what else the libraries are to use is handed on', () => {
  const keccak256 = () => new Uint8Array(32)
  const common = chainCommon(everyFork, { keccak256 })
  expect(commonAt(common, { number: 1n, time: 0n }).customCrypto.keccak256).toBe(keccak256)
})

test('EIP-155 without EIP-158 is refused', () => {
  expect(() => chainCommon({ eip155Block: 1, eip158Block: 2 })).toThrow(
    new EthspanError('ERR_INVALID_OPTION', 'eip155Block (1) and eip158Block (2) must be one block'),
  )
})
