// What the service counts; names are geth's where geth has one.
import type { Metrics } from '@ethspan/node'
import type { PeerSet } from '../peers/peer-set.js'
import type { SkeletonSync } from '../sync/skeleton-sync.js'
import type { ServeBudget } from './serve-budget.js'

export interface EthCounted {
  readonly peers: PeerSet
  readonly budget: ServeBudget
  readonly sync: SkeletonSync
}

/** Counts whenever the metrics are read. Of peers nothing is a name or a label. */
export function countEth(metrics: Metrics, { peers, budget, sync }: EthCounted): void {
  const count = (name: string, help: string, read: () => number) => {
    const counter = metrics.counter(name, help)
    let told = 0
    metrics.onRead(() => {
      const now = read()
      if (now > told) counter.add(now - told)
      told = now
    })
  }
  for (const kind of ['headers', 'bodies', 'receipts'] as const) {
    const counts = peers.counts[kind]
    count(`eth/downloader/${kind}/req`, `Requests for ${kind}`, () => counts.asked)
    count(`eth/downloader/${kind}/in`, `Items of ${kind} that came`, () => counts.items)
    count(`eth/downloader/${kind}/bytes`, `Bytes of ${kind} that came`, () => counts.bytes)
    count(
      `eth/downloader/${kind}/timeout`,
      `Requests for ${kind} that were not answered in time`,
      () => counts.timeouts,
    )
    count(`eth/downloader/${kind}/empty`, `Answers to requests for ${kind} without content`, () => counts.empty)
  }
  count('eth/peers/bad', 'Peers that were ended for bad data', () => peers.badPeers)
  count('eth/serve/answers', 'Requests of peers that were answered', () => budget.answers)
  count('eth/serve/bytes', 'Bytes of answers to peers', () => budget.bytes)

  const connected = metrics.gauge('eth/peers', 'Peers that speak eth')
  const waiting = metrics.gauge('eth/downloader/waiting', 'Bytes of blocks that wait for those before them')
  const missing = metrics.gauge('eth/downloader/missing', 'Blocks between the head and the sync target')
  metrics.onRead(() => {
    connected.set(peers.size)
    waiting.set(sync.waitingBytes)
    const { highestBlock = 0n, currentBlock = 0n } = sync.progress() ?? {}
    missing.set(highestBlock > currentBlock ? Number(highestBlock - currentBlock) : 0)
  })
}
