import type { Channel, ChannelHandler } from '../transport/transport.js'

export interface MemoryChannelOptions {
  readonly inbound: boolean
  readonly localAddress: string
  readonly remoteAddress: string
  readonly canPause: boolean
  /** Bytes under way to the other end from which on `write` returns false. */
  readonly highWaterMark: number
  /** Cuts one written chunk into what the other end is handed. */
  readonly split: (bytes: Uint8Array) => readonly Uint8Array[]
}

/**
 * One end of a pipe in memory. Bytes wait at the receiving end and are handed over one chunk a microtask, so no caller of
 * `write`, `end` or `destroy` is ever called back before it returns.
 */
export class MemoryChannel implements Channel {
  readonly transport = 'memory'
  readonly inbound: boolean
  readonly localAddress: string
  readonly remoteAddress: string
  readonly canPause: boolean
  readonly #options: MemoryChannelOptions
  readonly #onGone: (channel: MemoryChannel) => void
  #other!: MemoryChannel
  #handler: ChannelHandler | undefined

  /** What came from the other end and was not handed over yet. */
  readonly #inbox = new ChunkQueue()
  #pumping = false
  #paused = false
  #cut = false
  #owesDrained = false
  #ended = false
  #otherEnded = false
  #gone = false
  #error: Error | undefined

  constructor(options: MemoryChannelOptions, onGone: (channel: MemoryChannel) => void) {
    this.#options = options
    this.#onGone = onGone
    this.inbound = options.inbound
    this.localAddress = options.localAddress
    this.remoteAddress = options.remoteAddress
    this.canPause = options.canPause
  }

  /** Joins two ends, once. */
  static join(a: MemoryChannel, b: MemoryChannel): void {
    a.#other = b
    b.#other = a
  }

  /** Nothing passes in or out any more and neither end is told, as when a cable is pulled. */
  cut(): void {
    this.#cut = true
  }

  /** Whether both directions are over on this end. */
  get isClosed(): boolean {
    return this.#gone
  }

  open(handler: ChannelHandler): void {
    if (this.#handler !== undefined) throw new TypeError('a channel is opened once')
    this.#handler = handler
    if (this.#gone) queueMicrotask(() => handler.closed(this.#error))
    else {
      this.#pump()
      queueMicrotask(() => this.#tellDrained())
    }
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const other = this.#other
    if (this.#gone || this.#ended || other.#gone) return false
    for (const chunk of chunks) for (const part of this.#options.split(chunk)) other.#inbox.push(part)
    other.#pump()
    this.#owesDrained = other.#inbox.bytes >= this.#options.highWaterMark
    return !this.#owesDrained
  }

  pause(): void {
    if (this.canPause) this.#paused = true
  }

  resume(): void {
    if (!this.canPause) return
    this.#paused = false
    this.#pump()
  }

  end(): void {
    if (this.#gone || this.#ended) return
    this.#ended = true
    const other = this.#other
    other.#otherEnded = true
    other.#pump()
    this.#pump()
  }

  destroy(error?: Error): void {
    if (this.#gone) return
    this.#close(error)
    // By microtask: what the other end does about it must not run inside our caller.
    if (!this.#cut) queueMicrotask(() => this.#other.#close(undefined))
  }

  #close(error: Error | undefined): void {
    if (this.#gone) return
    this.#gone = true
    this.#error = error
    this.#inbox.clear()
    this.#onGone(this)
    const handler = this.#handler
    if (handler !== undefined) queueMicrotask(() => handler.closed(error))
  }

  #pump(): void {
    if (this.#pumping) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      this.#step()
    })
  }

  #step(): void {
    const handler = this.#handler
    if (this.#gone || this.#cut) return
    const reading = handler !== undefined && !this.#paused
    // Who has said goodbye and does not read gets nothing more, else an unread byte would keep the channel open for ever.
    if (this.#ended && !reading) this.#inbox.clear()
    const chunk = reading ? this.#inbox.shift() : undefined
    if (chunk !== undefined) handler?.data(chunk)
    if (this.#gone) return
    if (this.#inbox.isEmpty) {
      this.#other.#tellDrained()
      if (this.#otherEnded) this.#finish()
    } else if (reading) this.#pump()
  }

  #tellDrained(): void {
    if (!this.#owesDrained || this.#gone || this.#ended || this.#handler === undefined) return
    if (!this.#other.#inbox.isEmpty) return
    this.#owesDrained = false
    this.#handler.drained()
  }

  /** All that the other end had to say is handed over: answer its goodbye, and be gone once ours is heard too. */
  #finish(): void {
    this.end()
    const other = this.#other
    if (!other.#inbox.isEmpty) return
    this.#close(undefined)
    other.#close(undefined)
  }
}

/** First in, first out, in constant time: an array's own `shift` moves all the rest. */
class ChunkQueue {
  #chunks: Uint8Array[] = []
  #head = 0
  bytes = 0

  get isEmpty(): boolean {
    return this.#head === this.#chunks.length
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.bytes += chunk.length
  }

  shift(): Uint8Array | undefined {
    if (this.isEmpty) return undefined
    const chunk = this.#chunks[this.#head++]!
    this.bytes -= chunk.length
    if (this.isEmpty) this.clear()
    return chunk
  }

  clear(): void {
    this.#chunks = []
    this.#head = 0
    this.bytes = 0
  }
}
