// What a sync says of itself in the log.
import type { ChainReader, Header, SyncProgress } from '@ethspan/chain'
import type { Clock, Logger } from '@ethspan/core'
import { REPORT_MS } from '../limits.js'

export interface SyncReportOptions {
  readonly chain: Pick<ChainReader, 'head'>
  readonly clock: Pick<Clock, 'now'>
  readonly log: Logger
}

export class SyncReport {
  readonly #options: SyncReportOptions
  /** When this sync began; undefined while there is none. */
  #since: { readonly at: number; readonly head: bigint } | undefined
  #reportedAt = 0
  /** What it waits for, since when, and whether that was said. */
  #waiting: { readonly for: string; readonly since: number; isSaid: boolean } | undefined

  constructor(options: SyncReportOptions) {
    this.#options = options
  }

  /** How far it is, each time when something may have changed. */
  update(progress: SyncProgress | undefined): void {
    const { chain, clock, log } = this.#options
    const now = clock.now()
    if (progress === undefined) {
      this.#since = undefined
      this.#waiting = undefined
      return
    }
    if (this.#since === undefined) {
      this.#since = { at: now, head: chain.head().number }
      this.#reportedAt = now
    }
    const { waitingFor, stage, headers, currentBlock, highestBlock } = progress
    if (waitingFor !== this.#waiting?.for) {
      this.#waiting = waitingFor === undefined ? undefined : { for: waitingFor, since: now, isSaid: false }
    }
    if (this.#waiting !== undefined && !this.#waiting.isSaid && now - this.#waiting.since >= REPORT_MS) {
      this.#waiting.isSaid = true
      log.warn(`sync waits for ${this.#waiting.for}`)
    }
    if (now - this.#reportedAt < REPORT_MS) return
    this.#reportedAt = now
    if (this.#waiting === undefined)
      log.info('syncing', { stage, headers, current: currentBlock, highest: highestBlock })
  }

  /** The target was reached. */
  synced({ number }: Header): void {
    const { clock, log } = this.#options
    const { at, head } = this.#since ?? { at: clock.now(), head: number }
    const blocks = number - head
    // One after the other is what following a head is.
    const say = blocks > 1n ? log.info : log.debug
    say.call(log, 'synced', { number, blocks, ms: Math.round(clock.now() - at) })
    this.#since = undefined
    this.#waiting = undefined
  }
}
