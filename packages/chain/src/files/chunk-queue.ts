/** Bytes that came in pieces. Each is copied once, into what is taken. */
export class ChunkQueue {
  readonly #chunks: Uint8Array[] = []
  /** Bytes of the first chunk that are taken. */
  #taken = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }

  /** The byte at `index`, which is less than `length`. For the first few: it walks there. */
  at(index: number): number {
    let rest = index + this.#taken
    for (const chunk of this.#chunks) {
      if (rest < chunk.length) return chunk[rest]!
      rest -= chunk.length
    }
    throw new RangeError(`byte ${index} of ${this.#length}`)
  }

  /** The next `size` bytes, of at least as many, in a buffer of their own. */
  take(size: number): Uint8Array {
    const bytes = new Uint8Array(size)
    let gone = 0
    for (let filled = 0; filled < size; ) {
      const chunk = this.#chunks[gone]!
      const part = chunk.subarray(this.#taken, this.#taken + size - filled)
      bytes.set(part, filled)
      filled += part.length
      this.#taken += part.length
      if (this.#taken < chunk.length) break
      this.#taken = 0
      gone++
    }
    // All at once: one by one, tiny chunks would be moved up again and again.
    this.#chunks.splice(0, gone)
    this.#length -= size
    return bytes
  }
}
