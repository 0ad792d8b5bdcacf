import type { Socket } from 'node:net'
import type { Channel, ChannelHandler } from '@ethspan/core'
import { closedError, formatAddress } from './address.js'

/**
 * After so many bytes a writer waits for the next turn of the event loop. The system often takes at once what is written, so
 * a loop that awaits each write would never let timers and other sockets have their turn. A few milliseconds of work for core.
 */
const BYTES_A_TURN = 64 * 1024

/** A connected `node:net` socket as a {@link Channel}. Takes the socket over. */
export class TcpChannel implements Channel {
  readonly transport = 'tcp'
  readonly inbound: boolean
  readonly remoteAddress: string
  readonly localAddress: string
  readonly canPause = true
  readonly #socket: Socket
  #handler: ChannelHandler | undefined
  #paused = false
  /** No further writes; after `end` what still arrives is handed over unless paused, then dropped. */
  #ended = false
  #destroyed = false
  #closed = false
  #owesDrained = false
  #turnBytes = 0
  #owesTurn = false
  #error: Error | undefined

  constructor(socket: Socket, inbound: boolean) {
    this.#socket = socket
    this.inbound = inbound
    this.remoteAddress = formatAddress(socket.remoteAddress ?? 'unknown', socket.remotePort ?? 0)
    this.localAddress = formatAddress(socket.localAddress ?? 'unknown', socket.localPort ?? 0)
    socket.setNoDelay(true)
    // Attaching 'data' would let it flow, unless it is paused before: nothing moves until open.
    socket.pause()
    socket.on('data', (chunk) => this.#data(chunk))
    socket.on('drain', () => this.#tellDrained())
    socket.on('error', (error) => {
      this.#error ??= closedError(this.remoteAddress, error)
    })
    socket.on('close', () => this.#close())
  }

  open(handler: ChannelHandler): void {
    if (this.#handler !== undefined) throw new TypeError('a channel is opened once')
    this.#handler = handler
    if (this.#closed) queueMicrotask(() => handler.closed(this.#error))
    else {
      if (!this.#paused) this.#socket.resume()
      queueMicrotask(() => this.#tellDrained())
    }
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const socket = this.#socket
    if (this.#ended || this.#destroyed || !socket.writable) return false
    // Corked, so all chunks leave in one writev.
    socket.cork()
    for (const chunk of chunks) {
      if (chunk.length > 0) socket.write(chunk)
      this.#turnBytes += chunk.length
    }
    socket.uncork()
    if (this.#turnBytes < BYTES_A_TURN) return !this.#waits()
    if (!this.#owesTurn) setImmediate(() => this.#nextTurn())
    this.#owesTurn = true
    this.#owesDrained = true
    return false
  }

  pause(): void {
    this.#paused = true
    // Once ended it keeps reading, else it would not see the other side's end and never close.
    if (!this.#ended) this.#socket.pause()
  }

  resume(): void {
    this.#paused = false
    if (this.#handler !== undefined) this.#socket.resume()
  }

  end(): void {
    if (this.#ended || this.#destroyed) return
    this.#ended = true
    this.#socket.end()
    this.#socket.resume()
  }

  destroy(error?: Error): void {
    if (this.#destroyed || this.#closed) return
    this.#destroyed = true
    // Ours to tell, not the socket's: it would report it as a fault of its own.
    this.#error ??= error
    this.#socket.destroy()
  }

  #data(chunk: Buffer): void {
    if (this.#destroyed || this.#paused) return
    // Not as the Buffer that Node makes: its `slice` shares memory where every other array's copies.
    this.#handler?.data(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length))
  }

  /** Whether a writer has to wait, for which it is owed a `drained`. */
  #waits(): boolean {
    this.#owesDrained ||= this.#socket.writableNeedDrain
    return this.#owesDrained
  }

  #nextTurn(): void {
    this.#owesTurn = false
    this.#turnBytes = 0
    this.#tellDrained()
  }

  #tellDrained(): void {
    if (!this.#owesDrained || this.#handler === undefined || this.#socket.writableNeedDrain) return
    // Node says drain in the turn of the write where the system took everything.
    if (this.#turnBytes >= BYTES_A_TURN) return
    this.#owesDrained = false
    if (!this.#destroyed && !this.#ended && !this.#closed) this.#handler.drained()
  }

  #close(): void {
    this.#closed = true
    this.#handler?.closed(this.#error)
  }
}
