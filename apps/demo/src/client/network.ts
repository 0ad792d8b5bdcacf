// The network as told: what each peer that speaks the peer feed says about its own peers, and whom we are connected to.
import type { Network, NetworkLink, NetworkNode } from './client.js'

/** A node as some peer tells of it. */
export interface ToldNode {
  readonly id: string
  readonly name: string
  readonly transport: string
  readonly address?: string
  readonly caps: readonly string[]
}

export interface NetworkSources {
  readonly self: { readonly id: string; readonly name: string; readonly caps: readonly string[] }
  readonly gatewayId: string | undefined
  /** Our own peers. */
  readonly peers: readonly ToldNode[]
  /** What each of our peers told, by its id. */
  readonly told: ReadonlyMap<string, readonly ToldNode[]>
}

/** One graph of all that is known, this node first; each node and each link once. */
export function buildNetwork({ self, gatewayId, peers, told }: NetworkSources): Network {
  const nodes = new Map<string, NetworkNode>()
  const links = new Map<string, NetworkLink>()
  const add = (node: ToldNode): void => {
    // The first word on a node stands: our own, then the peers'.
    if (nodes.has(node.id)) return
    const role = node.id === self.id ? 'you' : node.id === gatewayId ? 'gateway' : 'node'
    const { id, name, transport, caps, address } = node
    nodes.set(id, { id, name, transport, caps, role, ...(address === undefined ? {} : { address }) })
  }
  const link = (a: string, b: string): void => {
    if (a === b) return
    const [source, target] = a < b ? [a, b] : [b, a]
    links.set(`${source}-${target}`, { source, target })
  }
  add({ ...self, transport: '' })
  for (const peer of peers) {
    add(peer)
    link(self.id, peer.id)
  }
  for (const [teller, itsPeers] of told) {
    if (!nodes.has(teller)) continue
    for (const node of itsPeers) {
      add(node)
      link(teller, node.id)
    }
  }
  return { nodes: [...nodes.values()], links: [...links.values()] }
}
