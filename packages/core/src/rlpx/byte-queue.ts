/** Chunks up to this many bytes are gathered: an array costs some 200 bytes of its own, and a peer may send single bytes. */
const SMALL_CHUNK = 256
/** Where small chunks are gathered. At worst a peer makes us hold eight times what it sent, in turns of one byte and 257. */
const GATHER_BYTES = 2048

/** In the place of a chunk that is used up, so that its memory can go. */
const NOTHING = new Uint8Array(0)

/** Bytes as they came, taken off the front in any portion. Holds no more than was received, whatever a peer announces. */
export class ByteQueue {
  #chunks: Uint8Array[] = []
  /** Index of the first chunk that is left; those before it are used up. */
  #head = 0
  #length = 0
  /** The memory of the last chunk, if that one gathers, and how much of it is filled. */
  #gather: Uint8Array | undefined
  #gathered = 0

  /** Bytes that are waiting. */
  get length(): number {
    return this.#length
  }

  /** Adds `chunk` at the end; it belongs to the queue from now on. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    // Alone in the queue it will most likely be taken whole, so there is nothing to gain from a copy.
    if (chunk.length <= SMALL_CHUNK && this.#length > 0) this.#pushSmall(chunk)
    else this.#append(chunk, undefined)
    this.#length += chunk.length
  }

  #append(chunk: Uint8Array, gather: Uint8Array | undefined): void {
    this.#chunks.push(chunk)
    this.#gather = gather
    this.#gathered = chunk.length
  }

  #pushSmall(chunk: Uint8Array): void {
    if (this.#gather === undefined || this.#gathered + chunk.length > GATHER_BYTES) {
      const gather = new Uint8Array(GATHER_BYTES)
      gather.set(chunk)
      this.#append(gather.subarray(0, chunk.length), gather)
      return
    }
    // What was handed out of this memory before lies in front, so it does not change.
    this.#gather.set(chunk, this.#gathered)
    this.#gathered += chunk.length
    const last = this.#chunks.length - 1
    this.#chunks[last] = this.#gather.subarray(
      this.#gathered - chunk.length - this.#chunks[last]!.length,
      this.#gathered,
    )
  }

  /** The first `n` bytes, left where they are: a view if one chunk holds them, else a copy. */
  peek(n: number): Uint8Array {
    this.#require(n)
    const first = this.#chunks[this.#head]
    if (first !== undefined && n <= first.length) return first.subarray(0, n)
    const out = new Uint8Array(n)
    for (let index = this.#head, at = 0; at < n; index++) {
      const part = this.#chunks[index]!.subarray(0, n - at)
      out.set(part, at)
      at += part.length
    }
    return out
  }

  /** Takes the first `n` bytes off: a view if one chunk holds them, else a copy. */
  take(n: number): Uint8Array {
    const out = this.peek(n)
    this.#length -= n
    for (let left = n; left > 0; ) {
      const first = this.#chunks[this.#head]!
      if (first.length > left) {
        this.#chunks[this.#head] = first.subarray(left)
        break
      }
      left -= first.length
      this.#chunks[this.#head++] = NOTHING
    }
    this.#forgetUsed()
    return out
  }

  /** Takes all chunks off, for whoever reads on. */
  takeAll(): Uint8Array[] {
    const chunks = this.#chunks.slice(this.#head)
    this.#chunks = []
    this.#head = 0
    this.#length = 0
    this.#gather = undefined
    return chunks
  }

  #require(n: number): void {
    if (n > this.#length) throw new RangeError(`${n} bytes asked for, ${this.#length} are there`)
  }

  #forgetUsed(): void {
    if (this.#head === this.#chunks.length) {
      this.#chunks.length = 0
      this.#head = 0
      this.#gather = undefined
    } else if (this.#head >= 64 && this.#head * 2 >= this.#chunks.length) {
      // Moving the rest only once half is used up keeps the cost of each chunk constant.
      this.#chunks.splice(0, this.#head)
      this.#head = 0
    }
  }
}
