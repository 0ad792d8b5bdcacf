import type { Peer } from './peer.js'

/** One message of a peer as it passed; the base protocol's are told too. */
export interface TracedMessage {
  readonly direction: 'in' | 'out'
  /** The protocol's name; `p2p` for the base protocol. */
  readonly protocol: string
  readonly version: number
  /** Relative to the protocol. */
  readonly code: number
  /** What the payload took on the wire, after compression. */
  readonly wireBytes: number
}

/**
 * Told of each message of each peer, from the first one after Hello to the goodbye, for whoever shows or records them. Called
 * while the message passes, so it notes and returns, and never throws.
 */
export type MessageTrace = (peer: Peer, message: TracedMessage) => void
