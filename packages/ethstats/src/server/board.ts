import type { Clock } from '@ethspan/core'
import type { StatsSnapshot } from '../feed.js'
import { BlockHistory, type KnownBlock } from './block-history.js'
import type { StatsLimits } from './limits.js'
import { Propagation } from './propagation.js'
import type { Login, ReportedBlock } from './read-report.js'
import { type Moment, StatsNode } from './stats-node.js'

/** All that is known of nodes and blocks. It knows of no connection. */
export class StatsBoard {
  readonly #clock: Clock
  readonly #limits: Pick<StatsLimits, 'nodes' | 'quietAfter' | 'forgetAfter'>
  readonly #nodes = new Map<string, StatsNode>()
  readonly #history = new BlockHistory()
  readonly #propagation = new Propagation()
  /** The network that figures and charts are about. */
  #network: string | undefined

  constructor(clock: Clock, limits: Pick<StatsLimits, 'nodes' | 'quietAfter' | 'forgetAfter'>) {
    this.#clock = clock
    this.#limits = limits
  }

  /** A node logged in. Undefined where there is no room: all that are known are online. */
  connect(login: Login): StatsNode | undefined {
    const known = this.#nodes.get(login.id)
    if (known === undefined && this.#nodes.size >= this.#limits.nodes && !this.#forgetOne()) return undefined
    const node = known ?? new StatsNode(login, this.#moment())
    known?.connect(login, this.#moment())
    this.#nodes.set(login.id, node)
    this.#chooseNetwork()
    return node
  }

  disconnect(node: StatsNode): void {
    node.disconnect(this.#moment())
    this.#chooseNetwork()
    this.#chooseBest()
  }

  /** A node told its head. */
  head(node: StatsNode, reported: ReportedBlock): void {
    if (node.hasTold(reported.hash)) return
    const { now, wall } = this.#moment()
    const made = Math.min(wall, reported.timestamp * 1000)
    const isNews = node.tellsNews && reported.number > (node.head?.number ?? 0)
    const fresh: KnownBlock = { ...reported, at: isNews ? wall : made, newsAt: isNews ? now : undefined }
    if (!this.#isOurs(node)) {
      node.headTold(fresh, undefined)
      return
    }
    const block = this.#history.get(reported.hash) ?? fresh
    const { newsAt } = block
    // It says something where the block was news when it came first, and this node was there, waiting.
    const isMeasured = isNews && newsAt !== undefined && node.wasOnline(newsAt)
    const propagation = isMeasured ? Math.round(now - newsAt) : undefined
    node.headTold(block, propagation)
    // How late the first one is says nothing of how blocks spread.
    if (propagation !== undefined && block !== fresh) this.#propagation.add(propagation)
    this.#history.add(block)
    this.#chooseBest()
  }

  /** A node answered with old blocks. True where one of them was missing. */
  history(node: StatsNode, blocks: readonly ReportedBlock[]): boolean {
    if (!this.#isOurs(node)) return false
    const before = this.missing().length
    for (const block of blocks) {
      const at = Math.min(this.#clock.wallTime(), block.timestamp * 1000)
      this.#history.add({ ...block, at, newsAt: undefined })
    }
    return this.missing().length < before
  }

  /** Numbers of blocks that the charts lack, the highest first. */
  missing(): number[] {
    return this.#history.missing()
  }

  /** Whether a node has the chain that is drawn, up to its best block. */
  followsBest(node: StatsNode): boolean {
    return this.#isOurs(node) && node.head !== undefined && node.head.hash === this.#history.best?.hash
  }

  /** Marks those that are quiet, forgets those that are long gone. */
  sweep(): void {
    const now = this.#clock.now()
    for (const node of this.#nodes.values()) {
      if (node.isOnline && now - node.heardAt >= this.#limits.quietAfter) node.quiet()
      if (node.offlineSince !== undefined && now - node.offlineSince >= this.#limits.forgetAfter) {
        this.#nodes.delete(node.id)
      }
    }
  }

  get isEmpty(): boolean {
    return this.#nodes.size === 0
  }

  /** What has not changed since the last snapshot is the same object in this one. */
  snapshot(): StatsSnapshot {
    const { now, wall } = this.#moment()
    return {
      at: wall,
      ...(this.#network ? { network: this.#network } : {}),
      nodes: [...this.#nodes.values()].map((node) => node.view(now)),
      blocks: this.#history.view(),
      propagation: this.#propagation.view(),
    }
  }

  #moment(): Moment {
    return { now: this.#clock.now(), wall: this.#clock.wallTime() }
  }

  #isOurs({ network }: StatsNode): boolean {
    return network === this.#network
  }

  /** Forgets the node that is offline longest. False where all are online. */
  #forgetOne(): boolean {
    let oldest: StatsNode | undefined
    for (const node of this.#nodes.values()) {
      if (node.offlineSince === undefined) continue
      if (oldest?.offlineSince === undefined || node.offlineSince < oldest.offlineSince) oldest = node
    }
    return oldest !== undefined && this.#nodes.delete(oldest.id)
  }

  /** That of most nodes online; the one that stands where it is among them. Without nodes all stays as it was. */
  #chooseNetwork(): void {
    const counts = new Map<string, number>()
    for (const { isOnline, network } of this.#nodes.values()) {
      if (isOnline) counts.set(network, (counts.get(network) ?? 0) + 1)
    }
    const most = Math.max(0, ...counts.values())
    const network = this.#network
    if (most === 0 || (network !== undefined && counts.get(network) === most)) return
    this.#network = [...counts].find(([, count]) => count === most)?.[0]
    this.#history.clear()
    this.#propagation.clear()
    this.#chooseBest()
  }

  /** The highest head of the nodes online; of several, the one most have, then the one that was first. */
  #chooseBest(): void {
    const heads = new Map<string, { readonly block: KnownBlock; count: number }>()
    for (const node of this.#nodes.values()) {
      const { head, isOnline } = node
      if (!isOnline || head === undefined || !this.#isOurs(node)) continue
      const entry = heads.get(head.hash) ?? { block: head, count: 0 }
      entry.count++
      heads.set(head.hash, entry)
    }
    const [best] = [...heads.values()].sort(
      (a, b) => b.block.number - a.block.number || b.count - a.count || a.block.at - b.block.at,
    )
    if (best !== undefined && best.block.hash !== this.#history.best?.hash) this.#history.setBest(best.block)
  }
}
