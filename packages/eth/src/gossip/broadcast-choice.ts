import { bytesToHex, concatBytes, hexToBytes, keccak256, type RandomBytes } from '@ethspan/core'

/** Bytes of the secret by which peers are chosen. Source: geth, `newBroadcastChoiceKey`. */
const KEY_BYTES = 16
/** How much of a hash is compared: geth's are of 64 bits. */
const SCORE_BYTES = 8

/**
 * Which peers are sent a transaction whole: as many as the square root of all, rounded up. They are the same for all of one
 * sender, so that nonces come in order, and nobody else can tell which. Source: geth, `broadcastChoice`, with another hash.
 */
export class BroadcastChoice {
  readonly #prefix: Uint8Array

  /** @param self our node id, 64 hex digits */
  constructor(self: string, randomBytes: RandomBytes) {
    this.#prefix = concatBytes(randomBytes(KEY_BYTES), hexToBytes(self))
  }

  /** @param peers node ids, 64 hex digits */
  choose(peers: readonly string[], sender: Uint8Array): ReadonlySet<string> {
    const scored = peers.map((id) => {
      const hash = keccak256(concatBytes(this.#prefix, hexToBytes(id), sender))
      return { id, score: bytesToHex(hash.subarray(0, SCORE_BYTES)) }
    })
    scored.sort((a, b) => (a.score < b.score ? -1 : 1))
    return new Set(scored.slice(0, Math.ceil(Math.sqrt(peers.length))).map(({ id }) => id))
  }
}
