import { describe, expect, test } from 'vitest'
import { address, blockHeight, bytes, hash, hexOrDecimal, storageKey, uint64, uint256 } from '../../src/params/hex.js'
import { optional, type Reader, required } from '../../src/params/reader.js'

const ofBytes = (...all: number[]) => Uint8Array.from(all)

describe('is read', () => {
  test.each<[Reader<unknown>, unknown, unknown]>([
    [bytes, '0x', ofBytes()],
    [bytes, '', ofBytes()],
    [bytes, '0X0aFf', ofBytes(10, 255)],
    [hash, `0x${'ab'.repeat(32)}`, new Uint8Array(32).fill(0xab)],
    [address, `0x${'AB'.repeat(20)}`, new Uint8Array(20).fill(0xab)],
    [uint64, '0x0', 0n],
    [uint64, '', 0n],
    [uint64, '0xffffffffffffffff', 2n ** 64n - 1n],
    [uint256, `0x${'f'.repeat(64)}`, 2n ** 256n - 1n],
    [blockHeight, '0x7fffffffffffffff', 2n ** 63n - 1n],
    [hexOrDecimal, '0x10', 16n],
    [hexOrDecimal, '10', 10n],
    [hexOrDecimal, 10, 10n],
    [storageKey, '0x', { slot: new Uint8Array(32), sentBytes: 0 }],
    [storageKey, '1', { slot: ofBytes(...Array(31).fill(0), 1), sentBytes: 1 }],
    [storageKey, `0x${'01'.repeat(32)}`, { slot: new Uint8Array(32).fill(1), sentBytes: 32 }],
  ])('%s %j', (read, sent, expected) => {
    expect(read(sent)).toEqual(expected)
  })
})

describe('is refused, and it is said why', () => {
  test.each<[Reader<unknown>, unknown, string]>([
    [bytes, 'ab', 'hex string without 0x prefix'],
    [bytes, '0xabc', 'hex string of odd length'],
    [bytes, '0xgg', 'invalid hex string'],
    [bytes, 7, 'expected a string'],
    [hash, '0x12', 'hex string has length 2, want 64'],
    [address, '', 'hex string has length 0, want 40'],
    [uint64, '12', 'hex string without 0x prefix'],
    [uint64, '0x', 'hex string "0x"'],
    [uint64, '0x01', 'hex number with leading zero digits'],
    [uint64, '0x10000000000000000', 'hex number > 64 bits'],
    [uint64, '0x1z', 'invalid hex string'],
    [uint64, '0x-1', 'invalid hex string'],
    [uint256, `0x1${'0'.repeat(64)}`, 'hex number > 256 bits'],
    [blockHeight, '0x8000000000000000', 'block number larger than int64'],
    [hexOrDecimal, '1e3', 'invalid hex or decimal integer "1e3"'],
    [hexOrDecimal, -1, 'invalid hex or decimal integer "-1"'],
  ])('%s %j', (read, sent, message) => {
    expect(() => required(read)(sent, 2)).toThrow(
      expect.objectContaining({ code: -32602, message: expect.stringContaining(`invalid argument 2: ${message}`) }),
    )
  })
})

test.each([
  [`0x${'0'.repeat(65)}`, `storage key too long (want at most 32 bytes): "0x${'0'.repeat(65)}"`],
  ['0xg', 'invalid hex in storage key: "0xg"'],
])('the storage key %s is refused in geth’s words', (sent, message) => {
  expect(() => required(storageKey)(sent, 2)).toThrow(expect.objectContaining({ code: -32602, message }))
})

test('what is missing or null is said by its place, or passed over where it may be', () => {
  for (const nothing of [undefined, null]) {
    expect(() => required(hash)(nothing, 1)).toThrow('missing value for required argument 1')
    expect(optional(hash)(nothing, 1)).toBe(undefined)
  }
})

test('a number with more digits than any is refused by their count alone: to read this one would take a minute', () => {
  expect(() => hexOrDecimal('1'.repeat(20_000_000))).toThrow('invalid hex or decimal integer')
  expect(hexOrDecimal(`${'0'.repeat(100)}18446744073709551615`)).toBe(2n ** 64n - 1n)
  expect(hexOrDecimal('000')).toBe(0n)
  expect(() => hexOrDecimal('18446744073709551616')).toThrow('invalid hex or decimal integer')
})
