import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesToHex, hexToBytes } from '../../src/bytes.js'
import { keccak256 } from '../../src/crypto/keccak.js'
import {
  checkPrivateKey,
  checkPublicKey,
  compressPublicKey,
  decompressPublicKey,
  generatePrivateKey,
  publicKeyOf,
  recover,
  sign,
  verify,
} from '../../src/crypto/secp256k1.js'
import { EthspanError } from '../../src/errors.js'

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const scalar = (n: bigint): Uint8Array => hexToBytes(n.toString(16).padStart(64, '0'))
const privateKeys = fc.bigInt({ min: 1n, max: ORDER - 1n }).map(scalar)
const digests = fc.uint8Array({ minLength: 32, maxLength: 32 })

// go-ethereum's crypto/signature_test.go.
const geth = {
  hash: hexToBytes('ce0677bb30baa8cf067c88db9811f4333d131bf8bcf12fe7065d211dce971008'),
  signature: hexToBytes(
    '90f27b8b488db00b00606796d2987f6a5f59ae62ea05effe84fef5b8b0e549984a691139ad57a3f0b906637673aa2f63d1f55cb1a69199d4009eea23ceaddc9301',
  ),
  publicKey: hexToBytes(
    'e32df42865e97135acfb65f3bae71bdc86f4d49150ad6a440b6f15878109880a0a2b2667f7e725ceea70c673093bf67663e0312623c8e091b13cf2c0f11ef652',
  ),
  compressed: hexToBytes('02e32df42865e97135acfb65f3bae71bdc86f4d49150ad6a440b6f15878109880a'),
}

const messageOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof EthspanError && error.code === 'ERR_INVALID_KEY') return error.message
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('vectors', () => {
  test('recovers and verifies as geth does', () => {
    expect(recover(geth.hash, geth.signature)).toEqual(geth.publicKey)
    expect(verify(geth.hash, geth.signature.subarray(0, 64), geth.publicKey)).toBe(true)
    expect(compressPublicKey(geth.publicKey)).toEqual(geth.compressed)
    expect(decompressPublicKey(geth.compressed)).toEqual(geth.publicKey)
  })

  test('signs with the nonce of RFC 6979', () => {
    // The widely published vector for private key 1 and SHA-256 of "Satoshi Nakamoto".
    const digest = hexToBytes('a0dc65ffca799873cbea0ac274015b9526505daaaed385155425f7337704883e')
    expect(bytesToHex(sign(digest, scalar(1n)).subarray(0, 64))).toBe(
      '934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8' +
        '2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5',
    )
  })

  test('derives the generator from the key 1', () => {
    expect(bytesToHex(publicKeyOf(scalar(1n)))).toBe(
      '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798' +
        '483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8',
    )
  })

  test('hashes with Keccak, not with SHA-3', () => {
    expect(bytesToHex(keccak256(new Uint8Array(0)))).toBe(
      'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
    )
  })
})

test('whatever is signed is recovered and verified, with a low s and a v of 0 or 1', () => {
  fc.assert(
    fc.property(privateKeys, digests, (privateKey, digest) => {
      const signature = sign(digest, privateKey)
      const publicKey = publicKeyOf(privateKey)
      expect(signature[64]).toBeLessThan(2)
      expect(BigInt(`0x${bytesToHex(signature.subarray(32, 64))}`)).toBeLessThanOrEqual(ORDER / 2n)
      expect(recover(digest, signature)).toEqual(publicKey)
      expect(verify(digest, signature.subarray(0, 64), publicKey)).toBe(true)
      expect(decompressPublicKey(compressPublicKey(publicKey))).toEqual(publicKey)
    }),
    { numRuns: 20 },
  )
})

test('a signature with a high s is not accepted', () => {
  const s = BigInt(`0x${bytesToHex(geth.signature.subarray(32, 64))}`)
  const twin = geth.signature.slice(0, 64)
  twin.set(scalar(ORDER - s), 32)
  expect(verify(geth.hash, twin, geth.publicKey)).toBe(false)
})

test('random bytes are no signature, and nothing but the own error is thrown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      expect(verify(geth.hash, bytes, geth.publicKey)).toBe(false)
      expect(verify(geth.hash, geth.signature.subarray(0, 64), bytes)).toBe(false)
      expect(messageOf(() => checkPublicKey(bytes))).toContain('public key')
      expect(messageOf(() => decompressPublicKey(bytes.subarray(0, 32)))).toContain('33 bytes')
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), fc.integer({ min: 4, max: 255 }), (bytes, v) => {
      expect(messageOf(() => recover(geth.hash, Uint8Array.of(...bytes, v)))).toBe(
        'no public key belongs to this signature',
      )
    }),
  )
})

describe('private keys', () => {
  test('come as bytes or as hex, and leave as a copy', () => {
    const key = scalar(7n)
    expect(checkPrivateKey(key)).toEqual(key)
    expect(checkPrivateKey(key)).not.toBe(key)
    expect(checkPrivateKey(bytesToHex(key))).toEqual(key)
    expect(checkPrivateKey(`0x${bytesToHex(key).toUpperCase()}`)).toEqual(key)
  })

  test.each<[string, Uint8Array | string, string]>([
    ['31 bytes', new Uint8Array(31), 'a private key has 32 bytes, this one has 31'],
    ['no bytes', new Uint8Array(0), 'a private key has 32 bytes, this one has 0'],
    ['63 digits', 'a'.repeat(63), 'a private key has 64 hex digits, this one has 63'],
    ['no digits', '', 'a private key has 64 hex digits, this one has 0'],
    ['other characters', 'g'.repeat(64), 'a private key consists of hex digits, this one has others'],
    [
      'zero',
      new Uint8Array(32),
      'a private key is a number from 1 to the order of secp256k1 - 1, this one is outside of it',
    ],
    [
      'the order',
      scalar(ORDER),
      'a private key is a number from 1 to the order of secp256k1 - 1, this one is outside of it',
    ],
  ])('are refused: %s', (_name, key, message) => {
    expect(messageOf(() => checkPrivateKey(key))).toBe(message)
  })

  test('are generated from the given randomness', () => {
    expect(generatePrivateKey((length) => new Uint8Array(length).fill(7))).toEqual(new Uint8Array(32).fill(7))
    expect(checkPrivateKey(generatePrivateKey())).toHaveLength(32)
  })

  test('are not taken from a broken source', () => {
    expect(messageOf(() => generatePrivateKey((length) => new Uint8Array(length)))).toContain('source of randomness')
  })
})
