// Chosen by the package's `imports` map as `#crypto` in Node.
import { createCipheriv, createECDH, createHash, createHmac } from 'node:crypto'
import { loadCurve } from '#curve'
import { EthspanError } from '../errors.js'
import type { Crypto, StreamCipher } from './crypto.js'
import { aesBlock, chooseKeccak, uncompressedKey } from './portable.js'
import { checkPrivateKey } from './secp256k1.js'
import { loadWasmKeccak } from './wasm-keccak.js'

/**
 * The best {@link Crypto} of this platform. Node 20 to 24 have no Keccak-256, so that one runs in WASM, as do the signatures of
 * `secp256k1.ts` from then on.
 */
export async function createCrypto(): Promise<Crypto> {
  const [curve, wasm] = await Promise.all([loadCurve(), loadWasmKeccak()])
  const { name, ...keccak } = chooseKeccak(wasm)
  return {
    name: `node:crypto, keccak: ${name}, secp256k1: ${curve.name}`,
    ...keccak,
    sha256: (data) => plainArray(createHash('sha256').update(data).digest()),
    hmacSha256: (key, data) => plainArray(createHmac('sha256', key).update(data).digest()),
    ecdh,
    aesCtr,
    aesBlock,
  }
}

function aesCtr(key: Uint8Array, iv: Uint8Array): StreamCipher {
  const cipher = createCipheriv(key.length === 16 ? 'aes-128-ctr' : 'aes-256-ctr', key, iv)
  return { process: (data) => plainArray(cipher.update(data)) }
}

function ecdh(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const key = checkPrivateKey(privateKey)
  const point = uncompressedKey(publicKey)
  const exchange = createECDH('secp256k1')
  exchange.setPrivateKey(key)
  try {
    return plainArray(exchange.computeSecret(point))
  } catch (cause) {
    throw new EthspanError('ERR_INVALID_KEY', 'the public key is not a point on secp256k1', { cause })
  }
}

/** What is handed on is a Uint8Array on every platform: a Buffer's `slice` shares memory, and its `toString` decodes. */
const plainArray = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
