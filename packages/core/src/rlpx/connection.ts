import { abortError, asError, EthspanError } from '../errors.js'
import { type Limits, MAX_BATCH_BYTES } from '../limits.js'
import type { Clock, Timer } from '../platform/clock.js'
import { type Deferred, deferred } from '../platform/wait.js'
import type { ChannelTap } from '../transport/channel-tap.js'
import type { Channel, ChannelHandler } from '../transport/transport.js'
import { FrameDecoder, FrameEncoder } from './frame.js'
import type { Secrets } from './handshake.js'
import { MessageCodec } from './message-codec.js'

/** Who reads a connection's messages. Whatever it throws ends the connection. */
export interface MessageReader {
  /** `wireBytes`: what the payload took on the wire, after compression. */
  message(code: number, payload: Uint8Array, wireBytes: number): void
  /** A message was framed; for counters. */
  sent(code: number, wireBytes: number): void
  /** No more messages will come: the channel is gone, or what arrived can't be understood. Called once. */
  ended(error: Error): void
}

export interface ConnectionOptions {
  readonly clock: Clock
  readonly limits: Limits
}

interface WaitingWrite {
  readonly code: number
  readonly payload: Uint8Array
  readonly done: Deferred<void>
}

const ignore = () => {}

/**
 * An authenticated connection that carries messages: a channel, the frame codec and the message codec, joined. Made only
 * by a finished handshake. Nothing between a chunk and its messages is asynchronous.
 */
export class RlpxConnection implements ChannelHandler {
  /** The key the other side proved to hold, 64 bytes. */
  readonly remotePublicKey: Uint8Array
  readonly channel: Channel
  readonly codec = new MessageCodec()
  /** When bytes last arrived, `clock.now()`. */
  lastReceivedAt: number

  readonly #encoder: FrameEncoder
  readonly #decoder: FrameDecoder
  readonly #clock: Clock
  readonly #limits: Limits
  readonly #gone = deferred<void>()
  #reader: MessageReader | undefined
  #paused = false
  #ended: Error | undefined
  #closing = false
  #channelGone = false

  #batch: Uint8Array[] = []
  #batchBytes = 0
  #batchDone: Deferred<void> | undefined
  #blocked = false
  #blockedTimer: Timer | undefined
  #draining: Deferred<void>[] = []
  #waiting: WaitingWrite[] = []

  constructor(tap: ChannelTap, secrets: Secrets, { clock, limits }: ConnectionOptions) {
    this.channel = tap.channel
    this.remotePublicKey = secrets.remotePublicKey
    this.#encoder = new FrameEncoder(secrets)
    this.#decoder = new FrameDecoder(secrets)
    this.#clock = clock
    this.#limits = limits
    this.lastReceivedAt = clock.now()
    tap.attach(this)
  }

  /** What ended the connection; undefined while it lives. */
  get error(): Error | undefined {
    return this.#ended
  }

  get paused(): boolean {
    return this.#paused
  }

  /** Refuses frames with more data than this on their header alone. Default: what 24 bits can count. */
  limitFrames(bytes: number): void {
    this.#decoder.maxFrameSize = bytes
  }

