import type { Crypto, RunningKeccak } from '../crypto/crypto.js'
import type { Secrets } from './handshake.js'

/** Bytes of a MAC on the wire. */
export const MAC_LENGTH = 16

/**
 * One direction's MAC: a Keccak-256 over all frames so far, stirred with AES. Source: rlpx.md, "Frame MAC". The spec reads the
 * digest four times a frame; the one that ends a frame is the one that begins the next, so three are enough.
 */
export class FrameMac {
  readonly #keccak: RunningKeccak
  readonly #encrypt: (block: Uint8Array) => Uint8Array
  /** The digest of everything up to now. */
  #digest: Uint8Array

  constructor(crypto: Crypto, keccak: RunningKeccak, macSecret: Secrets['mac']) {
    this.#keccak = keccak
    this.#encrypt = crypto.aesBlock(macSecret)
    this.#digest = keccak.digest()
  }

  /** The MAC of the next frame's header, 16 encrypted bytes. */
  header(header: Uint8Array): Uint8Array {
    return this.#stir(header)
  }

  /** The MAC of the frame whose header came before; `body` is encrypted and padded. */
  body(body: Uint8Array): Uint8Array {
    this.#keccak.update(body)
    this.#digest = this.#keccak.digest()
    return this.#stir(this.#digest)
  }

  #stir(seed: Uint8Array): Uint8Array {
    const block = this.#encrypt(this.#digest.subarray(0, MAC_LENGTH))
    for (let i = 0; i < MAC_LENGTH; i++) block[i]! ^= seed[i]!
    this.#keccak.update(block)
    this.#digest = this.#keccak.digest()
    return this.#digest.subarray(0, MAC_LENGTH)
  }
}
