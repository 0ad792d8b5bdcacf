import { unsafe } from '@noble/ciphers/aes.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { getSharedSecret } from '@noble/secp256k1'
import { EthspanError } from '../errors.js'
import type { Crypto, RunningKeccak, StreamCipher } from './crypto.js'
import { sec1 } from './curve.js'
import { checkPrivateKey, PUBLIC_KEY_LENGTH } from './secp256k1.js'
import { loadWasmKeccak, type WasmKeccakResult } from './wasm-keccak.js'

const BLOCK = 16

export interface PortableCryptoOptions {
  /** Whether Keccak may run in WASM, which is some fifteen times faster. Default true; where WASM is forbidden, plain code does it. */
  readonly wasm?: boolean
}

/** A {@link Crypto} of plain ECMAScript (noble), with Keccak in WASM where that is allowed. */
export async function createPortableCrypto({ wasm = true }: PortableCryptoOptions = {}): Promise<Crypto> {
  const { name, ...keccak } = chooseKeccak(wasm ? await loadWasmKeccak() : undefined)
  return {
    name: `noble, keccak: ${name}`,
    ...keccak,
    sha256: (data) => sha256(data),
    hmacSha256: (key, data) => hmac(sha256, key, data),
    ecdh: portableEcdh,
    aesCtr: (key, iv) => new AesCtr(key, iv),
    aesBlock,
  }
}

type KeccakChoice = Pick<Crypto, 'name' | 'keccak256' | 'runningKeccak'>

/** Keccak-256 by WASM where it could be loaded, else by noble. `undefined`: WASM is not wanted. */
export function chooseKeccak(wasm: WasmKeccakResult | undefined): KeccakChoice {
  const keccak = wasm?.keccak
  if (keccak !== undefined) {
    return { name: 'wasm', keccak256: (data) => keccak.keccak256(data), runningKeccak: () => keccak.runningKeccak() }
  }
  return {
    name: wasm === undefined ? 'noble' : `noble (no WASM here: ${wasm.error?.name})`,
    keccak256: (data) => keccak_256(data),
    runningKeccak: () => new NobleRunningKeccak(),
  }
}

class NobleRunningKeccak implements RunningKeccak {
  readonly #hash = keccak_256.create()

  update(data: Uint8Array): void {
    this.#hash.update(data)
  }

  digest(): Uint8Array {
    return this.#hash.clone().digest()
  }
}

/**
 * See {@link Crypto.ecdh}.
 * @throws {EthspanError} ERR_INVALID_KEY
 */
export function portableEcdh(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const key = checkPrivateKey(privateKey)
  const point = uncompressedKey(publicKey)
  try {
    return getSharedSecret(key, point).slice(1)
  } catch (cause) {
    throw new EthspanError('ERR_INVALID_KEY', 'the public key is not a point on secp256k1', { cause })
  }
}

/**
 * A 64-byte public key in SEC 1's 65 bytes, which libraries want.
 * @throws {EthspanError} ERR_INVALID_KEY for another length.
 */
export function uncompressedKey(publicKey: Uint8Array): Uint8Array {
  if (publicKey.length !== PUBLIC_KEY_LENGTH) {
    throw new EthspanError('ERR_INVALID_KEY', `a public key has ${PUBLIC_KEY_LENGTH} bytes, not ${publicKey.length}`)
  }
  return sec1(publicKey)
}

/** See {@link Crypto.aesBlock}. In Node too: for one block at a time noble is three times as fast as `node:crypto`. */
export function aesBlock(key: Uint8Array): (block: Uint8Array) => Uint8Array {
  const expanded = unsafe.expandKeyLE(key)
  return (block) => unsafe.encryptBlock(expanded, block.slice())
}

/** noble's counter runs on over whole blocks only, so what is left of a begun block's key stream is kept here. */
class AesCtr implements StreamCipher {
  readonly #key: Uint32Array
  readonly #counter: Uint8Array
  #keyStream = new Uint8Array(BLOCK)
  /** Bytes of the key stream block that are used up. */
  #used = BLOCK

  constructor(key: Uint8Array, iv: Uint8Array) {
    if (iv.length !== BLOCK) throw new RangeError(`an AES-CTR iv has ${BLOCK} bytes, not ${iv.length}`)
    this.#key = unsafe.expandKeyLE(key)
    this.#counter = Uint8Array.from(iv)
  }

  process(data: Uint8Array): Uint8Array {
    // A copy is aligned, which noble's 32-bit access needs.
    const out = Uint8Array.from(data)
    const head = Math.min(BLOCK - this.#used, out.length)
    this.#fromKeyStream(out.subarray(0, head))
    const wholeLength = (out.length - head) & -BLOCK
    if (wholeLength > 0) {
      const whole = head === 0 ? out.subarray(0, wholeLength) : out.slice(head, head + wholeLength)
      unsafe.ctrCounter(this.#key, this.#counter, whole, whole)
      if (head > 0) out.set(whole, head)
    }
    if (head + wholeLength < out.length) {
      this.#keyStream = unsafe.ctrCounter(this.#key, this.#counter, new Uint8Array(BLOCK))
      this.#used = 0
      this.#fromKeyStream(out.subarray(head + wholeLength))
    }
    return out
  }

  #fromKeyStream(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i]! ^= this.#keyStream[this.#used++]!
  }
}
