import { EthspanError } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { checkForkOrder } from '../../src/config/chain-config.js'
import {
  blobConfigAt,
  type ChainConfig,
  holeskySpec,
  hoodiSpec,
  isForked,
  isPostMerge,
  mainnetSpec,
  sepoliaSpec,
} from '../../src/index.js'
import { everyFork } from '../support/configs.js'

describe('the order of forks', () => {
  test('is right in every public network, and where no fork is planned', () => {
    for (const { config } of [mainnetSpec, sepoliaSpec, hoodiSpec, holeskySpec]) checkForkOrder(config)
    checkForkOrder(everyFork)
    checkForkOrder({})
  })

  test.each<[string, ChainConfig, string]>([
    [
      'a block before the one of the fork before it',
      { ...everyFork, berlinBlock: 5 },
      'the forks are out of order: berlinBlock is 5, londonBlock is 0',
    ],
    [
      'a time before the one of the fork before it',
      { ...everyFork, pragueTime: 30 },
      'the forks are out of order: cancunTime is 60, pragueTime is 30',
    ],
    [
      'a fork left out',
      { ...everyFork, istanbulBlock: undefined },
      'a fork is missing: amsterdamTime is planned, istanbulBlock is not',
    ],
    [
      'Shanghai left out',
      { ...everyFork, shanghaiTime: undefined },
      'a fork is missing: amsterdamTime is planned, shanghaiTime is not',
    ],
    ['blobs without figures', { ...everyFork, bpo3Time: 330 }, 'bpo3Time is planned, but "blobSchedule" has no "bpo3"'],
  ])('with %s is refused', (_, config, message) => {
    expect(() => checkForkOrder(config)).toThrow(new EthspanError('ERR_INVALID_OPTION', message))
  })

  test('lets forks be left out that change no rules or only some', () => {
    const { muirGlacierBlock, arrowGlacierBlock, grayGlacierBlock, mergeNetsplitBlock, osakaTime, ...rest } = everyFork
    expect(() => checkForkOrder(rest)).not.toThrow()
  })
})

describe('a fork', () => {
  test('begins with its block or its time', () => {
    const { config } = mainnetSpec
    expect(isForked(config, 'londonBlock', { number: 12964999n, time: 0n })).toBe(false)
    expect(isForked(config, 'londonBlock', { number: 12965000n, time: 0n })).toBe(true)
    expect(isForked(config, 'shanghaiTime', { number: 17034870n, time: 1681338454n })).toBe(false)
    expect(isForked(config, 'shanghaiTime', { number: 17034870n, time: 1681338455n })).toBe(true)
  })

  test('that is not planned never begins', () => {
    expect(isForked(mainnetSpec.config, 'amsterdamTime', { number: 10n ** 9n, time: 10n ** 12n })).toBe(false)
  })

  test('by time does not begin before London', () => {
    const config = { ...everyFork, londonBlock: 9 }
    expect(isForked(config, 'shanghaiTime', { number: 8n, time: 5n })).toBe(false)
    expect(isForked(config, 'shanghaiTime', { number: 9n, time: 5n })).toBe(true)
  })

  test('named Petersburg comes with Constantinople where nothing is said', () => {
    const config = { constantinopleBlock: 5 }
    expect([4n, 5n].map((number) => isForked(config, 'petersburgBlock', { number, time: 0n }))).toEqual([false, true])
  })
})

test('proof of stake is assumed from the netsplit block, from Shanghai, or from the start', () => {
  const place = { number: 5n, time: 50n }
  expect(isPostMerge({}, place)).toBe(false)
  expect(isPostMerge({ terminalTotalDifficulty: 1n }, place)).toBe(false)
  expect(isPostMerge({ terminalTotalDifficulty: 0n }, place)).toBe(true)
  expect(isPostMerge({ londonBlock: 0, mergeNetsplitBlock: 6 }, place)).toBe(false)
  expect(isPostMerge({ londonBlock: 0, mergeNetsplitBlock: 5 }, place)).toBe(true)
  expect(isPostMerge({ londonBlock: 0, shanghaiTime: 50 }, place)).toBe(true)
})

test('blob parameters are those of the last fork that has some', () => {
  const max = (time: bigint) => blobConfigAt(everyFork, { number: 1n, time })?.max
  expect([59n, 60n, 120n, 180n, 240n, 300n, 360n].map(max)).toEqual([undefined, 6, 9, 9, 15, 21, 21])
})
