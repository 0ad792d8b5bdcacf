/** What an entry costs beside its bytes: its key, and what a map keeps of it. Measured in Node 20, generously. */
const ENTRY_BYTES = 200

/** Values by key, bounded in bytes. What was not used for longest leaves first. */
export class NodeCache {
  readonly #maxBytes: number
  readonly #entries = new Map<string, Uint8Array>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get(key: string): Uint8Array | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    // A map keeps the order in which its keys came.
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  set(key: string, value: Uint8Array): void {
    this.delete(key)
    this.#entries.set(key, value)
    this.#bytes += value.length + ENTRY_BYTES
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#maxBytes) return
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    const value = this.#entries.get(key)
    if (value === undefined) return
    this.#entries.delete(key)
    this.#bytes -= value.length + ENTRY_BYTES
  }
}