  /** Gives messages to `reader`, starting with those that arrived since the last one let go. */
  read(reader: MessageReader): void {
    this.#reader = reader
    if (this.#ended !== undefined) reader.ended(this.#ended)
    else this.#resumeChannel()
  }

  /** Takes the reader off; messages stay in the decoder, and the channel is paused. */
  stopReading(): void {
    this.#reader = undefined
    this.channel.pause()
  }

  /** Stops messages and the channel; effective at once, also in the middle of a chunk. */
  pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.channel.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    // Silence while we did not listen is not the peer's.
    this.lastReceivedAt = this.#clock.now()
    if (this.#reader !== undefined) this.#resumeChannel()
  }

  /**
   * Sends a message, and resolves when the transport takes more. While it takes none, messages wait their turn unframed.
   * @throws {EthspanError} ERR_MESSAGE_TOO_BIG, ERR_ABORTED, or what ended the connection.
   */
  write(code: number, payload: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    if (signal?.aborted) return Promise.reject(abortError(signal))
    if (!this.#blocked && this.#waiting.length === 0) return this.#enqueue(code, payload)
    return this.#wait({ code, payload, done: deferred<void>() }, signal)
  }

  /** Sends a message ahead of those that wait for the transport: for the base protocol, which keeps count itself. */
  writeNow(code: number, payload: Uint8Array): void {
    if (this.#ended === undefined) this.#enqueue(code, payload).catch(ignore)
  }

  /** Whether what was written has not left yet. */
  get blocked(): boolean {
    return this.#blocked
  }

  /**
   * Sends a last message, if given, then closes. Resolves when the channel is gone, at the latest after
   * `disconnectWriteTimeout`. Repeated calls wait for the first.
   */
  close(error: Error, last?: { readonly code: number; readonly payload: Uint8Array }): Promise<void> {
    if (this.#closing) return this.#gone.promise
    this.#closing = true
    if (last !== undefined && !this.#channelGone) this.#frame(last.code, last.payload)
    if (!this.#channelGone) this.#flush()
    this.#end(error)
    if (this.#channelGone) return this.#gone.promise
    // What still arrives is read and dropped, so that the socket closes in good order.
    this.channel.resume()
    this.channel.end()
    const timer = this.#clock.setTimeout(() => this.channel.destroy(), this.#limits.disconnectWriteTimeout)
    return this.#gone.promise.finally(() => timer.cancel())
  }

  data(chunk: Uint8Array): void {
    if (this.#ended !== undefined) return
    this.lastReceivedAt = this.#clock.now()
    this.#decoder.push(chunk)
    this.#pump()
  }

  drained(): void {
    this.#blocked = false
    this.#blockedTimer?.cancel()
    for (const done of this.#draining.splice(0)) done.resolve()
    while (!this.#blocked && this.#waiting.length > 0) {
      const next = this.#waiting.shift() as WaitingWrite
      this.#enqueue(next.code, next.payload).then(next.done.resolve, next.done.reject)
    }
  }

  closed(error?: Error): void {
    this.#channelGone = true
    this.#gone.resolve()
    this.#end(error ?? new EthspanError('ERR_CLOSED', 'the other side closed the connection'))
  }

  #resumeChannel(): void {
    this.#pump()
    if (!this.#paused && this.#reader !== undefined && this.#ended === undefined) this.channel.resume()
  }

  #pump(): void {
    try {
      while (!this.#paused && this.#reader !== undefined && this.#ended === undefined) {
        const frame = this.#decoder.next()
        if (frame === undefined) return
        const { code, payload } = this.codec.decode(frame)
        this.#reader.message(code, payload, frame.length)
      }
    } catch (error) {
      this.#end(asError(error))
    }
  }

  #wait(write: WaitingWrite, signal: AbortSignal | undefined): Promise<void> {
    this.#waiting.push(write)
    if (signal === undefined) return write.done.promise
    const onAbort = () => {
      const at = this.#waiting.indexOf(write)
      if (at < 0) return
      this.#waiting.splice(at, 1)
      write.done.reject(abortError(signal))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    return write.done.promise.finally(() => signal.removeEventListener('abort', onAbort))
  }

  #enqueue(code: number, payload: Uint8Array): Promise<void> {
    try {
      this.#frame(code, payload)
    } catch (error) {
      return Promise.reject(error)
    }
    if (this.#batchDone === undefined) {
      this.#batchDone = deferred<void>()
      this.#batchDone.promise.catch(ignore)
      queueMicrotask(() => this.#flush())
    }
    const { promise } = this.#batchDone
    if (this.#batchBytes >= MAX_BATCH_BYTES) this.#flush()
    return promise
  }

  #frame(code: number, payload: Uint8Array): void {
    const { head, body } = this.codec.encode(code, payload)
    const frame = this.#encoder.encode(head, body)
    this.#batch.push(frame)
    this.#batchBytes += frame.length
    this.#reader?.sent(code, body.length)
  }

  #flush(): void {
    const done = this.#batchDone
    this.#batchDone = undefined
    if (this.#batch.length === 0) {
      done?.resolve()
      return
    }
    const chunks = this.#batch
    this.#batch = []
    this.#batchBytes = 0
    if (this.channel.write(chunks)) done?.resolve()
    else this.#block(done)
  }

  #block(done: Deferred<void> | undefined): void {
    if (done !== undefined) this.#draining.push(done)
    if (this.#blocked || this.#ended !== undefined) return
    this.#blocked = true
    const ms = this.#limits.idleWriteTimeout
    this.#blockedTimer = this.#clock.setTimeout(() => {
      this.#end(new EthspanError('ERR_TIMEOUT', `the peer took nothing for ${ms} ms`, { fields: { timeout: ms } }))
    }, ms)
  }

  #end(error: Error): void {
    if (this.#ended !== undefined) return
    this.#ended = error
    this.#blockedTimer?.cancel()
    const unwritten = this.#draining.splice(0).map((done) => done.reject)
    if (this.#batchDone !== undefined) unwritten.push(this.#batchDone.reject)
    for (const write of this.#waiting.splice(0)) unwritten.push(write.done.reject)
    for (const reject of unwritten) reject(error)
    this.#reader?.ended(error)
  }
}
