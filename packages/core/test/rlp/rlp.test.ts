import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesToHex, concatBytes, hexToBytes } from '../../src/bytes.js'
import { EthspanError } from '../../src/errors.js'
import {
  decodeRlp,
  decodeRlpPrefix,
  encodeRlp,
  expectBigUint,
  expectBytes,
  expectList,
  expectText,
  expectUint,
  RLP_MAX_DEPTH,
  type RlpInput,
  type RlpItem,
} from '../../src/rlp/rlp.js'
import { inputs } from './inputs.js'

const lorem = 'Lorem ipsum dolor sit amet, consectetur adipisicing elit'

// The examples of the yellow paper's appendix B, as ethereum/tests publishes them in rlptest.json.
const published: readonly [name: string, value: RlpInput, hex: string][] = [
  ['the empty string', '', '80'],
  ['a byte of its own', '\u0000', '00'],
  ['the largest byte of its own', '\u007f', '7f'],
  ['a short string', 'dog', '83646f67'],
  ['a string of 55 bytes', lorem.slice(0, 55), `b7${bytesToHex(new TextEncoder().encode(lorem.slice(0, 55)))}`],
  ['a string of 56 bytes', lorem, `b838${bytesToHex(new TextEncoder().encode(lorem))}`],
  ['zero', 0, '80'],
  ['a small integer', 1, '01'],
  ['an integer of one byte', 128, '8180'],
  ['an integer of two bytes', 1000, '8203e8'],
  ['a 15-byte integer', 0x102030405060708090a0b0c0d0e0f2n, '8f102030405060708090a0b0c0d0e0f2'],
  ['two to the 256th', 2n ** 256n, `a101${'00'.repeat(32)}`],
  ['the empty list', [], 'c0'],
  ['a list of strings', ['dog', 'god', 'cat'], 'cc83646f6783676f6483636174'],
  ['a mixed list', ['zw', [4], 1], 'c6827a77c10401'],
  ['lists of lists', [[[], []], []], 'c4c2c0c0c0'],
  ['the set-theoretic three', [[], [[]], [[], [[]]]], 'c7c0c1c0c3c0c1c0'],
  ['true', true, '01'],
  ['false', false, '80'],
]

