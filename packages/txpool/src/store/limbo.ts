import type { Transaction } from '@ethspan/chain'
import type { Entry } from '../entry.js'
import { LIMBO_ENTRY_BYTES, MAX_LIMBO_BYTES } from '../limits.js'

/** What a transaction needs to come back: the rest of an entry, ten times as large, is read anew. */
export type MinedTransaction = Transaction & Pick<Entry, 'sender' | 'isLocal' | 'size'>

/**
 * Transactions that were mined not long ago. Should a reorg take their blocks away they come back from here, with their blobs,
 * which blocks do not have.
 */
export class Limbo {
  readonly #mined = new Map<string, MinedTransaction>()
  #bytes = 0

  add({ key, type, bytes, sender, isLocal, size }: Entry): void {
    this.take(key)
    this.#mined.set(key, { type, bytes, sender, isLocal, size })
    this.#bytes += size + LIMBO_ENTRY_BYTES
    for (const oldest of this.#mined.keys()) {
      if (this.#bytes <= MAX_LIMBO_BYTES) return
      this.take(oldest)
    }
  }

  take(key: string): MinedTransaction | undefined {
    const mined = this.#mined.get(key)
    if (mined === undefined) return undefined
    this.#mined.delete(key)
    this.#bytes -= mined.size + LIMBO_ENTRY_BYTES
    return mined
  }
}
