import type { Hash, InvalidBlock } from '@ethspan/chain'
import { bytesToHex, EthspanError } from '@ethspan/core'
import { MAX_BAD_BLOCKS } from '../limits.js'

/** Blocks that were found to break the rules: whatever stands on one does as well. */
export class BadBlocks {
  /** As hex, the oldest first. */
  readonly #hashes = new Set<string>()

  /** @param target a block that stands on the one that the error is about */
  add(error: EthspanError, target?: Hash): void {
    const { hash } = error.fields as Partial<InvalidBlock>
    if (hash !== undefined) this.#hashes.add(hash.slice(2))
    if (target !== undefined) this.#hashes.add(bytesToHex(target))
    while (this.#hashes.size > MAX_BAD_BLOCKS) this.#hashes.delete(this.#hashes.values().next().value!)
  }

  has(hash: Hash): boolean {
    return this.#hashes.has(bytesToHex(hash))
  }
}

/** Whether an error says that a block breaks the rules. */
export const isInvalidBlock = (error: unknown): error is EthspanError =>
  error instanceof EthspanError && error.code === 'ERR_INVALID_BLOCK'
