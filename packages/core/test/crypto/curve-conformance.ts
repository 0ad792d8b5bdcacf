import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { bytesToHex, concatBytes, hexToBytes } from '../../src/bytes.js'
import type { Curve } from '../../src/crypto/curve.js'
import { nobleCurve } from '../../src/crypto/noble-curve.js'

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const FIELD = 2n ** 256n - 2n ** 32n - 977n
const word = (n: bigint): Uint8Array => hexToBytes(n.toString(16).padStart(64, '0'))
const number = (bytes: Uint8Array): bigint => BigInt(`0x${bytesToHex(bytes)}`)
const modOrder = (n: bigint): bigint => ((n % ORDER) + ORDER) % ORDER

/** What a comparison by one too few or too many, a missing reduction or a lost carry would show at. */
const EDGES = [
  ...[0n, 1n, 2n, ORDER / 2n, ORDER / 2n + 1n, ORDER - 2n, ORDER - 1n, ORDER, ORDER + 1n],
  ...[FIELD - ORDER - 1n, FIELD - ORDER, FIELD - ORDER + 1n, FIELD - 1n, FIELD, FIELD + 1n],
  ...[2n ** 26n - 1n, 2n ** 52n - 1n, 2n ** 64n, 2n ** 128n - 1n, 2n ** 255n, 2n ** 256n - 1n],
]
const words = fc.oneof(
  fc.uint8Array({ minLength: 32, maxLength: 32 }),
  fc.constantFrom(...EDGES).map(word),
  // Long runs of equal bits.
  fc.array(fc.constantFrom(0x00, 0xff, 0x01, 0x80), { minLength: 32, maxLength: 32 }).map((b) => Uint8Array.from(b)),
)
const privateKeys = words.map(number).filter((n) => n > 0n && n < ORDER)
const recoveryIds = fc.oneof({ weight: 5, arbitrary: fc.nat({ max: 3 }) }, fc.nat({ max: 255 }))

/** The x coordinate of `k` times the generator, and the parity of y. */
function multiple(k: bigint): { x: bigint; parity: number } {
  const key = nobleCurve.publicKeyOf(word(k))
  return { x: number(key.subarray(0, 32)), parity: key[63]! & 1 }
}

/** What comes out, or that nothing does: the messages are the libraries' own. */
function outcome(run: () => Uint8Array): string {
  try {
    return bytesToHex(run())
  } catch {
    return 'refused'
  }
}

