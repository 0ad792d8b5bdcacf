import * as noble from '@noble/secp256k1'
import { curve } from '#curve'
import { systemRandomBytes } from '#platform'
import { bytesToHex, hexToBytes } from '../bytes.js'
import { EthspanError } from '../errors.js'
import type { RandomBytes } from '../platform/clock.js'
import { sec1 } from './curve.js'

/** Bytes of a private key: a number from 1 to the curve's order − 1, big-endian. */
export const PRIVATE_KEY_LENGTH = 32
/** Bytes of a public key: x and y, without the `0x04` that SEC 1 puts in front. */
export const PUBLIC_KEY_LENGTH = 64
/** Bytes of a public key in SEC 1's compressed form: the parity of y, then x. */
export const COMPRESSED_KEY_LENGTH = 33
/** Bytes of a signature with its recovery bit: r, s, v. */
export const SIGNATURE_LENGTH = 65

function invalidKey(message: string, cause?: unknown): EthspanError {
  return new EthspanError('ERR_INVALID_KEY', message, { cause })
}

/**
 * A new private key, 32 bytes.
 * @param randomBytes the source of randomness; default: the platform's `crypto.getRandomValues`.
 */
export function generatePrivateKey(randomBytes: RandomBytes = systemRandomBytes): Uint8Array {
  // All but 2^-128 of the 32-byte strings are keys: more than a few misses mean that the source is broken.
  for (let attempt = 0; attempt < 8; attempt++) {
    const key = randomBytes(PRIVATE_KEY_LENGTH)
    if (noble.utils.isValidSecretKey(key)) return Uint8Array.from(key)
  }
  throw invalidKey('the source of randomness gives no usable private key')
}

/**
 * The private key in `key`, 32 bytes or 64 hex digits (with or without `0x`), as a new array.
 * @throws {EthspanError} ERR_INVALID_KEY; the message never contains the key.
 */
export function checkPrivateKey(key: Uint8Array | string): Uint8Array {
  const bytes = typeof key === 'string' ? privateKeyFromHex(key) : Uint8Array.from(key)
  if (bytes.length !== PRIVATE_KEY_LENGTH) {
    throw invalidKey(`a private key has ${PRIVATE_KEY_LENGTH} bytes, this one has ${bytes.length}`)
  }
  if (!noble.utils.isValidSecretKey(bytes)) {
    throw invalidKey('a private key is a number from 1 to the order of secp256k1 - 1, this one is outside of it')
  }
  return bytes
}

function privateKeyFromHex(text: string): Uint8Array {
  const digits = text.startsWith('0x') || text.startsWith('0X') ? text.slice(2) : text
  if (digits.length !== 2 * PRIVATE_KEY_LENGTH) {
    throw invalidKey(`a private key has ${2 * PRIVATE_KEY_LENGTH} hex digits, this one has ${digits.length}`)
  }
  if (!/^[0-9a-f]+$/i.test(digits)) throw invalidKey('a private key consists of hex digits, this one has others')
  return hexToBytes(digits)
}

/**
 * The public key of a private key: 64 bytes, x and y.
 * @throws {EthspanError} ERR_INVALID_KEY
 */
export function publicKeyOf(privateKey: Uint8Array): Uint8Array {
  return curve().publicKeyOf(checkPrivateKey(privateKey))
}

/**
 * Returns `publicKey` if it is 64 bytes that are a point on the curve.
 * @throws {EthspanError} ERR_INVALID_KEY
 */
export function checkPublicKey(publicKey: Uint8Array): Uint8Array {
  point(publicKey)
  return publicKey
}

function point(publicKey: Uint8Array): noble.Point {
  if (publicKey.length !== PUBLIC_KEY_LENGTH) {
    throw invalidKey(`a public key has ${PUBLIC_KEY_LENGTH} bytes, this one has ${publicKey.length}`)
  }
  try {
    return noble.Point.fromBytes(sec1(publicKey))
  } catch (cause) {
    throw invalidKey('the public key is not a point on secp256k1', cause)
  }
}

/**
 * SEC 1's compressed form (33 bytes) of a 64-byte public key.
 * @throws {EthspanError} ERR_INVALID_KEY
 */
export function compressPublicKey(publicKey: Uint8Array): Uint8Array {
  return point(publicKey).toBytes(true)
}

/**
 * The 64-byte public key of SEC 1's compressed form (33 bytes).
 * @throws {EthspanError} ERR_INVALID_KEY
 */
export function decompressPublicKey(compressed: Uint8Array): Uint8Array {
  if (compressed.length !== COMPRESSED_KEY_LENGTH) {
    throw invalidKey(`a compressed public key has ${COMPRESSED_KEY_LENGTH} bytes, this one has ${compressed.length}`)
  }
  try {
    return noble.Point.fromBytes(compressed).toBytes(false).slice(1)
  } catch (cause) {
    throw invalidKey(`0x${bytesToHex(compressed)} is not a compressed point on secp256k1`, cause)
  }
}

/**
 * Signs a 32-byte digest: 65 bytes, r (32), s (32), v (0 or 1: the parity for {@link recover}). Deterministic (RFC 6979),
 * s in the lower half of the order.
 * @throws {EthspanError} ERR_INVALID_KEY for the private key or a digest of another length.
 */
export function sign(hash: Uint8Array, privateKey: Uint8Array): Uint8Array {
  checkDigest(hash)
  return curve().sign(hash, checkPrivateKey(privateKey))
}

/**
 * Whether {@link recover} and {@link verify} are machine code by now, some ten times as fast: in Node, once a server or a chain
 * was opened. Whoever has a curve of their own, faster than noble's small one, asks here which to take.
 */
export const isCurveFast = (): boolean => curve().isFast

/**
 * The 64-byte public key whose private key made the 65-byte `signature` (r, s, v) of the 32-byte digest `hash`.
 * @throws {EthspanError} ERR_INVALID_KEY where there is none.
 */
export function recover(hash: Uint8Array, signature: Uint8Array): Uint8Array {
  checkDigest(hash)
  if (signature.length !== SIGNATURE_LENGTH) {
    throw invalidKey(`a recoverable signature has ${SIGNATURE_LENGTH} bytes, this one has ${signature.length}`)
  }
  try {
    return curve().recover(hash, signature)
  } catch (cause) {
    throw invalidKey('no public key belongs to this signature', cause)
  }
}

/**
 * Whether `signature` (64 bytes: r, s) of the 32-byte digest `hash` was made with the private key of `publicKey` (64
 * bytes). False for whatever is malformed, and, as in geth, for an s in the upper half of the order, which would give every
 * signature a twin.
 */
export function verify(hash: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean {
  if (hash.length !== 32 || signature.length !== SIGNATURE_LENGTH - 1 || publicKey.length !== PUBLIC_KEY_LENGTH)
    return false
  return curve().verify(hash, signature, publicKey)
}

function checkDigest(hash: Uint8Array): void {
  if (hash.length !== 32) throw invalidKey(`a digest has 32 bytes, this one has ${hash.length}`)
}
