// Chosen by the package's `imports` map as `#crypto` in Node.
import { createCipheriv, createHash, createHmac } from 'node:crypto'
import { loadCurve } from '#curve'
import { chooseEcdh } from './choose-ecdh.node.js'
import type { Crypto, StreamCipher } from './crypto.js'
import { aesBlock, chooseKeccak } from './portable.js'
import { loadWasmKeccak } from './wasm-keccak.js'

/**
 * The best {@link Crypto} of this platform. Keccak-256 runs in WASM: Node 20 to 24 have none, and that of Node 26 is no faster,
 * with a state that is copied for each digest. So do the signatures of `secp256k1.ts` from then on.
 */
export async function createCrypto(): Promise<Crypto> {
  const [curve, wasm] = await Promise.all([loadCurve(), loadWasmKeccak()])
  const { name, ...keccak } = chooseKeccak(wasm)
  const { name: ecdhName, ecdh } = chooseEcdh()
  const others = ecdhName === 'node:crypto' ? '' : `, ecdh: ${ecdhName}`
  return {
    name: `node:crypto, keccak: ${name}, secp256k1: ${curve.name}${others}`,
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

/** What is handed on is a Uint8Array on every platform: a Buffer's `slice` shares memory, and its `toString` decodes. */
const plainArray = (buffer: Buffer): Uint8Array => new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