/** What every implementation of {@link Curve} has to do: the same as noble, for what is no signature or key too. */
export function describeCurve(name: string, create: () => Promise<Curve>): void {
  describe(name, () => {
    let curve: Curve
    beforeAll(async () => {
      curve = await create()
    })

    test('makes public keys as noble does', () => {
      const property = fc.property(privateKeys, (key) => {
        expect(curve.publicKeyOf(word(key))).toEqual(nobleCurve.publicKeyOf(word(key)))
      })
      fc.assert(property, { numRuns: 60 })
    })

    test('signs as noble does, with the nonce of RFC 6979', () => {
      // A digest from the order on is the one thing where RFC 6979 and libsecp256k1 take different nonces.
      const digests = words.filter((digest) => number(digest) < ORDER)
      const property = fc.property(privateKeys, digests, (key, digest) => {
        expect(curve.sign(digest, word(key))).toEqual(nobleCurve.sign(digest, word(key)))
      })
      fc.assert(property, { numRuns: 60 })
    })

    test('whatever it signs is recovered and verified by noble', () => {
      const property = fc.property(privateKeys, words, (key, digest) => {
        const signature = curve.sign(digest, word(key))
        const publicKey = nobleCurve.publicKeyOf(word(key))
        expect(number(signature.subarray(32, 64))).toBeLessThanOrEqual(ORDER / 2n)
        expect(nobleCurve.recover(digest, signature)).toEqual(publicKey)
        expect(nobleCurve.verify(digest, signature.subarray(0, 64), publicKey)).toBe(true)
      })
      fc.assert(property, { numRuns: 40 })
    })

    test('recovers from a signature, from its twin with a high s, and with each recovery id what noble does', () => {
      const property = fc.property(privateKeys, words, fc.boolean(), recoveryIds, (key, digest, isHigh, v) => {
        const signature = nobleCurve.sign(digest, word(key))
        const s = number(signature.subarray(32, 64))
        const other = concatBytes(
          signature.subarray(0, 32),
          word(isHigh ? ORDER - s : s),
          Uint8Array.of(isHigh ? signature[64]! ^ 1 : v),
        )
        const expected = outcome(() => nobleCurve.recover(digest, other))
        if (isHigh) expect(expected).toBe(bytesToHex(nobleCurve.publicKeyOf(word(key))))
        expect(outcome(() => curve.recover(digest, other))).toBe(expected)
      })
      fc.assert(property, { numRuns: 60 })
    })

    test('recovers from any numbers what noble does, and refuses those that noble refuses', () => {
      const property = fc.property(words, words, words, recoveryIds, (digest, r, s, v) => {
        const signature = concatBytes(r, s, Uint8Array.of(v))
        expect(outcome(() => curve.recover(digest, signature))).toBe(
          outcome(() => nobleCurve.recover(digest, signature)),
        )
      })
      fc.assert(property, { numRuns: 300 })
    })

    test('refuses a signature that leads to no point, and takes one whose two halves are the same point', () => {
      // The key is r^-1 (s R - e G): with R = k G and s k = e the halves cancel, with s k = -e they double.
      fc.assert(
        fc.property(fc.constantFrom(1n, 2n, 3n, ORDER - 1n, 12345n), words, (k, bytes) => {
          const { x, parity } = multiple(k)
          const s = modOrder(number(bytes)) || 1n
          const signature = concatBytes(word(x), word(s), Uint8Array.of(parity))
          expect(outcome(() => curve.recover(word(modOrder(s * k)), signature))).toBe('refused')
          const doubled = word(modOrder(-s * k))
          expect(curve.recover(doubled, signature)).toEqual(nobleCurve.recover(doubled, signature))
        }),
        { numRuns: 30 },
      )
    })

    test.each([4, 5, 8, 27, 28, 128, 255])('refuses %i as a recovery id, and goes on', (v) => {
      const digest = word(5n)
      const signature = nobleCurve.sign(digest, word(7n))
      expect(() => curve.recover(digest, concatBytes(signature.subarray(0, 64), Uint8Array.of(v)))).toThrow()
      expect(curve.recover(digest, signature)).toEqual(nobleCurve.publicKeyOf(word(7n)))
    })

    test('verifies what noble does: not a high s, not zeros, not a key off the curve', () => {
      const change = fc.constantFrom('none', 'high s', 'r', 's', 'digest', 'key', 'y of the key', 'any numbers')
      const property = fc.property(privateKeys, words, words, words, change, (key, digest, a, b, changed) => {
        const signature = nobleCurve.sign(digest, word(key)).slice(0, 64)
        const publicKey = nobleCurve.publicKeyOf(word(key))
        if (changed === 'high s') signature.set(word(ORDER - number(signature.subarray(32))), 32)
        if (changed === 'r' || changed === 'any numbers') signature.set(a)
        if (changed === 's' || changed === 'any numbers') signature.set(b, 32)
        if (changed === 'key') publicKey.set(concatBytes(a, b))
        if (changed === 'y of the key') publicKey[63]! ^= 1
        const told = changed === 'digest' ? a : digest
        const expected = nobleCurve.verify(told, signature, publicKey)
        if (changed === 'none') expect(expected).toBe(true)
        if (changed === 'high s' || changed === 'y of the key') expect(expected).toBe(false)
        expect(curve.verify(told, signature, publicKey)).toBe(expected)
      })
      fc.assert(property, { numRuns: 150 })
    })

    test('does not wear out by what it refuses', () => {
      const digest = word(9n)
      const signature = nobleCurve.sign(digest, word(7n))
      const publicKey = nobleCurve.publicKeyOf(word(7n))
      const offCurve = publicKey.map((byte, i) => (i === 63 ? byte ^ 1 : byte))
      const noPoint = concatBytes(word(5n), signature.subarray(32))
      let refused = 0
      for (let i = 0; i < 20_000; i++) {
        if (!curve.verify(digest, signature.subarray(0, 64), offCurve)) refused++
        if (i % 4 === 0 && outcome(() => curve.recover(digest, noPoint)) === 'refused') refused++
      }
      expect(refused).toBe(25_000)
      expect(curve.verify(digest, signature.subarray(0, 64), publicKey)).toBe(true)
      expect(curve.recover(digest, signature)).toEqual(publicKey)
    })

    test('what it hands out is a plain array that later calls leave alone', () => {
      const digest = word(9n)
      const calls = (key: bigint) => {
        const signature = curve.sign(digest, word(key))
        return [signature, curve.publicKeyOf(word(key)), curve.recover(digest, signature)]
      }
      const first = calls(3n)
      const copies = first.map((bytes) => bytes.slice())
      calls(4n)
      expect(first).toEqual(copies)
      expect(first.map((bytes) => bytes.length)).toEqual([65, 64, 64])
      for (const bytes of first) expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype)
    })

    test('leaves its input as it is, and reads it from the middle of larger memory', () => {
      const whole = new Uint8Array(200).fill(7)
      whole.set(nobleCurve.sign(word(9n), word(7n)), 1)
      const before = whole.slice()
      const signature = whole.subarray(1, 66)
      expect(curve.recover(word(9n), signature)).toEqual(nobleCurve.publicKeyOf(word(7n)))
      expect(curve.sign(whole.subarray(101, 133), whole.subarray(141, 173))).toEqual(
        nobleCurve.sign(whole.subarray(101, 133), whole.subarray(141, 173)),
      )
      expect(whole).toEqual(before)
    })
  })
}
