import type { NodeBlock, NodeState, NodeView } from '../feed.js'
import type { KnownBlock } from './block-history.js'
import { NODE_PROPAGATIONS } from './limits.js'
import type { Login, ReportedStats } from './read-report.js'

/** Milliseconds: `now` by the clock, for durations, and `wall` since 1970, for people. */
export interface Moment {
  readonly now: number
  readonly wall: number
}

/** What is known of a node, through all its connections. */
export class StatsNode {
  readonly id: string
  #login: Login
  #state: NodeState = 'online'
  /** When it connected or was lost. */
  #changed: Moment
  #heardAt: number
  readonly #firstSeenAt: number
  /** Milliseconds online, without the time since it connected last. */
  #onlineBefore = 0
  #stats: ReportedStats | undefined
  #told: number | undefined
  #measured: number | undefined
  #pending: number | undefined
  #head: KnownBlock | undefined
  #block: NodeBlock | undefined
  /** Whether it told its head since it connected: what comes then is news. */
  #hasToldHead = false
  #propagation: readonly number[] = []
  #view: NodeView | undefined

  constructor(login: Login, at: Moment) {
    this.id = login.id
    this.#login = login
    this.#changed = at
    this.#heardAt = at.now
    this.#firstSeenAt = at.now
  }

  get isOnline(): boolean {
    return this.#state !== 'offline'
  }

  get network(): string {
    return this.#login.network
  }

  get canUpdateHistory(): boolean {
    return this.#login.canUpdateHistory
  }

  get head(): KnownBlock | undefined {
    return this.#head
  }

  get latency(): number | undefined {
    // Our own measure, where there is one: the other is the node's word.
    return this.#measured ?? this.#told
  }

  /** When it was heard last, by the clock. */
  get heardAt(): number {
    return this.#heardAt
  }

  /** By the clock; undefined while it is online. */
  get offlineSince(): number | undefined {
    return this.isOnline ? undefined : this.#changed.now
  }

  /** It is back. */
  connect(login: Login, at: Moment): void {
    this.#login = login
    this.#state = 'online'
    this.#changed = at
    this.#heardAt = at.now
    this.#hasToldHead = false
    this.#told = undefined
    this.#measured = undefined
    this.#view = undefined
  }

  disconnect(at: Moment): void {
    if (!this.isOnline) return
    this.#onlineBefore += at.now - this.#changed.now
    this.#state = 'offline'
    this.#changed = at
    this.#view = undefined
  }

  heard(now: number): void {
    this.#heardAt = now
    if (this.#state !== 'quiet') return
    this.#state = 'online'
    this.#view = undefined
  }

  quiet(): void {
    if (this.#state !== 'online') return
    this.#state = 'quiet'
    this.#view = undefined
  }

  /** What can't be read is undefined, here and below: then it is not known any more. */
  stats(stats: ReportedStats | undefined): void {
    this.#stats = stats
    this.#view = undefined
  }

  pending(count: number | undefined): void {
    this.#pending = count
    this.#view = undefined
  }

  /** Milliseconds one way, by the node's word. */
  latencyTold(ms: number | undefined): void {
    this.#told = ms
    this.#view = undefined
  }

  /** Milliseconds one way, by our own pings. */
  latencyMeasured(ms: number): void {
    this.#measured = ms
    this.#view = undefined
  }

  /** Whether a head that it tells now is one it had not when it came, and not one of long ago. */
  get tellsNews(): boolean {
    return this.#hasToldHead && this.#stats?.isSyncing !== true
  }

  /** Whether it told this very head since it connected. */
  hasTold(hash: string): boolean {
    return this.#hasToldHead && this.#head?.hash === hash
  }

  /** Its head, and how much later than the first it told it; undefined where that says nothing. */
  headTold(head: KnownBlock, propagation: number | undefined): void {
    this.#hasToldHead = true
    this.#head = head
    const { number, hash, at } = head
    this.#block = { number, hash, at, ...(propagation === undefined ? {} : { propagation }) }
    if (propagation !== undefined) this.#propagation = [...this.#propagation, propagation].slice(-NODE_PROPAGATIONS)
    this.#view = undefined
  }

  /** Whether it was connected then, by the clock. */
  wasOnline(at: number): boolean {
    return this.isOnline && this.#changed.now <= at
  }

  /** The same object until something changed. */
  view(now: number): NodeView {
    this.#view ??= this.#makeView(now)
    return this.#view
  }

  #makeView(now: number): NodeView {
    const { id, client, os, osVersion, network } = this.#login
    const { isSyncing = false, peers, gasPrice } = this.#stats ?? {}
    return {
      id,
      client,
      os,
      osVersion,
      network,
      state: this.#state,
      since: this.#changed.wall,
      isSyncing,
      ...known({ latency: this.latency, peers, pending: this.#pending, gasPrice, block: this.#block }),
      uptime: this.#uptime(now),
      propagation: this.#propagation,
    }
  }

  #uptime(now: number): number {
    const online = this.#onlineBefore + (this.isOnline ? now - this.#changed.now : 0)
    const seen = now - this.#firstSeenAt
    return seen <= 0 ? 1 : Math.round((1000 * online) / seen) / 1000
  }
}

/** Without the fields that are undefined, which JSON does not carry. */
function known<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: NonNullable<T[K]>
  }
}
