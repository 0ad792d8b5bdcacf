import { bytesToHex as reference } from '@noble/hashes/utils.js'
import { expect, test } from 'vitest'
import { bytesToHex, hexToBytes } from '../src/bytes.js'

test('hex digits are those of the reference, for every byte and at any length', () => {
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte)
  expect(bytesToHex(all)).toBe(reference(all))
  for (const length of [0, 1, 2, 31, 32, 255]) {
    const bytes = all.subarray(256 - length)
    expect(bytesToHex(bytes)).toBe(reference(bytes))
    expect(hexToBytes(bytesToHex(bytes))).toEqual(bytes)
  }
})
