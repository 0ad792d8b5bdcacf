import { bytesToHex, EthspanError } from '@ethspan/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type ChainConfig,
  EMPTY_ROOT,
  type Header,
  type HeaderFields,
  headerHash,
  mainnetSpec,
  verifyHeader,
} from '../../src/index.js'
import { everyFork } from '../support/configs.js'
import { changed, firstHeader, nextHeader } from '../support/headers.js'

const BLOB = 131_072n

/** By which field a header is refused; undefined where it is not. */
function blamed(header: Header, parent: Header, config: ChainConfig = everyFork): string | undefined {
  try {
    verifyHeader(header, parent, config)
  } catch (error) {
    expect(error).toBeInstanceOf(EthspanError)
    const { code, message, fields } = error as EthspanError
    expect(code).toBe('ERR_INVALID_BLOCK')
    expect(fields).toEqual({
      number: header.number,
      hash: `0x${bytesToHex(headerHash(header))}`,
      parentHash: `0x${bytesToHex(header.parentHash)}`,
      field: expect.any(String),
    })
    expect(message).toMatch(new RegExp(`^block ${header.number}: ${fields.field} [^\\n]+$`))
    return fields.field as string
  }
  return undefined
}

/** Where each fork of {@link everyFork} is active. */
const times = {
  paris: -1n,
  shanghai: 0n,
  cancun: 60n,
  prague: 120n,
  osaka: 180n,
  bpo1: 240n,
  bpo2: 300n,
  amsterdam: 360n,
}
const { shanghaiTime: _, ...withoutShanghai } = everyFork
const parisOnly: ChainConfig = {
  ...withoutShanghai,
  cancunTime: undefined,
  pragueTime: undefined,
  osakaTime: undefined,
  bpo1Time: undefined,
  bpo2Time: undefined,
  amsterdamTime: undefined,
}
const pairs = Object.entries(times).map(([fork, time]) => {
  const config = fork === 'paris' ? parisOnly : everyFork
  const parent = firstHeader(config, 7n, time + 10n, { gasUsed: 1_000_000n })
  return [fork, config, parent, nextHeader(parent, config)] as const
})

describe.each(pairs)('with the rules of %s', (_, config, parent, header) => {
  const lies: readonly (readonly [keyof HeaderFields, string, Partial<HeaderFields>])[] = [
    ['parentHash', 'another parent', { parentHash: new Uint8Array(32) }],
    ['ommersHash', 'uncles', { ommersHash: new Uint8Array(32) }],
    ['difficulty', 'proof of work', { difficulty: 131_072n }],
    ['number', 'a number too low', { number: header.number - 1n }],
    ['number', 'a number too high', { number: header.number + 1n }],
    ['gasLimit', 'a gas limit that rises too fast', { gasLimit: parent.gasLimit + parent.gasLimit / 1024n }],
    ['gasLimit', 'a gas limit that falls too fast', { gasLimit: parent.gasLimit - parent.gasLimit / 1024n }],
    ['gasLimit', 'a gas limit beyond all', { gasLimit: 2n ** 63n }],
    ['gasUsed', 'more gas than its limit', { gasUsed: header.gasLimit + 1n }],
    ['time', 'the time of its parent', { time: parent.time }],
    ['extraData', 'too much extra data', { extraData: new Uint8Array(33) }],
    ['nonce', 'a nonce', { nonce: new Uint8Array(8).fill(1) }],
    ['baseFeePerGas', 'a base fee too low', { baseFeePerGas: header.baseFeePerGas! - 1n }],
    ['baseFeePerGas', 'a base fee too high', { baseFeePerGas: header.baseFeePerGas! + 1n }],
  ]

  test('a valid header is taken, up to the bounds', () => {
    const step = parent.gasLimit / 1024n - 1n
    for (const fields of [
      {},
      { gasLimit: parent.gasLimit + step },
      { gasLimit: parent.gasLimit - step },
      { gasUsed: header.gasLimit },
      { extraData: new Uint8Array(32) },
    ]) {
      expect(blamed(changed(header, fields), parent, config)).toBeUndefined()
    }
  })

  test.each(lies)('%s is blamed for %s', (field, _, fields) => {
    expect(blamed(changed(header, fields), parent, config)).toBe(field)
  })

  test('each field of the fork must be there, and none of a later one', () => {
    const optional = [
      'baseFeePerGas',
      'withdrawalsRoot',
      'blobGasUsed',
      'excessBlobGas',
      'parentBeaconRoot',
      'requestsHash',
      'blockAccessListHash',
      'slotNumber',
    ] as const
    const values = [1n, EMPTY_ROOT, 0n, 0n, EMPTY_ROOT, EMPTY_ROOT, EMPTY_ROOT, 1n]
    const due = optional.filter((name) => header[name] !== undefined)
    for (const name of due) expect(blamed(changed(header, { [name]: undefined }), parent, config)).toBe(name)
    const next = optional[due.length]
    if (next !== undefined) {
      expect(blamed(changed(header, { [next]: values[due.length] }), parent, config)).toBe(next)
    }
  })
})

