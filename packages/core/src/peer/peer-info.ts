import type { Traffic } from './traffic.js'

/** What `server.peersInfo()` shows for each peer; geth's `p2p.PeerInfo` and what this stack counts besides. */
export interface PeerInfo {
  /** The node's record, where it is known. */
  readonly enr?: string
  readonly enode: string
  readonly id: string
  readonly name: string
  readonly caps: readonly string[]
  readonly network: {
    readonly localAddress: string
    readonly remoteAddress: string
    readonly inbound: boolean
    readonly trusted: boolean
    readonly static: boolean
    readonly transport: string
  }
  readonly protocols: Readonly<Record<string, unknown>>
  /** Milliseconds since 1970. */
  readonly connectedSince: number
  /** Milliseconds the last ping took; undefined before the first reply. */
  readonly roundTripTime?: number
  readonly traffic: Traffic & { readonly byProtocol: Readonly<Record<string, Traffic>> }
}
