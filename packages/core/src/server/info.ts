/** What `server.nodeInfo()` shows; geth's `p2p.NodeInfo` and the platform's crypto. */
export interface NodeInfo {
  /** Node id, 64 hex digits. */
  readonly id: string
  readonly name: string
  readonly enode: string
  readonly enr: string
  readonly ip: string
  readonly ports: { readonly discovery: number; readonly listener: number }
  /** `host:port` of the TCP listener, or the first listener's address; empty when nothing listens. */
  readonly listenAddr: string
  /** All addresses this node listens on. */
  readonly listeners: readonly { readonly transport: string; readonly address: string; readonly enode: string }[]
  readonly protocols: Readonly<Record<string, unknown>>
  /** What does the cryptographic work here. */
  readonly crypto: string
}

/** Bytes and messages, both ways, as counted on the wire's messages (after framing and compression). */
export interface Traffic {
  readonly messagesIn: number
  readonly messagesOut: number
  readonly bytesIn: number
  readonly bytesOut: number
}

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
