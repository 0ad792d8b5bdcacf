// The figures at the head of the page.
import type { BlockView, NodeView, StatsSnapshot } from '@ethspan/ethstats/feed'

export interface Figures {
  readonly best: BlockView | undefined
  /** Seconds. Each of these is undefined where nothing is known. */
  readonly blockTime: number | undefined
  /** Nodes that are connected. */
  readonly active: number
  readonly nodes: number
  /** Wei: of the nodes of this network, the one in the middle. */
  readonly gasPrice: number | undefined
  /** The most that one node has. */
  readonly pending: number | undefined
}

export function figuresOf({ nodes, blocks, network = '' }: StatsSnapshot): Figures {
  const active = nodes.filter(({ state }) => state !== 'offline')
  const ours = active.filter((node) => node.network === network)
  const times = valuesOf(blocks, ({ time }) => time)
  const pending = valuesOf(ours, (node) => node.pending)
  return {
    best: blocks.at(-1),
    blockTime: times.length === 0 ? undefined : times.reduce((sum, time) => sum + time, 0) / times.length,
    active: active.length,
    nodes: nodes.length,
    gasPrice: median(valuesOf(ours, (node: NodeView) => node.gasPrice)),
    pending: pending.length === 0 ? undefined : Math.max(...pending),
  }
}

/** What is known of each. */
const valuesOf = <T>(items: readonly T[], value: (item: T) => number | undefined): number[] =>
  items.flatMap((item) => value(item) ?? [])

const median = (values: readonly number[]): number | undefined =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]
