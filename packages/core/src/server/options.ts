import type { Crypto } from '../crypto/crypto.js'
import type { Enode } from '../enode/enode.js'
import type { RecordEntries } from '../enode/enr.js'
import type { Limits } from '../limits.js'
import type { MessageTrace } from '../peer/message-trace.js'
import type { Meter } from '../peer/meter.js'
import type { Protocol } from '../peer/protocol.js'
import type { Clock, RandomBytes } from '../platform/clock.js'
import type { Logger } from '../platform/logger.js'
import type { Transport } from '../transport/transport.js'

/** How the pauses between dials of a static node grow. */
export interface Redial {
  /** Pause after the first failure, or after a connection ended; milliseconds. */
  readonly first: number
  /** The longest pause; milliseconds. Each failure doubles the pause up to here. */
  readonly max: number
}

/** A source of nodes worth dialing, read while dial slots are free until `signal` fires. */
export type DialCandidates = (options: { readonly signal: AbortSignal }) => AsyncIterable<Enode>

/** How a {@link Server} is set up. Only the key and the transports are needed. */
export interface ServerOptions {
  /** 32 bytes, or 64 hex digits: the node's identity. See `generatePrivateKey`. */
  readonly privateKey: Uint8Array | string
  /** The client's name in Hello, such as `my-app/v1.0.0`. Default: `ethspan/v<version>`. */
  readonly name?: string
  readonly transports: readonly Transport[]
  readonly protocols?: readonly Protocol[]
  /** How many peers at most; static peers count, trusted ones do not. Default 50, as geth. */
  readonly maxPeers?: number
  /** How many inbound connections may be in handshake. Default 50, as geth. */
  readonly maxPendingInbound?: number
  /** How many dials may be under way. Default 50, as geth. */
  readonly maxPendingOutbound?: number
  /** One of so many peer slots is for dialed peers: maxPeers / dialRatio. Default 3, as geth. */
  readonly dialRatio?: number
  /** Dial nobody, not even static nodes; all peer slots are for inbound ones. Default false, as geth's `NoDial`. */
  readonly noDial?: boolean
  /** Nodes to keep connected from the start, as by `addPeer`. */
  readonly staticNodes?: readonly (Enode | string)[]
  /** Further nodes to dial, beside those that the protocols find. */
  readonly dialCandidates?: readonly DialCandidates[]
  /** Nodes let in above the limits from the start, as by `addTrustedPeer`. */
  readonly trustedNodes?: readonly (Enode | string)[]
  /** Entries of our own for the local node record. */
  readonly attributes?: RecordEntries
  /** Timeouts and sizes to change, each documented in {@link Limits}. */
  readonly limits?: Partial<Limits>
  readonly log?: Logger
  /** Told of all traffic, for metrics. Default: nothing is counted but what each peer's `traffic` shows. */
  readonly meter?: Meter
  /** Told of each message of each peer. Default: nobody is. */
  readonly trace?: MessageTrace
  readonly clock?: Clock
  readonly randomBytes?: RandomBytes
  /** Builds the primitives. Default: the best the platform has. */
  readonly createCrypto?: () => Promise<Crypto>
}
