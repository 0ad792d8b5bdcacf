import type { Endpoint } from '../enode/endpoint.js'
import type { Enode } from '../enode/enode.js'
import type { Clock } from '../platform/clock.js'
import type { Logger } from '../platform/logger.js'

export type { Endpoint }

/** What a channel tells its one user. Nothing is called before {@link Channel.open} and nothing after `closed`. */
export interface ChannelHandler {
  /** The next bytes; chunk boundaries mean nothing. The receiver may keep the array. */
  data(chunk: Uint8Array): void
  /** After a `write` that returned false: what was written has left, more is welcome. */
  drained(): void
  /** The channel is gone, called exactly once; `error` unless it ended in good order. */
  closed(error?: Error): void
}

/** A reliable, ordered pipe of bytes in both directions: all that core knows of a socket. */
export interface Channel {
  /** The transport's name, such as `tcp`, `ws` or `memory`. */
  readonly transport: string
  readonly inbound: boolean
  /** `host:port`, or a URL, for people. */
  readonly remoteAddress: string
  readonly localAddress: string
  /** Whether `pause` stops the sender. A browser's WebSocket can't. */
  readonly canPause: boolean
  /** Starts delivery. Called once. What arrived before is kept, without a loss, and delivered after this call. */
  open(handler: ChannelHandler): void
  /** Sends the chunks in one go and takes them over. False: wait for `drained` before writing more. Ignored once closed. */
  write(chunks: readonly Uint8Array[]): boolean
  /** Stops `data` until `resume`; a channel that can't pause ignores both. */
  pause(): void
  resume(): void
  /** Sends what was written, then closes. */
  end(): void
  /** Closes at once; what was not sent is lost. */
  destroy(error?: Error): void
}

/** Whether a transport can reach a node, and if not, why: one sentence for a person. */
export type DialCheck = { readonly ok: true; readonly address: string } | { readonly ok: false; readonly why: string }

export interface TransportContext {
  readonly clock: Clock
  readonly log: Logger
}

export interface ListenerAddress {
  readonly transport: string
  /** `host:port`, or a URL. */
  readonly address: string
  /** What the local node's record and enode URL gain from this listener. */
  readonly endpoint: Endpoint
}

export interface Listener {
  readonly addresses: readonly ListenerAddress[]
  /** Refuses new channels, resolves when the listening socket is closed. Channels already accepted live on. */
  close(): Promise<void>
}

/** Makes channels. Throttling, net restriction and other admission by address belong here, not to core. */
export interface Transport {
  readonly name: string
  /** Whether this transport can dial `node` from here. */
  check(node: Enode): DialCheck
  /**
   * Opens a channel to `node`, for which `check` said ok.
   * @throws {EthspanError} ERR_DIAL with the reason; ERR_ABORTED when the signal fires.
   */
  dial(node: Enode, options: TransportContext & { readonly signal: AbortSignal }): Promise<Channel>
  /**
   * Listens where this transport was told to; undefined where it wasn't.
   * @throws {EthspanError} ERR_LISTEN, such as when the port is taken.
   */
  listen?(accept: (channel: Channel) => void, context: TransportContext): Promise<Listener | undefined>
}
