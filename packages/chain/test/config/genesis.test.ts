import { bytesToHex, EthspanError } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { bodyFault, chainForks, chainSpec, headerHash, parseGenesis } from '../../src/index.js'
import { alloc, gethGenesis } from './genesis-vectors.js'

const json = { config: { chainId: 7 }, gasLimit: '0x1', difficulty: '0x0', alloc: {} }
const address = `0x${'aa'.repeat(20)}`

test.each(gethGenesis)('the genesis block of %s is the one that geth makes', async (_, json, hash) => {
  const { genesis, forks, networkId } = await chainSpec(parseGenesis(json))
  expect(bytesToHex(genesis.hash)).toBe(hash)
  expect(headerHash(genesis.header)).toEqual(genesis.hash)
  expect(forks.genesisHash).toEqual(genesis.hash)
  expect(await bodyFault(genesis.header, genesis.body)).toBeUndefined()
  expect(networkId).toBe(7n)
})

test('a network id can be another than the chain id', async () => {
  expect((await chainSpec(parseGenesis(json), 9n)).networkId).toBe(9n)
})

describe('a genesis.json', () => {
  test('is read with all that geth knows of a config, and nothing else', () => {
    const { config, timestamp } = parseGenesis({
      ...json,
      config: {
        chainId: 3503995874084926,
        daoForkSupport: true,
        shanghaiTime: null,
        terminalTotalDifficulty: 131072,
        depositContractAddress: address,
        blobSchedule: { bpo5: { target: 1, max: 2, baseFeeUpdateFraction: 3 }, osaka: { target: 9 } },
        someFutureTime: 500,
      },
      timestamp: '0x3c',
    })
    expect(timestamp).toBe(60n)
    expect(config).toEqual({
      chainId: 3503995874084926,
      daoForkSupport: true,
      terminalTotalDifficulty: 131072n,
      depositContractAddress: new Uint8Array(20).fill(0xaa),
      blobSchedule: { bpo5: { target: 1, max: 2, baseFeeUpdateFraction: 3 } },
    })
  })

  test('tells the forks, blob-parameter forks and Amsterdam included', () => {
    const genesis = parseGenesis({
      ...json,
      config: {
        homesteadBlock: 0,
        eip150Block: 0,
        eip155Block: 0,
        eip158Block: 0,
        byzantiumBlock: 0,
        constantinopleBlock: 0,
        petersburgBlock: 0,
        istanbulBlock: 0,
        berlinBlock: 7,
        londonBlock: 7,
        shanghaiTime: 0,
        bpo1Time: 240,
        bpo5Time: 300,
        amsterdamTime: 360,
        blobSchedule: { bpo1: { baseFeeUpdateFraction: 1 }, bpo5: { baseFeeUpdateFraction: 1 } },
      },
      timestamp: '60',
    })
    const hash = new Uint8Array(32)
    expect(chainForks(genesis, hash)).toEqual({ genesisHash: hash, byBlock: [7n], byTime: [240n, 300n, 360n] })
  })

  test('has accounts in every form that geth reads', () => {
    const accounts = parseGenesis({ ...json, alloc }).alloc
    const word = (...end: number[]) => Uint8Array.of(...new Uint8Array(32 - end.length), ...end)
    expect(accounts.map(({ balance, nonce }) => [balance, nonce])).toEqual([
      [1n, 0n],
      [10n ** 21n, 5n],
      [0n, 1n],
      [0n, 0n],
    ])
    expect(accounts[2]).toMatchObject({
      address: Uint8Array.of(...new Uint8Array(19), 0xcc),
      code: Uint8Array.of(0x60, 1, 0x60, 2, 0x55),
      storage: [
        [word(0), word(0x2a)],
        [word(1), word(1, 0)],
        [word(0xff), new Uint8Array(32).fill(0xff)],
      ],
    })
  })

  test.each<[string, unknown, RegExp]>([
    ['nothing', null, /it is an object, not null$/],
    ['a list', [], /it is an object, not \[\]$/],
    ['no config', { ...json, config: undefined }, /its "config" is an object, not missing$/],
    ['no gas limit', { ...json, gasLimit: undefined }, /"gasLimit" must be a whole number below 2\^64, not missing$/],
    ['no difficulty', { ...json, difficulty: undefined }, /"difficulty" must be a whole number below 2\^256/],
    ['no alloc', { ...json, alloc: undefined }, /"alloc" is an object, not missing$/],
    [
      'a fork that is text',
      { ...json, config: { londonBlock: '7' } },
      /"londonBlock" must be a whole number .*, not "7"$/,
    ],
    ['a fork before the first', { ...json, config: { cancunTime: -1 } }, /"cancunTime" .*, not -1$/],
    [
      'a fork beyond exact numbers',
      { ...json, config: { cancunTime: 2 ** 53 } },
      /"cancunTime" .*, not 9007199254740992$/,
    ],
    ['a time that is no number', { ...json, timestamp: 'soon' }, /"timestamp" .*, not "soon"$/],
    ['a time that is too late', { ...json, timestamp: '99999999999999999999' }, /"timestamp" .* below 2\^64/],
    ['half a gas unit', { ...json, gasLimit: 0.5 }, /"gasLimit" .*, not 0.5$/],
    [
      'extra data without 0x',
      { ...json, extraData: '11' },
      /"extraData" must be hexadecimal digits after 0x, not "11"$/,
    ],
    ['half a byte', { ...json, extraData: '0x1' }, /"extraData"/],
    ['a short mix hash', { ...json, mixHash: '0x11' }, /"mixHash" must be 32 bytes as hexadecimal digits after 0x/],
    ['a short coinbase', { ...json, coinbase: '0x11' }, /"coinbase" must be 20 bytes/],
    ['a number of its own', { ...json, number: '0x1' }, /"number" of a genesis block is 0$/],
    ['a short address', { ...json, alloc: { aa: { balance: 1 } } }, /an address must be 20 bytes/],
    [
      'an account twice',
      { ...json, alloc: { [address]: { balance: 1 }, [address.slice(2)]: { balance: 1 } } },
      /twice$/,
    ],
    ['an account without a balance', { ...json, alloc: { [address]: {} } }, /"balance" of 0xaa.* not missing$/],
    ['a balance too large', { ...json, alloc: { [address]: { balance: `0x1${'0'.repeat(64)}` } } }, /"balance" of/],
    ['code that is none', { ...json, alloc: { [address]: { balance: 1, code: '6001' } } }, /"code" of/],
    [
      'a slot too long',
      { ...json, alloc: { [address]: { balance: 1, storage: { ['11'.repeat(33)]: '01' } } } },
      /a slot of/,
    ],
    [
      'a value of half a byte',
      { ...json, alloc: { [address]: { balance: 1, storage: { '01': '0x1' } } } },
      /the value of a slot of/,
    ],
    [
      'a blob schedule without a fraction',
      { ...json, config: { blobSchedule: { cancun: { target: 1, max: 2 } } } },
      /"baseFeeUpdateFraction" .* must not be 0$/,
    ],
    ['Clique', { ...json, config: { clique: { period: 1, epoch: 2 } } }, /Clique .* is not supported$/],
    ['a binary trie', { ...json, config: { enableUBTAtGenesis: true } }, /binary tries .* are not supported$/],
  ])('with %s is refused in one line', (_, json, message) => {
    expect(() => parseGenesis(json)).toThrow(EthspanError)
    expect(() => parseGenesis(json)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
    expect(() => parseGenesis(json)).toThrow(message)
    expect(() => parseGenesis(json)).toThrow(/^genesis\.json: [^\n]*$/)
  })

  test('with Clique is read where proof of stake has come before the first block', () => {
    const config = { chainId: 7, terminalTotalDifficulty: 0, clique: { period: 1, epoch: 2 } }
    expect(parseGenesis({ ...json, config }).config.chainId).toBe(7)
  })
})
