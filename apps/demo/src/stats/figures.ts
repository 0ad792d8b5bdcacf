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
  const times = withoutPauses(valuesOf(blocks, ({ time }) => time))
  const pending = valuesOf(ours, (node) => node.pending)
  return {
    best: blocks.at(-1),
    blockTime: average(times),
    active: active.length,
    nodes: nodes.length,
    gasPrice: median(valuesOf(ours, (node: NodeView) => node.gasPrice)),
    pending: pending.length === 0 ? undefined : Math.max(...pending),
  }
}

/** So many times the usual block time is no block time, but a chain that stood still. */
const PAUSE = 20

/** Times between blocks, without those in which the chain stood still. */
export function withoutPauses(times: readonly number[]): readonly number[] {
  // At least a second: of blocks within one second the usual time is none.
  const most = PAUSE * Math.max(1, median(times) ?? 0)
  return times.filter((time) => time <= most)
}

/** Undefined of nothing. */
export const average = (values: readonly number[]): number | undefined =>
  values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length

/** What is known of each. */
export const valuesOf = <T>(items: readonly T[], value: (item: T) => number | undefined): number[] =>
  items.flatMap((item) => value(item) ?? [])

const median = (values: readonly number[]): number | undefined =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]