describe.each(pairs.filter(([, , , header]) => header.blobGasUsed !== undefined))(
  'with blobs as in %s',
  (_, config, parent, header) => {
    const max = { cancun: 6n, prague: 9n, osaka: 9n, bpo1: 15n, bpo2: 21n, amsterdam: 21n }[_ as 'cancun']

    test('as many as the fork allows are taken', () => {
      expect(blamed(changed(header, { blobGasUsed: max * BLOB }), parent, config)).toBeUndefined()
    })

    test.each<[keyof HeaderFields, string, Partial<HeaderFields>]>([
      ['blobGasUsed', 'one more', { blobGasUsed: (max + 1n) * BLOB }],
      ['blobGasUsed', 'a part of one', { blobGasUsed: BLOB + 1n }],
      ['excessBlobGas', 'another excess', { excessBlobGas: 1n }],
    ])('%s is blamed for %s', (field, _, fields) => {
      expect(blamed(changed(header, fields), parent, config)).toBe(field)
    })
  },
)

describe('what only bodies, receipts or execution can tell is not looked at:', () => {
  test.each<keyof HeaderFields>([
    'coinbase',
    'stateRoot',
    'txsRoot',
    'receiptsRoot',
    'bloom',
    'mixDigest',
    'withdrawalsRoot',
    'parentBeaconRoot',
    'requestsHash',
    'blockAccessListHash',
    'slotNumber',
  ])('%s', (name) => {
    const [, config, parent, header] = pairs.at(-1)!
    const value = header[name]
    const lie = typeof value === 'bigint' ? value + 5n : new Uint8Array(value!.length).fill(9)
    expect(blamed(changed(header, { [name]: lie }), parent, config)).toBeUndefined()
  })
})

test('a chain goes on through all forks, whatever its blocks use', () => {
  const blocks = fc.array(
    fc.record({
      gas: fc.bigInt(0n, 30n),
      blobs: fc.bigInt(0n, 6n),
      seconds: fc.bigInt(1n, 30n),
      limit: fc.bigInt(-1n, 1n),
    }),
    { minLength: 20, maxLength: 60 },
  )
  fc.assert(
    fc.property(blocks, (blocks) => {
      let parent = firstHeader(everyFork, 0n, 0n)
      for (const { gas, blobs, seconds, limit } of blocks) {
        const gasLimit = parent.gasLimit + limit * (parent.gasLimit / 1024n - 1n)
        const header = nextHeader(parent, everyFork, {
          time: parent.time + seconds,
          gasLimit,
          gasUsed: (gasLimit * gas) / 30n,
        })
        const whole = header.blobGasUsed === undefined ? header : changed(header, { blobGasUsed: blobs * BLOB })
        expect(blamed(whole, parent)).toBeUndefined()
        parent = whole
      }
    }),
    { numRuns: 30 },
  )
})

