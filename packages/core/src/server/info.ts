import type { Enode } from '../enode/enode.js'
import type { Protocol } from '../peer/protocol.js'
import type { OpenListeners } from './listeners.js'

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

/** Puts a {@link NodeInfo} together. */
export function nodeInfoOf(source: {
  readonly name: string
  readonly protocols: readonly Protocol[]
  readonly self: Enode
  readonly listeners: OpenListeners | undefined
  readonly crypto: string
}): NodeInfo {
  const { name, protocols, self, crypto } = source
  const addresses = source.listeners?.addresses ?? []
  const { host = '', tcpPort = 0, udpPort = 0 } = self.endpoint
  return {
    id: self.id,
    name,
    enode: self.toString(),
    enr: self.record?.toString() ?? '',
    ip: host,
    ports: { discovery: udpPort, listener: tcpPort },
    listenAddr: (addresses.find(({ endpoint }) => endpoint.tcpPort !== undefined) ?? addresses[0])?.address ?? '',
    listeners: addresses.map(({ transport, address, endpoint }) => {
      return { transport, address, enode: self.withEndpoint(endpoint).toString() }
    }),
    protocols: Object.fromEntries(
      protocols.map((protocol) => [protocol.name, protocol.nodeInfo?.() ?? { version: protocol.version }]),
    ),
    crypto,
  }
}
