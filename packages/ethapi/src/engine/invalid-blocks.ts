// Blocks that can't be, and those that stand on them. In memory only: a mistake of ours must not outlive the process.
import type { Hash } from '@ethspan/chain'
import { bytesToHex, type Logger } from '@ethspan/core'
import { INVALID_BLOCK_HITS, MAX_INVALID_BLOCKS } from '../limits.js'
import { Lru } from '../lru.js'

/** The block that breaks the rules. */
export interface InvalidBlock {
  readonly hash: Hash
  /** Undefined where it is not known. */
  readonly parent: Hash | undefined
}

/** Geth: `invalidTipsets` and `invalidBlocksHits`. */
export class InvalidBlocks {
  readonly #log: Logger
  /** By hash of the block that stands on it, or of itself. */
  readonly #byBlock = new Lru<string, InvalidBlock>(MAX_INVALID_BLOCKS)
  readonly #hits = new Lru<string, number>(MAX_INVALID_BLOCKS)

  constructor(log: Logger) {
    this.#log = log
  }

  /** @param head the block that led to it. Default: itself */
  add(invalid: InvalidBlock, head: Hash = invalid.hash): void {
    this.#byBlock.set(bytesToHex(head), invalid)
    this.#hits.set(bytesToHex(invalid.hash), 1)
  }

  /**
   * What is wrong with a block, or undefined. It is refused so unseen for a while, and then looked at once more: it may have
   * been our fault.
   */
  find(block: Hash): InvalidBlock | undefined {
    const invalid = this.#byBlock.get(bytesToHex(block))
    if (invalid === undefined) return undefined
    const key = bytesToHex(invalid.hash)
    const hits = (this.#hits.get(key) ?? 0) + 1
    if (hits < INVALID_BLOCK_HITS) {
      this.#hits.set(key, hits)
      return invalid
    }
    this.#log.error('Too many bad block import attempt, trying', { hash: key })
    this.#hits.delete(key)
    for (const [descendant, { hash }] of [...this.#byBlock.entries()]) {
      if (bytesToHex(hash) === key) this.#byBlock.delete(descendant)
    }
    return undefined
  }

  /** As {@link find} of its parent; the block is then remembered with it. */
  inherit(parent: Hash, block: Hash): InvalidBlock | undefined {
    const invalid = this.find(parent)
    if (invalid !== undefined) this.#byBlock.set(bytesToHex(block), invalid)
    return invalid
  }
}
