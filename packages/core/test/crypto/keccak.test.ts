import { keccak_256 } from '@noble/hashes/sha3.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createPortableCrypto, keccak256 } from '../../src/index.js'
import { seededRandomBytes } from '../../src/testing/index.js'

/** Around the block of 136 bytes, and past what the module takes at once. */
const LENGTHS = [0, 1, 31, 32, 64, 135, 136, 137, 271, 272, 273, 640, 70_000]
const random = seededRandomBytes(5)

describe('keccak256', () => {
  test('is what noble says, in plain code and in WASM alike', async () => {
    const inputs = LENGTHS.map((length) => random(length))
    const expected = inputs.map((input) => keccak_256(input))
    expect(inputs.map((input) => keccak256(input))).toEqual(expected)
    const crypto = await createPortableCrypto()
    expect(crypto.name).toContain('keccak: wasm')
    expect(inputs.map((input) => keccak256(input))).toEqual(expected)
  })

  test('is not disturbed by digests that run beside it', async () => {
    const { runningKeccak } = await createPortableCrypto()
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 }), (chunks) => {
        const running = runningKeccak()
        const plain = keccak_256.create()
        for (const chunk of chunks) {
          running.update(chunk)
          plain.update(chunk)
          expect(keccak256(chunk)).toEqual(keccak_256(chunk))
          expect(running.digest()).toEqual(plain.clone().digest())
        }
      }),
    )
  })
})
