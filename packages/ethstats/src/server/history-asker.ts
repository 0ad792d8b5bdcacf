import type { Clock } from '@ethspan/core'
import type { StatsBoard } from './board.js'
import { HISTORY_PAUSE, HISTORY_REQUEST, HISTORY_TIMEOUT } from './limits.js'
import type { ReporterConnection } from './reporter-connection.js'

/** Fetches the blocks that the charts lack: a few at a time, from one node after the other. */
export class HistoryAsker {
  readonly #board: StatsBoard
  readonly #clock: Pick<Clock, 'now'>
  /** Whom we wait for, and until when by the clock. */
  #asked: { readonly connection: ReporterConnection; readonly until: number } | undefined
  /** Whom not to ask before this time: they had nothing new, or said nothing. */
  readonly #pausing = new WeakMap<ReporterConnection, number>()

  constructor(board: StatsBoard, clock: Pick<Clock, 'now'>) {
    this.#board = board
    this.#clock = clock
  }

  /** Asks, where something is missing and nobody is asked yet. */
  ask(connections: Iterable<ReporterConnection>): void {
    const now = this.#clock.now()
    if (this.#asked !== undefined) {
      if (now < this.#asked.until) return
      this.#pausing.set(this.#asked.connection, now + HISTORY_PAUSE)
      this.#asked = undefined
    }
    const missing = this.#board.missing()
    if (missing.length === 0) return
    const connection = this.#nearest(connections, now)
    if (connection === undefined) return
    this.#asked = { connection, until: now + HISTORY_TIMEOUT }
    connection.askHistory(missing.slice(0, HISTORY_REQUEST).reverse())
  }

  /** An answer came. @param isNew whether it had a block that was missing */
  answered(connection: ReporterConnection, isNew: boolean): void {
    if (this.#asked?.connection !== connection) return
    this.#asked = undefined
    if (!isNew) this.#pausing.set(connection, this.#clock.now() + HISTORY_PAUSE)
  }

  gone(connection: ReporterConnection): void {
    if (this.#asked?.connection === connection) this.#asked = undefined
  }

  /** The one with the best block that answers fastest. */
  #nearest(connections: Iterable<ReporterConnection>, now: number): ReporterConnection | undefined {
    let nearest: ReporterConnection | undefined
    const latency = ({ node }: ReporterConnection) => node?.latency ?? Number.POSITIVE_INFINITY
    for (const connection of connections) {
      const { node } = connection
      if (node === undefined || !node.canUpdateHistory || !this.#board.followsBest(node)) continue
      if (!connection.hasRoom || (this.#pausing.get(connection) ?? 0) > now) continue
      if (nearest === undefined || latency(connection) < latency(nearest)) nearest = connection
    }
    return nearest
  }
}
