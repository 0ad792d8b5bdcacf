import { abortError, asError, EthspanError } from '../errors.js'
import { type Limits, MAX_BATCH_BYTES, MAX_UNREAD_BYTES } from '../limits.js'
import type { Clock, Timer } from '../platform/clock.js'
import { type Deferred, deferred } from '../platform/wait.js'
import type { ChannelTap } from '../transport/channel-tap.js'
import type { Channel, ChannelHandler } from '../transport/transport.js'
import { FrameDecoder, FrameEncoder } from './frame.js'
import type { Secrets } from './handshake.js'
import { codeLength, MessageCodec } from './message-codec.js'

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
 * A batch leaves once so many turns of the microtask queue brought no further frame: enough for a loop that awaits each
 * write, or answers each message it reads, to fill it. Ours; a turn costs some 50 ns.
 */
const QUIET_TURNS = 8

/** What `write` returns while the transport takes everything. */
const TAKEN = Promise.resolve()

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
  /** What closed the channel. Messages that came before may still be unread then. */
  #lost: Error | undefined

  #batch: Uint8Array[] = []
  #batchBytes = 0
  #flushing = false
  /** While the transport takes no more: settled when it does, or when the connection ends. */
  #room: Deferred<void> | undefined
  #blockedTimer: Timer | undefined
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

  /**
   * Stops messages and the channel; effective at once, also in the middle of a chunk. Without effect once the channel is
   * gone: what came before is handed over then, and the connection ends.
   */
  pause(): void {
    if (this.#paused || this.#lost !== undefined) return
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
   * Sends a message, and resolves when more is welcome: at once while the transport takes what it is given. While it takes
   * none, messages wait their turn unframed. Nobody has to handle the failure of a write that only failed because the
   * connection ended.
   * @throws {EthspanError} ERR_MESSAGE_TOO_BIG, ERR_ABORTED, or what ended the connection.
   */
  write(code: number, payload: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (this.#ended !== undefined) return rejected(this.#ended)
    if (signal?.aborted) return Promise.reject(abortError(signal))
    if (this.#room === undefined && this.#waiting.length === 0) return this.#enqueue(code, payload)
    return this.#wait({ code, payload, done: deferred<void>() }, signal)
  }

  /** Sends a message ahead of those that wait for the transport: for the base protocol, which keeps count itself. */
  writeNow(code: number, payload: Uint8Array): void {
    if (this.#ended === undefined) this.#enqueue(code, payload)
  }

  /** Whether what was written has not left yet. */
  get blocked(): boolean {
    return this.#room !== undefined
  }

  /**
   * Sends a last message, if given, then closes. Resolves when the channel is gone, at the latest after
   * `disconnectWriteTimeout`. Repeated calls wait for the first. Never rejects.
   */
  close(error: Error, last?: { readonly code: number; readonly payload: Uint8Array }): Promise<void> {
    if (this.#closing) return this.#gone.promise
    this.#closing = true
    if (last !== undefined && this.#lost === undefined) this.#frame(last.code, last.payload)
    this.#flush()
    this.#end(error)
    if (this.#lost !== undefined) return this.#gone.promise
    // What still arrives is read and dropped, so that the socket closes in good order.
    this.channel.resume()
    this.channel.end()
    const timer = this.#clock.setTimeout(() => this.channel.destroy(), this.#limits.disconnectWriteTimeout)
    return this.#gone.promise.finally(() => timer.cancel())
  }

  data(chunk: Uint8Array): void {
    if (this.#ended !== undefined) return
    this.lastReceivedAt = this.#clock.now()
    // Only a transport that can't pause gets here again and again while nobody reads.
    if (this.#reader === undefined && this.#decoder.buffered > MAX_UNREAD_BYTES) {
      this.#end(
        new EthspanError('ERR_PROTOCOL', `more than ${MAX_UNREAD_BYTES} bytes arrived before they were welcome`),
      )
      return
    }
    this.#decoder.push(chunk)
    this.#pump()
  }

  drained(): void {
    this.#blockedTimer?.cancel()
    this.#room?.resolve()
    this.#room = undefined
    while (this.#room === undefined && this.#waiting.length > 0) {
      const next = this.#waiting.shift() as WaitingWrite
      this.#enqueue(next.code, next.payload).then(next.done.resolve, next.done.reject)
    }
  }

  closed(error?: Error): void {
    this.#lost = error ?? new EthspanError('ERR_CLOSED', 'the other side closed the connection')
    this.#gone.resolve()
    // The last messages may say why. What they cost is bounded by what had arrived.
    this.#paused = false
    this.#pump()
  }

  #resumeChannel(): void {
    this.#pump()
    if (!this.#paused && this.#reader !== undefined && this.#ended === undefined) this.channel.resume()
  }

  #pump(): void {
    try {
      while (!this.#paused && this.#reader !== undefined && this.#ended === undefined) {
        const frame = this.#decoder.next()
        if (frame === undefined) break
        const { code, payload } = this.codec.decode(frame)
        this.#reader.message(code, payload, frame.length - codeLength(code))
      }
    } catch (error) {
      this.#end(asError(error))
    }
    // Without a reader, frames that are here wait for the next one.
    if (this.#lost !== undefined && (this.#reader !== undefined || this.#decoder.buffered === 0)) this.#end(this.#lost)
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
    const settled = () => signal.removeEventListener('abort', onAbort)
    write.done.promise.then(settled, settled)
    return write.done.promise
  }

  #enqueue(code: number, payload: Uint8Array): Promise<void> {
    try {
      this.#frame(code, payload)
    } catch (error) {
      return Promise.reject(error)
    }
    if (this.#batchBytes >= MAX_BATCH_BYTES) this.#flush()
    else if (!this.#flushing) this.#flushWhenQuiet()
    return this.#room?.promise ?? TAKEN
  }

  #frame(code: number, payload: Uint8Array): void {
    const { head, body } = this.codec.encode(code, payload)
    const frame = this.#encoder.encode(head, body)
    this.#batch.push(frame)
    this.#batchBytes += frame.length
    this.#reader?.sent(code, body.length)
  }

  async #flushWhenQuiet(): Promise<void> {
    this.#flushing = true
    for (let frames = 0, quiet = 0; quiet < QUIET_TURNS; quiet++) {
      await undefined
      if (this.#batch.length === frames) continue
      frames = this.#batch.length
      quiet = 0
    }
    this.#flushing = false
    this.#flush()
  }

  #flush(): void {
    const chunks = this.#batch
    if (chunks.length === 0) return
    this.#batch = []
    this.#batchBytes = 0
    if (this.#lost !== undefined) return
    try {
      if (!this.channel.write(chunks)) this.#block()
    } catch (cause) {
      this.channel.destroy()
      this.#end(new EthspanError('ERR_CLOSED', `the transport failed to send: ${asError(cause).message}`, { cause }))
    }
  }

  #block(): void {
    if (this.#room !== undefined || this.#ended !== undefined) return
    this.#room = deferred<void>()
    this.#room.promise.catch(ignore)
    const ms = this.#limits.idleWriteTimeout
    this.#blockedTimer = this.#clock.setTimeout(() => {
      this.#end(new EthspanError('ERR_TIMEOUT', `the peer took nothing for ${ms} ms`, { fields: { timeout: ms } }))
    }, ms)
  }

  #end(error: Error): void {
    if (this.#ended !== undefined) return
    this.#ended = error
    this.#blockedTimer?.cancel()
    this.#decoder.takeUnread()
    this.#room?.reject(error)
    for (const { done } of this.#waiting.splice(0)) {
      done.promise.catch(ignore)
      done.reject(error)
    }
    this.#reader?.ended(error)
  }
}

/** A rejection that is nobody's duty to handle: the connection's end is told elsewhere. */
function rejected(error: Error): Promise<never> {
  const promise = Promise.reject(error)
  promise.catch(ignore)
  return promise
}
