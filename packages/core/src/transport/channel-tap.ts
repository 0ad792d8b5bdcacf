import { EthspanError } from '../errors.js'
import { MAX_UNREAD_BYTES } from '../limits.js'
import { deferred } from '../platform/wait.js'
import type { Channel, ChannelHandler } from './transport.js'

/**
 * Passes a channel from one reader to the next without losing a byte: the handshake reads from it, then the messages do.
 * Between two readers the channel is paused, and what still comes is kept up to {@link MAX_UNREAD_BYTES}.
 */
export class ChannelTap implements ChannelHandler {
  readonly channel: Channel
  readonly #gone = deferred<void>()
  #reader: ChannelHandler | undefined
  #kept: Uint8Array[] = []
  #keptBytes = 0
  #end: { readonly error: Error | undefined } | undefined

  constructor(channel: Channel) {
    this.channel = channel
    channel.open(this)
  }

  /** Resolves when the channel is gone. */
  get gone(): Promise<void> {
    return this.#gone.promise
  }

  /** `reader` gets what was kept, and from now on everything. */
  attach(reader: ChannelHandler): void {
    this.#reader = reader
    const kept = this.#kept
    this.#kept = []
    this.#keptBytes = 0
    this.channel.resume()
    for (const chunk of kept) this.data(chunk)
    if (this.#end !== undefined) reader.closed(this.#end.error)
  }

  /** Takes the channel from its reader; `unread` is what that one had received but not used. */
  detach(unread: readonly Uint8Array[]): void {
    this.#reader = undefined
    this.channel.pause()
    for (const chunk of unread) this.#keep(chunk)
  }

  data(chunk: Uint8Array): void {
    if (this.#reader === undefined) this.#keep(chunk)
    else this.#reader.data(chunk)
  }

  drained(): void {
    this.#reader?.drained()
  }

  closed(error?: Error): void {
    this.#end = { error }
    this.#gone.resolve()
    this.#reader?.closed(error)
  }

  #keep(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#kept.push(chunk)
    this.#keptBytes += chunk.length
    if (this.#keptBytes > MAX_UNREAD_BYTES) {
      this.#kept = []
      this.channel.destroy(
        new EthspanError('ERR_PROTOCOL', `more than ${MAX_UNREAD_BYTES} bytes arrived before the handshake was done`),
      )
    }
  }
}
