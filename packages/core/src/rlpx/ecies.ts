// The hybrid encryption of handshake packets: secp256k1, the concatenation KDF of NIST SP 800-56 with SHA-256, AES-128-CTR,
// HMAC-SHA256. Source: rlpx.md, "ECIES Encryption". A packet is the ephemeral public key (65), the iv (16), the ciphertext and
// the tag (32).
import { concatBytes } from '../bytes.js'
import { constantTimeEqual } from '../crypto/constant-time.js'
import type { Crypto } from '../crypto/crypto.js'
import { generatePrivateKey, PUBLIC_KEY_LENGTH, publicKeyOf } from '../crypto/secp256k1.js'
import { EthspanError } from '../errors.js'
import type { RandomBytes } from '../platform/clock.js'

/** The first byte of a public key in SEC 1's uncompressed form, and so of every packet. */
export const UNCOMPRESSED_POINT = 0x04
const POINT_LENGTH = 1 + PUBLIC_KEY_LENGTH
const IV_LENGTH = 16
const TAG_LENGTH = 32
const KEY_LENGTH = 16

/** Bytes that a packet is longer than its plaintext. */
export const ECIES_OVERHEAD = POINT_LENGTH + IV_LENGTH + TAG_LENGTH

export interface EciesEncryptOptions {
  readonly crypto: Crypto
  readonly randomBytes: RandomBytes
  /** 64 bytes. */
  readonly remotePublicKey: Uint8Array
  readonly plaintext: Uint8Array
  /** Authenticated with the packet, not part of it: a handshake packet's size prefix. */
  readonly sharedMacData: Uint8Array
}

/**
 * Encrypts for the owner of `remotePublicKey`.
 * @throws {EthspanError} ERR_INVALID_KEY
 */
export function eciesEncrypt(options: EciesEncryptOptions): Uint8Array {
  const { crypto, randomBytes, remotePublicKey, plaintext, sharedMacData } = options
  const ephemeralKey = generatePrivateKey(randomBytes)
  const { encryptionKey, macKey } = deriveKeys(crypto, crypto.ecdh(ephemeralKey, remotePublicKey))
  const iv = randomBytes(IV_LENGTH)
  const ciphertext = crypto.aesCtr(encryptionKey, iv).process(plaintext)
  const tag = crypto.hmacSha256(macKey, concatBytes(iv, ciphertext, sharedMacData))
  return concatBytes(Uint8Array.of(UNCOMPRESSED_POINT), publicKeyOf(ephemeralKey), iv, ciphertext, tag)
}

export interface EciesDecryptOptions {
  readonly crypto: Crypto
  readonly privateKey: Uint8Array
  readonly packet: Uint8Array
  readonly sharedMacData: Uint8Array
}

/**
 * Decrypts what was encrypted for `privateKey`.
 * @throws {EthspanError} ERR_HANDSHAKE, always the same whatever is wrong with the packet.
 */
export function eciesDecrypt({ crypto, privateKey, packet, sharedMacData }: EciesDecryptOptions): Uint8Array {
  if (packet.length < ECIES_OVERHEAD || packet[0] !== UNCOMPRESSED_POINT) throw undecryptable()
  const ivStart = POINT_LENGTH
  const tagStart = packet.length - TAG_LENGTH
  const secret = sharedSecret(crypto, privateKey, packet.subarray(1, POINT_LENGTH))
  const { encryptionKey, macKey } = deriveKeys(crypto, secret)
  const tag = crypto.hmacSha256(macKey, concatBytes(packet.subarray(ivStart, tagStart), sharedMacData))
  if (!constantTimeEqual(tag, packet.subarray(tagStart))) throw undecryptable()
  const iv = packet.subarray(ivStart, ivStart + IV_LENGTH)
  return crypto.aesCtr(encryptionKey, iv).process(packet.subarray(ivStart + IV_LENGTH, tagStart))
}

function sharedSecret(crypto: Crypto, privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  try {
    return crypto.ecdh(privateKey, publicKey)
  } catch (cause) {
    throw undecryptable(cause)
  }
}

/** The key derivation makes 32 bytes, which is one round of the hash; the second half is hashed to become the MAC's key. */
function deriveKeys(crypto: Crypto, secret: Uint8Array): { encryptionKey: Uint8Array; macKey: Uint8Array } {
  const derived = crypto.sha256(concatBytes(Uint8Array.of(0, 0, 0, 1), secret))
  return { encryptionKey: derived.slice(0, KEY_LENGTH), macKey: crypto.sha256(derived.subarray(KEY_LENGTH)) }
}

const undecryptable = (cause?: unknown): EthspanError =>
  new EthspanError('ERR_HANDSHAKE', 'the handshake packet can not be decrypted', {
    cause,
    hint: 'It was not made for this node: the other side has another public key for it, or does not speak RLPx.',
  })
