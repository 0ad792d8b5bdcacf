// Chosen by the package's `imports` map as `#crypto` in Node.
import { createCipheriv, createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { loadCurve } from '#curve'
import { EthspanError } from '../errors.js'
import type { Crypto, StreamCipher } from './crypto.js'
import { aesBlock, chooseKeccak, uncompressedKey } from './portable.js'
import { checkPrivateKey, publicKeyOf } from './secp256k1.js'
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

// RFC 5915's ECPrivateKey and RFC 5480's SubjectPublicKeyInfo of secp256k1 in DER, but for the keys in them.
const BEFORE_PRIVATE = Buffer.from('30740201010420', 'hex')
const BEFORE_ITS_PUBLIC = Buffer.from('a00706052b8104000aa144034200', 'hex')
const BEFORE_PUBLIC = Buffer.from('3056301006072a8648ce3d020106052b8104000a034200', 'hex')

/**
 * Not by Node's ECDH class, which multiplies twice more, to make the public key and to see that it belongs to the private one,
 * and so takes half as long again.
 */
function ecdh(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const key = checkPrivateKey(privateKey)
  const point = uncompressedKey(publicKey)
  const own = Buffer.concat([BEFORE_PRIVATE, key, BEFORE_ITS_PUBLIC, uncompressedKey(publicKeyOf(key))])
  try {
    const secret = diffieHellman({
      privateKey: createPrivateKey({ key: own, format: 'der', type: 'sec1' }),
      publicKey: createPublicKey({ key: Buffer.concat([BEFORE_PUBLIC, point]), format: 'der', type: 'spki' }),
    })
    return plainArray(secret)
  } catch (cause) {
    throw new EthspanError('ERR_INVALID_KEY', 'the public key is not a point on secp256k1', { cause })
  }
}

/** What is handed on is a Uint8Array on every platform: a Buffer's `slice` shares memory, and its `toString` decodes. */
const plainArray = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
