// Fetches what peers announce: geth's `TxFetcher`. Each transaction is asked of one peer at a time, and each peer is asked one
// thing at a time, so that what is missing in an answer is known at once and asked for elsewhere.
import { BLOB_TX_TYPE, type Hash, type Transaction } from '@ethspan/chain'
import type { Clock, Timer } from '@ethspan/core'
import {
  MAX_TX_RETRIEVAL_BYTES,
  MAX_TX_RETRIEVALS,
  TX_ARRIVE_TIMEOUT_MS,
  TX_FETCH_TIMEOUT_MS,
  TX_GATHER_SLACK_MS,
  TX_SIZE_TOLERANCE,
} from '../limits.js'
import { type AnnouncedMeta, Announcements, type Stage, type Tracked } from './announcements.js'

/** A transaction that a peer says it has. */
export interface Announced extends AnnouncedMeta {
  readonly hash: Hash
  /** The hash, 64 hex digits. */
  readonly key: string
}

/** A transaction that came, taken by the pool or not. */
export interface Delivered {
  readonly key: string
  readonly type: number
  /** Bytes. Undefined where the hash does not vouch for it: of blobs that the pool did not take, anybody can make more or fewer. */
  readonly size: number | undefined
}

export interface TxFetcherOptions {
  readonly clock: Clock
  /** Asks a peer for transactions. */
  readonly ask: (peer: string, hashes: readonly Hash[]) => Promise<readonly Transaction[]>
  /** Takes an answer, says what came, and rejects for what ends the peer. `asked`: hashes as 64 hex digits. */
  readonly take: (
    peer: string,
    transactions: readonly Transaction[],
    asked: ReadonlySet<string>,
  ) => Promise<readonly Delivered[]>
  /** A peer broke the rules. */
  readonly onFault: (peer: string, detail: string) => void
}

interface Request {
  readonly keys: readonly string[]
  /** Milliseconds by the fetcher's clock. */
  readonly since: number
  /** Others are asked for its transactions by now; the peer is asked nothing more before it has answered. */
  isLate: boolean
}

export class TxFetcher {
  readonly #options: TxFetcherOptions
  readonly #announcements = new Announcements()
  /** What may still come unasked, in the order in which it was announced. */
  readonly #waiting = new Set<Tracked>()
  /** Who was asked least lately comes first. */
  readonly #peers = new Set<string>()
  readonly #requests = new Map<string, Request>()
  #waitTimer: Timer | undefined
  #timeoutTimer: Timer | undefined

  constructor(options: TxFetcherOptions) {
    this.#options = options
  }

