import type { Entry } from '../entry.js'
import { MAX_LIMBO_BYTES } from '../limits.js'

/**
 * Transactions that were mined not long ago. Should a reorg take their blocks away they come back from here, with their blobs,
 * which blocks do not have.
 */
export class Limbo {
  readonly #entries = new Map<string, Entry>()
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  add(entry: Entry): void {
    this.take(entry.key)
    this.#entries.set(entry.key, entry)
    this.#bytes += entry.size
    for (const oldest of this.#entries.values()) {
      if (this.#bytes <= MAX_LIMBO_BYTES) return
      this.take(oldest.key)
    }
  }

  take(key: string): Entry | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    this.#bytes -= entry.size
    return entry
  }
}
