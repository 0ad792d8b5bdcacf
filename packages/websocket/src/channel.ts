import { type Channel, type ChannelHandler, type Clock, EthspanError, type Timer } from '@ethspan/core'
import { DRAIN_POLL_INTERVAL, HIGH_WATER_MARK, LOW_WATER_MARK, MAX_SENT_MESSAGE, MAX_UNREAD } from './limits.js'
import { ABNORMAL_CLOSURE, CloseCode, isGoodbye, type Socket } from './socket/shape.js'

export interface WebSocketChannelOptions {
  readonly inbound: boolean
  readonly clock: Clock
  /** Bytes in the longest message to accept. */
  readonly maxPayload: number
}

/** RLPx's stream of bytes over the binary messages of one WebSocket; docs/websocket.md is its specification. */
export class WebSocketChannel implements Channel {
  readonly transport = 'ws'
  readonly inbound: boolean
  readonly remoteAddress: string
  readonly localAddress: string
  readonly canPause: boolean
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #maxPayload: number
  #handler: ChannelHandler | undefined
  /** What arrived before `open`, or behind a `pause`: a chunk read from the network may hold many messages. */
  #unread: Uint8Array[] = []
  #unreadBytes = 0
  #paused = false
  #owesDrained = false
  #poll: Timer | undefined
  #ended = false
  /** Set once the connection is over in good order while something is still unread. */
  #goodbye = false
  #gone = false
  #error: Error | undefined

  constructor(socket: Socket, options: WebSocketChannelOptions) {
    this.#socket = socket
    this.inbound = options.inbound
    this.remoteAddress = socket.remoteAddress
    this.localAddress = socket.localAddress
    this.canPause = socket.canPause
    this.#clock = options.clock
    this.#maxPayload = options.maxPayload
    socket.attach({
      message: (data) => this.#message(data),
      text: () => this.#refuse(CloseCode.UnsupportedData, 'a text message; RLPx is binary'),
      sent: () => this.#tellDrained(),
      closed: (code, cause) => this.#closed(code, cause),
    })
  }

  open(handler: ChannelHandler): void {
    if (this.#handler !== undefined) throw new EthspanError('ERR_STATE', 'a channel is opened once')
    this.#handler = handler
    // By microtask here and below: nobody is called back before the call returns that caused it.
    if (this.#gone) {
      queueMicrotask(() => handler.closed(this.#error))
      return
    }
    queueMicrotask(() => {
      this.#deliverUnread()
      this.#tellDrained()
    })
    if (!this.#paused) this.#socket.resume()
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.#gone || this.#ended || this.#goodbye) return false
    for (const message of joinIntoMessages(chunks, MAX_SENT_MESSAGE)) this.#socket.send(message)
    if (this.#socket.bufferedAmount <= HIGH_WATER_MARK) return !this.#owesDrained
    this.#owesDrained = true
    if (!this.#socket.tellsSent) this.#lookLater()
    return false
  }

  pause(): void {
    if (!this.canPause || this.#gone) return
    this.#paused = true
    // After goodbye the other side's must be read to its end, wanted or not.
    if (!this.#ended) this.#socket.pause()
  }

  resume(): void {
    if (!this.canPause || this.#gone || !this.#paused) return
    this.#paused = false
    if (this.#handler === undefined) return
    this.#socket.resume()
    queueMicrotask(() => this.#deliverUnread())
  }

  end(): void {
    if (this.#gone || this.#ended) return
    this.#ended = true
    this.#owesDrained = false
    this.#socket.close(CloseCode.Normal)
    this.#socket.resume()
  }

  destroy(error?: Error): void {
    if (this.#gone) return
    this.#socket.terminate(CloseCode.Destroyed)
    this.#finish(error)
  }

  #message(data: Uint8Array): void {
    if (this.#gone) return
    const reading = this.#handler !== undefined && !this.#paused
    if (data.length > this.#maxPayload) {
      this.#refuse(CloseCode.MessageTooBig, `a message of ${data.length} bytes; ${this.#maxPayload} are allowed`)
      return
    }
    if (reading && this.#unread.length === 0) this.#handler?.data(data)
    // Who has said goodbye and does not read gets nothing more, else it would be kept for nobody.
    else if (reading || !this.#ended) this.#keep(data)
    // An incoming message wakes even a hidden tab, whose timers may fire once a minute.
    this.#tellDrained()
  }

  #closed(code: number, cause?: Error): void {
    if (this.#gone) return
    if (!isGoodbye(code)) {
      const message =
        code === ABNORMAL_CLOSURE
          ? 'the connection broke off without a closing handshake'
          : `the other side closed with code ${code}`
      this.#finish(new EthspanError('ERR_CLOSED', cause?.message ?? message, { fields: { code }, cause }))
      return
    }
    this.#goodbye = true
    if (this.#unread.length === 0 || this.#ended) this.#finish(undefined)
  }

  #keep(data: Uint8Array): void {
    this.#unread.push(data)
    this.#unreadBytes += data.length
    if (this.#unreadBytes > MAX_UNREAD) {
      this.destroy(new EthspanError('ERR_CLOSED', `${this.#unreadBytes} bytes arrived that nobody reads`))
    }
  }

  #deliverUnread(): void {
    let next = 0
    while (!this.#gone && !this.#paused && next < this.#unread.length) {
      const data = this.#unread[next++]!
      this.#unreadBytes -= data.length
      this.#handler?.data(data)
    }
    if (this.#gone) return
    this.#unread = this.#unread.slice(next)
    if (this.#goodbye && this.#unread.length === 0) this.#finish(undefined)
  }

  #tellDrained(): void {
    if (!this.#owesDrained || this.#gone || this.#handler === undefined) return
    if (this.#socket.bufferedAmount > LOW_WATER_MARK) return
    this.#owesDrained = false
    this.#poll?.cancel()
    this.#poll = undefined
    this.#handler.drained()
  }

  #lookLater(): void {
    this.#poll ??= this.#clock.setTimeout(() => {
      this.#poll = undefined
      this.#tellDrained()
      if (this.#owesDrained && !this.#gone) this.#lookLater()
    }, DRAIN_POLL_INTERVAL)
  }

  /** The other side broke the mapping's rules: told by the close code, and no longer listened to. */
  #refuse(code: CloseCode, what: string): void {
    if (this.#gone) return
    this.#socket.close(code)
    this.#socket.resume()
    this.#finish(new EthspanError('ERR_PROTOCOL', `the other side sent ${what}`, { fields: { code } }))
  }

  #finish(error: Error | undefined): void {
    this.#gone = true
    this.#error = error
    this.#owesDrained = false
    this.#poll?.cancel()
    this.#poll = undefined
    this.#unread = []
    const handler = this.#handler
    if (handler !== undefined) queueMicrotask(() => handler.closed(error))
  }
}

/** The bytes of `chunks` as messages of at most `max` bytes: small chunks joined, a chunk that fills a message not copied. */
export function* joinIntoMessages(chunks: readonly Uint8Array[], max: number): Generator<Uint8Array> {
  let waiting: Uint8Array[] = []
  let size = 0
  for (const chunk of chunks) {
    for (let from = 0; from < chunk.length; ) {
      const part = chunk.subarray(from, from + max - size)
      waiting.push(part)
      size += part.length
      from += part.length
      if (size < max) continue
      yield joined(waiting, size)
      waiting = []
      size = 0
    }
  }
  if (size > 0) yield joined(waiting, size)
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  if (parts.length === 1) return parts[0]!
  const message = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    message.set(part, at)
    at += part.length
  }
  return message
}
