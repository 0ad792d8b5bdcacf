import type { Clock } from '@ethspan/core'
import { changeBetween, type FeedMessage, type StatsSnapshot } from '../feed.js'
import { FEED_KEEPALIVE, type StatsLimits } from './limits.js'
import { CloseCode, type ServerSocket } from './server-socket.js'

/** A page that watches. */
interface Watcher {
  readonly socket: ServerSocket
  /** By the clock: since when changes are kept from it, because it reads too slowly. */
  stalledAt: number | undefined
}

/**
 * Tells pages all there is when they come, and changes from then on, each made once for all of them. One that does not keep up
 * is told nothing until it has read what it was sent, then all there is; so what waits for it is bounded.
 */
export class PageFeed {
  readonly #clock: Pick<Clock, 'now'>
  readonly #limits: Pick<StatsLimits, 'pageBacklog' | 'pageStall'>
  readonly #watchers = new Map<ServerSocket, Watcher>()
  /** What the pages know. */
  #last: StatsSnapshot
  #toldAt = 0

  constructor(clock: Pick<Clock, 'now'>, limits: Pick<StatsLimits, 'pageBacklog' | 'pageStall'>, first: StatsSnapshot) {
    this.#clock = clock
    this.#limits = limits
    this.#last = first
  }

  get size(): number {
    return this.#watchers.size
  }

  add(socket: ServerSocket, snapshot: StatsSnapshot): void {
    // First those that are here: the newcomer begins with what all know then.
    this.flush(snapshot)
    this.#watchers.set(socket, { socket, stalledAt: undefined })
    socket.send(this.#all())
  }

  remove(socket: ServerSocket): void {
    this.#watchers.delete(socket)
  }

  /** Tells what changed. */
  flush(snapshot: StatsSnapshot): void {
    const change = changeBetween(this.#last, snapshot)
    this.#last = snapshot
    const now = this.#clock.now()
    const isNews = Object.keys(change).length > 1
    const isDue = isNews || now - this.#toldAt >= FEED_KEEPALIVE
    if (isDue) this.#toldAt = now
    if (this.#watchers.size === 0) return
    const text = isDue ? message({ type: 'change', ...change }) : undefined
    for (const watcher of this.#watchers.values()) this.#tell(watcher, text, now)
  }

  close(): void {
    for (const { socket } of this.#watchers.values()) socket.close(CloseCode.GoingAway, 'the server stops')
    this.#watchers.clear()
  }

  #tell(watcher: Watcher, change: string | undefined, now: number): void {
    const { socket, stalledAt } = watcher
    if (stalledAt === undefined) {
      if (change === undefined) return
      if (socket.bufferedAmount > this.#limits.pageBacklog) watcher.stalledAt = now
      else socket.send(change)
    } else if (socket.bufferedAmount === 0) {
      watcher.stalledAt = undefined
      socket.send(this.#all())
    } else if (now - stalledAt >= this.#limits.pageStall) {
      this.#watchers.delete(socket)
      socket.terminate()
    }
  }

  #all(): string {
    return message({ type: 'snapshot', ...this.#last })
  }
}

const message = (value: FeedMessage): string => JSON.stringify(value)
