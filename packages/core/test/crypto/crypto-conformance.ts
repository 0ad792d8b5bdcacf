import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { bytesToHex, concatBytes, hexToBytes } from '../../src/bytes.js'
import type { Crypto } from '../../src/crypto/crypto.js'
import { createPortableCrypto } from '../../src/crypto/portable.js'
import { publicKeyOf } from '../../src/crypto/secp256k1.js'

const text = (value: string) => new TextEncoder().encode(value)
const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const key = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
// From the middle of larger memory, as bytes off a socket are: implementations that read 32-bit words trip over it.
const unaligned = (value: Uint8Array) => concatBytes(Uint8Array.of(0), value).subarray(1)

// NIST SP 800-38A, appendix F.5
const CTR_IV = 'f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff'
const CTR_PLAIN =
  '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710'
const CTR_VECTORS = [
  {
    name: 'AES-128-CTR (F.5.1)',
    key: '2b7e151628aed2a6abf7158809cf4f3c',
    encrypted:
      '874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee',
  },
  {
    name: 'AES-256-CTR (F.5.5)',
    key: '603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4',
    encrypted:
      '601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6',
  },
]

/** What every implementation of {@link Crypto} has to do: the published vectors, and the same as plain noble. */
export function describeCrypto(name: string, create: () => Promise<Crypto>): void {
  describe(name, () => {
    let crypto: Crypto
    let plain: Crypto
    beforeAll(async () => {
      crypto = await create()
      plain = await createPortableCrypto({ wasm: false })
    })

    test.each([
      ['', 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'],
      ['abc', '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45'],
    ])('keccak256 of "%s"', (input, digest) => {
      expect(bytesToHex(crypto.keccak256(text(input)))).toBe(digest)
    })

    test('sha256 of the FIPS 180 example', () => {
      const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
      expect(bytesToHex(crypto.sha256(text('abc')))).toBe(digest)
    })

    test('HMAC-SHA256 of RFC 4231, case 2', () => {
      const tag = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
      expect(bytesToHex(crypto.hmacSha256(text('Jefe'), text('what do ya want for nothing?')))).toBe(tag)
    })

    test.each(CTR_VECTORS)('$name', (vector) => {
      const cipher = crypto.aesCtr(hexToBytes(vector.key), hexToBytes(CTR_IV))
      expect(bytesToHex(cipher.process(hexToBytes(CTR_PLAIN)))).toBe(vector.encrypted)
    })

    test('an AES-CTR stream does not depend on how it is cut', () => {
      fc.assert(
        fc.property(
          fc.constantFrom(16, 32).chain(key),
          key(16),
          fc.array(bytes(70), { maxLength: 12 }),
          (k, iv, parts) => {
            const cipher = crypto.aesCtr(k, iv)
            const cut = concatBytes(...parts.map((part) => cipher.process(unaligned(part))))
            expect(cut).toEqual(plain.aesCtr(k, iv).process(concatBytes(...parts)))
          },
        ),
      )
    })

    test('an AES-CTR counter carries over all of its 16 bytes', () => {
      const cipher = crypto.aesCtr(new Uint8Array(32), new Uint8Array(16).fill(0xff))
      const second = cipher.process(new Uint8Array(32)).subarray(16)
      expect(second).toEqual(crypto.aesCtr(new Uint8Array(32), new Uint8Array(16)).process(new Uint8Array(16)))
    })

    test('AES-CTR leaves its input as it is', () => {
      const input = new Uint8Array(32).fill(7)
      crypto.aesCtr(new Uint8Array(16), new Uint8Array(16)).process(input)
      expect(input).toEqual(new Uint8Array(32).fill(7))
    })

    test('AES-256 of one block, FIPS 197 C.3', () => {
      const encrypt = crypto.aesBlock(Uint8Array.from({ length: 32 }, (_, i) => i))
      const block = hexToBytes('00112233445566778899aabbccddeeff')
      expect(bytesToHex(encrypt(unaligned(block)))).toBe('8ea2b7ca516745bfeafc49904b496089')
      expect(bytesToHex(block)).toBe('00112233445566778899aabbccddeeff')
    })

    test('ECDH gives the secret that the first implementations of RLPx agreed on', () => {
      const secret = crypto.ecdh(
        hexToBytes('332143e9629eedff7d142d741f896258f5a1bfab54dab2121d3ec5000093d74b'),
        hexToBytes(
          'f0d2b97981bd0d415a843b5dfe8ab77a30300daab3658c578f2340308a2da1a07f0821367332598b6aa4e180a41e92f4ebbae3518da847f0b1c0bbfe20bcf4e1',
        ),
      )
      expect(bytesToHex(secret)).toBe('ee1418607c2fcfb57fda40380e885a707f49000a5dda056d828b7d9bd1f29a08')
    })

    test('ECDH gives both sides the same secret', () => {
      const a = hexToBytes('49a7b37aa6f6645917e7b807e9d1c00d4fa71f18343b0d4122a4d2df64dd6fee')
      const b = hexToBytes('b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291')
      expect(crypto.ecdh(b, publicKeyOf(a))).toEqual(crypto.ecdh(a, publicKeyOf(b)))
    })

    test('ECDH gives what noble gives, in 32 bytes however small it is', () => {
      const keys = fc
        .oneof(
          key(32),
          key(2).map((end) => concatBytes(new Uint8Array(30), end)),
        )
        .filter((k) => {
          const rest = k.slice(1)
          return rest.some((byte) => byte !== 0) && k[0]! < 0xff
        })
      fc.assert(
        fc.property(keys, keys, (a, b) => {
          const secret = crypto.ecdh(a, publicKeyOf(b))
          expect(secret).toHaveLength(32)
          expect(secret).toEqual(plain.ecdh(a, publicKeyOf(b)))
        }),
        { numRuns: 40 },
      )
      // The least multiple of the generator whose x begins with a zero byte.
      const [one, key153] = [1, 153].map((n) => new Uint8Array(32).fill(n, 31))
      const secret = '00e3ae1974566ca06cc516d47e0fb165a674a3dabcfca15e722f0e3450f45889'
      expect(bytesToHex(crypto.ecdh(key153!, publicKeyOf(one!)))).toBe(secret)
    })

    test.each([
      ['a point off the curve', new Uint8Array(64).fill(1)],
      ['zeros', new Uint8Array(64)],
      ['a coordinate past the field', new Uint8Array(64).fill(0xff)],
      ['another length', new Uint8Array(63)],
      ['a leading 0x04', new Uint8Array(65).fill(4)],
    ])('ECDH refuses %s', (_, publicKey) => {
      const privateKey = new Uint8Array(32).fill(1)
      expect(() => crypto.ecdh(privateKey, publicKey)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_KEY' }))
    })

    test.each([0, 0xff])('ECDH refuses a private key of bytes %i', (fill) => {
      const publicKey = publicKeyOf(new Uint8Array(32).fill(1))
      const ecdh = () => crypto.ecdh(new Uint8Array(32).fill(fill), publicKey)
      expect(ecdh).toThrow(expect.objectContaining({ code: 'ERR_INVALID_KEY' }))
    })

    test('running digests take turns without mixing, and reading one does not end it', () => {
      const step = fc.record({ which: fc.nat({ max: 2 }), data: bytes(700), read: fc.boolean(), oneShot: fc.boolean() })
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
          const states = [0, 1, 2].map(() => ({ running: crypto.runningKeccak(), reference: keccak_256.create() }))
          for (const { which, data, read, oneShot } of steps) {
            const { running, reference } = states[which]!
            running.update(unaligned(data))
            reference.update(data)
            if (oneShot) expect(crypto.keccak256(data)).toEqual(keccak_256(data))
            if (read) expect(running.digest()).toEqual(reference.clone().digest())
          }
          for (const { running, reference } of states) expect(running.digest()).toEqual(reference.clone().digest())
        }),
      )
    })

    test('a running digest takes more than 16 KiB at a time', () => {
      const data = Uint8Array.from({ length: 100_000 }, (_, i) => i * 7)
      const running = crypto.runningKeccak()
      running.update(data)
      running.update(data.subarray(0, 5))
      expect(running.digest()).toEqual(keccak_256(concatBytes(data, data.subarray(0, 5))))
    })

    test('the hashes are those of noble for any input', () => {
      fc.assert(
        fc.property(bytes(600), bytes(200), (data, k) => {
          expect(crypto.keccak256(unaligned(data))).toEqual(keccak_256(data))
          expect(crypto.sha256(unaligned(data))).toEqual(sha256(data))
          expect(crypto.hmacSha256(k, unaligned(data))).toEqual(hmac(sha256, k, data))
        }),
      )
    })

    test('hands out plain arrays', () => {
      const results = [
        crypto.sha256(text('a')),
        crypto.hmacSha256(text('a'), text('a')),
        crypto.aesCtr(new Uint8Array(16), new Uint8Array(16)).process(text('a')),
        crypto.ecdh(new Uint8Array(32).fill(1), publicKeyOf(new Uint8Array(32).fill(2))),
        crypto.keccak256(text('a')),
      ]
      for (const result of results) expect(Object.getPrototypeOf(result)).toBe(Uint8Array.prototype)
    })
  })
}
