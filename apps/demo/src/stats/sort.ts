// The order of the table. Rows must not jump with each block, so the first order is by how a node does, then by name.
import type { NodeView } from '@ethspan/ethstats/feed'

export type SortKey = 'state' | 'latency' | 'peers' | 'pending' | 'gas' | 'block' | 'propagation' | 'uptime'

export interface Order {
  readonly by: SortKey
  readonly descending: boolean
}

/** How a node does, in the order of the table. */
export type Standing = 'well' | 'behind' | 'syncing' | 'quiet' | 'offline'
const STANDINGS: readonly Standing[] = ['well', 'behind', 'syncing', 'quiet', 'offline']

/** Blocks that a node may lack and still do well: each is one behind for a moment. */
export const NEAR = 1

/** The chain that nodes are compared with. */
export interface Yardstick {
  /** Network id. */
  readonly network: string | undefined
  /** Number of its best block. */
  readonly best: number | undefined
}

/** How many blocks a node lacks; undefined where that can't be said, as of a node of another network. */
export function lagOf({ block, network }: NodeView, yardstick: Yardstick): number | undefined {
  if (yardstick.best === undefined || block === undefined || network !== yardstick.network) return undefined
  return Math.max(0, yardstick.best - block.number)
}

export function standingOf(node: NodeView, yardstick: Yardstick): Standing {
  if (node.state !== 'online') return node.state
  if (node.isSyncing) return 'syncing'
  return (lagOf(node, yardstick) ?? 0) > NEAR ? 'behind' : 'well'
}

/** What is compared; undefined comes last, in either direction. */
const values: { readonly [key in Exclude<SortKey, 'state'>]: (node: NodeView) => number | undefined } = {
  latency: ({ latency }) => latency,
  peers: ({ peers }) => peers,
  pending: ({ pending }) => pending,
  gas: ({ gasPrice }) => gasPrice,
  block: ({ block }) => block?.number,
  propagation: ({ block }) => block?.propagation,
  uptime: ({ uptime }) => uptime,
}

export function sortNodes(
  nodes: readonly NodeView[],
  { by, descending }: Order,
  yardstick: Yardstick,
): readonly NodeView[] {
  const standing = (node: NodeView) => STANDINGS.indexOf(standingOf(node, yardstick))
  const value = by === 'state' ? standing : values[by]
  const sign = descending ? -1 : 1
  return [...nodes].sort((a, b) => {
    // Who is offline has old figures, which are compared with nobody's.
    const offline = Number(a.state === 'offline') - Number(b.state === 'offline')
    if (offline !== 0 && by !== 'state') return offline
    return compare(value(a), value(b), sign) || compareText(a.id, b.id)
  })
}

function compare(a: number | undefined, b: number | undefined, sign: number): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
  return sign * (a - b)
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The order after a click on a column's head: what matters first comes first, a second click turns it around. */
export function nextOrder({ by, descending }: Order, key: SortKey): Order {
  if (by === key) return { by, descending: !descending }
  return { by: key, descending: key === 'peers' || key === 'pending' || key === 'block' || key === 'uptime' }
}
