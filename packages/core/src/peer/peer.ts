import type { Enode } from '../enode/enode.js'
import type { Cap } from './cap.js'
import type { DiscReason } from './disc-reason.js'
import type { PeerInfo } from './peer-info.js'
import type { Traffic } from './traffic.js'

/** A connected node that shares at least one protocol with this one: geth's `p2p.Peer`. */
export interface Peer {
  /** Keccak-256 of the node's public key, 64 hex digits. */
  readonly id: string
  /** The node as it was dialed; of an inbound one the key, and the address where it says to listen. */
  readonly enode: Enode
  /** The client's name from its Hello. Text from a stranger. */
  readonly name: string
  /** All capabilities the node offers. */
  readonly caps: readonly Cap[]
  /** The protocols that run on this connection. */
  readonly protocols: readonly Cap[]
  readonly inbound: boolean
  /** Redialed for ever: it was added by `addPeer`. */
  readonly static: boolean
  /** Let in above the limits: it was added by `addTrustedPeer`. */
  readonly trusted: boolean
  /** The transport's name, such as `tcp` or `ws`. */
  readonly transport: string
  readonly remoteAddress: string
  readonly localAddress: string
  /** Milliseconds since 1970. */
  readonly connectedSince: number
  /** Milliseconds the last ping took; undefined before the first reply. */
  readonly roundTripTime: number | undefined
  /** What passed in both directions, the base protocol included. */
  readonly traffic: Traffic
  /** Fires when the peer ends; its reason is the error that ended it. */
  readonly signal: AbortSignal
  /**
   * Sends a ping and resolves with the round trip in milliseconds.
   * @throws {EthspanError} ERR_TIMEOUT after `timeout` (default: the limit `idleReadTimeout`), ERR_ABORTED, or what ended the peer.
   */
  ping(options?: { readonly timeout?: number; readonly signal?: AbortSignal }): Promise<number>
  /**
   * Says goodbye and closes; resolves when the connection is gone, at the latest after the limit `disconnectWriteTimeout`.
   * Does not wait for the protocols, so a protocol may wait for it. Default reason: `DiscReason.Requested`.
   */
  disconnect(reason?: DiscReason): Promise<void>
  /** Everything a person or a program wants to see, as plain data. */
  info(): PeerInfo
}