const errorOf = (run: () => unknown): EthspanError => {
  try {
    run()
  } catch (error) {
    if (error instanceof EthspanError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('encoding', () => {
  test.each(published)('writes %s as the yellow paper does', (_name, value, hex) => {
    expect(bytesToHex(encodeRlp(value))).toBe(hex)
  })

  test('takes text as text, hex digits included', () => {
    expect(encodeRlp('0x01')).toEqual(Uint8Array.of(0x84, 0x30, 0x78, 0x30, 0x31))
  })

  test.each<[string, unknown]>([
    ['a negative number', -1],
    ['a fraction', 1.5],
    ['a number that lost precision', 2 ** 53],
    ['not a number', Number.NaN],
    ['a negative bigint', -1n],
    ['half a surrogate pair', 'a\ud800b'],
    ['null', null],
    ['undefined', undefined],
    ['an object', {}],
  ])('refuses %s', (_name, value) => {
    expect(errorOf(() => encodeRlp([value as RlpInput])).code).toBe('ERR_INVALID_RLP')
  })

  test('refuses a list that contains itself', () => {
    const list: RlpInput[] = []
    list.push(list)
    expect(errorOf(() => encodeRlp(list)).message).toContain('nested deeper')
  })

  test('takes lists of hundreds of thousands of elements', () => {
    const encoded = encodeRlp(new Array<number>(300_000).fill(1))
    expect(encoded.length).toBe(300_004)
    expect(expectList(decodeRlp(encoded), 'list').length).toBe(300_000)
  })
})

describe('decoding', () => {
  test('gives back what was encoded', () => {
    fc.assert(
      fc.property(inputs, (value) => {
        const encoded = encodeRlp(value)
        expect(encodeRlp(decodeRlp(encoded))).toEqual(encoded)
      }),
    )
  })

  test('takes only what encodes back to the same bytes, and throws nothing but its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        let item: RlpItem
        try {
          item = decodeRlp(bytes)
        } catch (error) {
          expect((error as EthspanError).code).toBe('ERR_INVALID_RLP')
          return
        }
        expect(encodeRlp(item)).toEqual(bytes)
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['nothing', ''],
    ['a prefixed byte below 0x80', '8100'],
    ['a prefixed 0x7f', '817f'],
    ['a prefixed byte below 0x80 inside a list', 'c2817f'],
    ['a short string in the long form', `b837${'00'.repeat(55)}`],
    ['an empty string in the long form', 'b800'],
    ['a leading zero in a string length', `b90038${'00'.repeat(56)}`],
    ['a short list in the long form', `f837${'00'.repeat(55)}`],
    ['a leading zero in a list length', `f90038${'00'.repeat(56)}`],
    ['a string that ends early', '83646f'],
    ['a list that ends early', 'c483646f'],
    ['a length that ends early', 'b9ff'],
    ['an element that leaves its list', 'c183646f67'],
    ['an element that leaves its list in the long form', 'c1b838'],
    ['a length of eight bytes', 'bfffffffffffffffff'],
    ['a list length of eight bytes', 'ffffffffffffffffff'],
    ['bytes behind the item', '8000'],
    ['bytes behind the list', 'c000'],
  ])('refuses %s', (_name, hex) => {
    expect(errorOf(() => decodeRlp(hexToBytes(hex))).code).toBe('ERR_INVALID_RLP')
  })

  test('refuses nesting above the limit and takes it up to there', () => {
    const nested = (depth: number): RlpInput => (depth === 0 ? '' : [nested(depth - 1)])
    expect(decodeRlp(encodeRlp(nested(RLP_MAX_DEPTH)))).toEqual(decodeRlp(encodeRlp(nested(RLP_MAX_DEPTH))))
    const three = encodeRlp(nested(3))
    expect(decodeRlp(three, { maxDepth: 3 })).toEqual([[[new Uint8Array(0)]]])
    expect(errorOf(() => decodeRlp(three, { maxDepth: 2 })).message).toContain('nested deeper than 2')
  })

  test('refuses a million nested lists without a stack overflow', () => {
    const bomb = new Uint8Array(1_000_000).fill(0xc1)
    expect(errorOf(() => decodeRlp(bomb)).code).toBe('ERR_INVALID_RLP')
  })

  test('counts items', () => {
    const list = encodeRlp([1, 2, [3]])
    expect(decodeRlp(list, { maxItems: 5 })).toHaveLength(3)
    expect(errorOf(() => decodeRlp(list, { maxItems: 4 })).message).toContain('more than 4 items')
  })

  test('reads only the item at the front when asked to', () => {
    const { item, rest } = decodeRlpPrefix(concatBytes(encodeRlp([1]), hexToBytes('ffff')))
    expect(item).toEqual([Uint8Array.of(1)])
    expect(rest).toEqual(Uint8Array.of(0xff, 0xff))
  })
})

describe('reading items', () => {
  const empty = new Uint8Array(0)

  test('reads what is there', () => {
    const [list, bytes, uint, big, text] = decodeRlp(
      encodeRlp([[1, 2], hexToBytes('c0ffee'), 65535, 2n ** 64n, 'grüße']),
    ) as RlpItem[]
    expect(expectList(list, 'list', { min: 2, max: 2 })).toHaveLength(2)
    expect(expectBytes(bytes, 'bytes', 3)).toEqual(hexToBytes('c0ffee'))
    expect(expectUint(uint, 'port', 65535)).toBe(65535)
    expect(expectBigUint(big, 'difficulty')).toBe(2n ** 64n)
    expect(expectText(text, 'name', 7)).toBe('grüße')
    expect(expectUint(empty, 'zero')).toBe(0)
    expect(expectBigUint(empty, 'zero')).toBe(0n)
  })

  test('keeps a byte order mark', () => {
    expect(expectText(hexToBytes('efbbbf61'), 'name', 4)).toBe('\ufeffa')
  })

  test('round-trips safe integers', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const item = decodeRlp(encodeRlp(value))
        expect(expectUint(item, 'n', Number.MAX_SAFE_INTEGER)).toBe(value)
        expect(expectBigUint(item, 'n')).toBe(BigInt(value))
      }),
    )
  })

  test.each<[string, () => unknown, string]>([
    ['a missing list', () => expectList(undefined, 'caps'), 'caps is missing'],
    ['a missing value', () => expectUint(undefined, 'port'), 'port is missing'],
    ['bytes for a list', () => expectList(Uint8Array.of(1), 'caps'), 'caps: expected a list, got 1 byte'],
    ['a short list', () => expectList([], 'cap', { min: 2, max: 2 }), 'cap: expected a list of 2, got 0'],
    ['a long list', () => expectList([empty], 'caps', { max: 0 }), 'caps: expected a list of 0, got 1'],
    ['a list for bytes', () => expectBytes([], 'id'), 'id: expected bytes, got a list'],
    ['a wrong length', () => expectBytes(empty, 'id', 64), 'id: expected 64 bytes, got 0'],
    ['a leading zero', () => expectUint(Uint8Array.of(0, 1), 'port'), 'port: an integer has no leading zeros'],
    ['a zero written as a byte', () => expectBigUint(Uint8Array.of(0), 'n'), 'n: an integer has no leading zeros'],
    ['a large integer', () => expectUint(hexToBytes('010000'), 'port', 65535), 'port: expected an integer up to 65535'],
    ['a huge integer', () => expectUint(new Uint8Array(40).fill(1), 'n'), 'n: expected an integer up to 4294967295'],
    [
      'an integer of 33 bytes',
      () => expectBigUint(new Uint8Array(33).fill(1), 'n'),
      'n: expected an integer of at most 32 bytes',
    ],
    ['long text', () => expectText(hexToBytes('6161'), 'name', 1), 'name: expected at most 1 byte of text, got 2'],
    ['no text', () => expectText(hexToBytes('ff'), 'name', 9), 'name: expected text, got bytes that are not UTF-8'],
  ])('names %s', (_name, run, message) => {
    const error = errorOf(run)
    expect([error.code, error.message]).toEqual(['ERR_INVALID_RLP', message])
  })
})