  /** Transactions that are announced and not here, by where they stand. */
  counts(): Readonly<Record<Stage, number>> {
    const counts = { waiting: 0, queued: 0, fetching: 0 }
    for (const { stage } of this.#announcements.all()) counts[stage]++
    return counts
  }

  addPeer(peer: string): void {
    this.#peers.add(peer)
  }

  /** Forgets what it announced; what it was asked for is asked of others. */
  removePeer(peer: string): void {
    this.#peers.delete(peer)
    this.#requests.delete(peer)
    for (const tracked of [...this.#announcements.of(peer).values()]) {
      if (tracked.from === peer) requeue(tracked)
      this.#removeOrigin(tracked, peer)
    }
    this.#schedule(this.#peers)
  }

  /** Notes what a peer says it has. Neither the pool has it, nor is it unwanted. */
  announce(peer: string, announced: readonly Announced[]): void {
    if (!this.#peers.has(peer)) return
    const now = this.#options.clock.now()
    for (const { key, hash, type, size } of announced) {
      const isNew = this.#announcements.get(key) === undefined
      const tracked = this.#announcements.add(peer, key, hash, { type, size }, now)
      if (tracked === undefined || !isNew) continue
      // Those with blobs are never sent unasked.
      if (type === BLOB_TX_TYPE) tracked.stage = 'queued'
      else this.#waiting.add(tracked)
    }
    this.#setWaitTimer()
    this.#schedule([peer])
  }

  /** Transactions came, asked for or not, and whether the pool took them or not: whoever announced them as something else lied. */
  delivered(transactions: readonly Delivered[]): void {
    for (const { key, type, size } of transactions) {
      const tracked = this.#announcements.get(key)
      if (tracked === undefined) continue
      const origins = [...tracked.origins]
      this.#announcements.forget(tracked)
      this.#waiting.delete(tracked)
      for (const [peer, told] of origins) {
        if (told.type !== type) this.#options.onFault(peer, `announced type ${told.type} of ${key}, which has ${type}`)
        else if (size !== undefined && Math.abs(told.size - size) > TX_SIZE_TOLERANCE) {
          this.#options.onFault(peer, `announced ${told.size} bytes of ${key}, which has ${size}`)
        }
      }
    }
  }

  /** Nothing is asked for any more. */
  stop(): void {
    const peers = [...this.#peers]
    this.#peers.clear()
    for (const peer of peers) this.removePeer(peer)
    this.#waitTimer?.cancel()
    this.#timeoutTimer?.cancel()
  }

  /** Asks those who may be asked for what is queued, in the order in which they announced it. */
  #schedule(peers: Iterable<string>): void {
    for (const peer of [...peers]) {
      if (this.#requests.has(peer) || !this.#peers.has(peer)) continue
      const wanted: Tracked[] = []
      let bytes = 0
      for (const tracked of this.#announcements.of(peer).values()) {
        if (tracked.stage !== 'queued') continue
        wanted.push(tracked)
        bytes += tracked.origins.get(peer)!.size
        if (wanted.length >= MAX_TX_RETRIEVALS || bytes >= MAX_TX_RETRIEVAL_BYTES) break
      }
      if (wanted.length > 0) void this.#fetch(peer, wanted)
    }
    this.#setTimeoutTimer()
  }

  async #fetch(peer: string, wanted: readonly Tracked[]): Promise<void> {
    const { ask, take, clock } = this.#options
    const request: Request = { keys: wanted.map(({ key }) => key), since: clock.now(), isLate: false }
    for (const tracked of wanted) {
      tracked.stage = 'fetching'
      tracked.from = peer
    }
    this.#requests.set(peer, request)
    this.#peers.delete(peer)
    this.#peers.add(peer)
    let delivered: readonly Delivered[] = []
    try {
      const transactions = await ask(
        peer,
        wanted.map(({ hash }) => hash),
      )
      delivered = await take(peer, transactions, new Set(request.keys))
    } catch {
      // It did not answer, or ends by what it answered: then it delivered nothing.
    }
    this.delivered(delivered)
    if (this.#requests.get(peer) === request) this.#finish(peer, request, delivered)
  }

  /** What is missing in an answer is asked for again; of this peer only what follows the last one that came. */
  #finish(peer: string, { keys }: Request, delivered: readonly Delivered[]): void {
    this.#requests.delete(peer)
    const came = new Set(delivered.map(({ key }) => key))
    const last = keys.findLastIndex((key) => came.has(key))
    const cutoff = last === -1 ? keys.length : last
    for (const [i, key] of keys.entries()) {
      const tracked = this.#announcements.get(key)
      if (tracked?.from !== peer) continue
      requeue(tracked)
      if (i < cutoff) this.#removeOrigin(tracked, peer)
    }
    this.#schedule(this.#peers)
  }

  #onWait(): void {
    const now = this.#options.clock.now()
    const active = new Set<string>()
    for (const tracked of this.#waiting) {
      if (now - tracked.since + TX_GATHER_SLACK_MS <= TX_ARRIVE_TIMEOUT_MS) break
      this.#waiting.delete(tracked)
      tracked.stage = 'queued'
      for (const peer of tracked.origins.keys()) active.add(peer)
    }
    this.#setWaitTimer()
    this.#schedule([...this.#peers].filter((peer) => active.has(peer)))
  }

  #onTimeout(): void {
    const now = this.#options.clock.now()
    for (const [peer, request] of this.#requests) {
      if (request.isLate || now - request.since + TX_GATHER_SLACK_MS <= TX_FETCH_TIMEOUT_MS) continue
      request.isLate = true
      for (const key of request.keys) {
        const tracked = this.#announcements.get(key)
        if (tracked?.from !== peer) continue
        requeue(tracked)
        this.#removeOrigin(tracked, peer)
      }
    }
    this.#schedule(this.#peers)
  }

  #removeOrigin(tracked: Tracked, peer: string): void {
    this.#announcements.removeOrigin(tracked, peer)
    if (tracked.origins.size === 0) this.#waiting.delete(tracked)
  }

  #setWaitTimer(): void {
    const [first] = this.#waiting
    this.#waitTimer = this.#setTimer(this.#waitTimer, first, TX_ARRIVE_TIMEOUT_MS, () => this.#onWait())
  }

  #setTimeoutTimer(): void {
    const first = [...this.#requests.values()].find(({ isLate }) => !isLate)
    this.#timeoutTimer = this.#setTimer(this.#timeoutTimer, first, TX_FETCH_TIMEOUT_MS, () => this.#onTimeout())
  }

  #setTimer(
    before: Timer | undefined,
    first: { readonly since: number } | undefined,
    ms: number,
    run: () => void,
  ): Timer | undefined {
    before?.cancel()
    if (first === undefined) return undefined
    const { clock } = this.#options
    return clock.setTimeout(run, first.since + ms - clock.now())
  }
}

/** To be asked of somebody else, or of nobody. */
function requeue(tracked: Tracked): void {
  tracked.stage = 'queued'
  tracked.from = undefined
}