describe('proof of work', () => {
  const { config } = mainnetSpec
  const at = (number: bigint, fields: Partial<HeaderFields> = {}) => {
    const parent = firstHeader(config, number - 1n, 1_600_000_000n, { gasLimit: 15_000_000n, ...fields })
    return [parent, nextHeader(parent, config, { time: parent.time + 15n })] as const
  }
  const dao = new TextEncoder().encode('dao-hard-fork')

  test.each([1n, 1_150_000n, 2_463_000n, 4_370_000n, 7_280_000n, 9_200_000n, 12_244_000n, 12_965_001n, 15_050_000n])(
    'block %i is taken, and refused with another difficulty',
    (number) => {
      const [parent, header] = at(number)
      expect(blamed(header, parent, config)).toBeUndefined()
      for (const by of [-1n, 1n]) {
        const difficulty = header.difficulty + by
        expect(blamed(changed(header, { difficulty }), parent, config)).toBe('difficulty')
      }
    },
  )

  test('any nonce and uncles go with it: neither is checked here', () => {
    const [parent, header] = at(9_200_000n)
    const fields = {
      nonce: new Uint8Array(8).fill(3),
      mixDigest: new Uint8Array(32).fill(3),
      ommersHash: new Uint8Array(32),
    }
    expect(blamed(changed(header, fields), parent, config)).toBeUndefined()
  })

  test('the first blocks of the DAO fork are marked for it, or not if the chain is against it', () => {
    const against = { ...config, daoForkSupport: false }
    for (const [number, marked, unmarked] of [
      [1_919_999n, undefined, undefined],
      [1_920_000n, undefined, 'extraData'],
      [1_920_009n, undefined, 'extraData'],
      [1_920_010n, undefined, undefined],
    ] as const) {
      const [parent, header] = at(number)
      expect(blamed(changed(header, { extraData: dao }), parent, config)).toBe(marked)
      expect(blamed(header, parent, config)).toBe(unmarked)
    }
    const [parent, header] = at(1_920_000n)
    expect(blamed(header, parent, against)).toBeUndefined()
    expect(blamed(changed(header, { extraData: dao }), parent, against)).toBe('extraData')
  })

  test('with London the gas limit doubles, give or take, and the base fee begins', () => {
    const [parent, header] = at(12_965_000n)
    const first = changed(header, { gasLimit: 30_000_000n })
    expect(blamed(first, parent, config)).toBeUndefined()
    expect(blamed(header, parent, config)).toBe('gasLimit')
    expect(blamed(changed(first, { baseFeePerGas: 999_999_999n }), parent, config)).toBe('baseFeePerGas')
    expect(blamed(changed(first, { baseFeePerGas: undefined }), parent, config)).toBe('baseFeePerGas')
  })

  test('the gas limit is five thousand at least', () => {
    const [parent, header] = at(9n, { gasLimit: 5001n })
    expect(blamed(changed(header, { gasLimit: 5000n }), parent, config)).toBeUndefined()
    expect(blamed(changed(header, { gasLimit: 4999n }), parent, config)).toBe('gasLimit')
  })

  test('is over when the difficulty was 0 once, when the config says so, and not before London', () => {
    const [work, header] = at(15_537_394n)
    const stake = changed(header, { difficulty: 0n })
    expect(blamed(stake, work, config)).toBeUndefined()
    const next = nextHeader(stake, config)
    expect(blamed(next, stake, config)).toBeUndefined()
    expect(blamed(changed(next, { difficulty: header.difficulty }), stake, config)).toBe('difficulty')
    expect(blamed(header, work, { ...config, mergeNetsplitBlock: 15_537_394 })).toBe('difficulty')
    expect(blamed(header, work, { ...config, terminalTotalDifficulty: 0n })).toBe('difficulty')
    const [early, earlier] = at(9_000_000n)
    expect(blamed(changed(earlier, { difficulty: 0n }), early, config)).toBe('difficulty')
  })
})
