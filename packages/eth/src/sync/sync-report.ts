// What a sync says of itself in the log.
import type { ChainReader, Header, SyncProgress } from '@ethspan/chain'
import { bytesToHex, type Clock, type Logger } from '@ethspan/core'
import { REPORT_MS } from '../limits.js'
import { isInvalidBlock } from './bad-blocks.js'
import type { Goal } from './targets.js'

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
  /** A head that is not followed was told since the last one that was reached: such ones are as many as a peer likes. */
  #isRefusalSaid = false
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

  /** A head is not followed; what was followed before is followed on. */
  refused(goal: Goal, error: Error): void {
    this.#failed(goal, error, !this.#isRefusalSaid && isInvalidBlock(error))
    if (isInvalidBlock(error)) this.#isRefusalSaid = true
  }

  /** What was followed is given up. */
  failed(goal: Goal, error: Error): void {
    this.#failed(goal, error, true)
  }

  #failed({ hash, target }: Goal, error: Error, isLoud: boolean): void {
    const { log } = this.#options
    const what = isInvalidBlock(error) ? 'the sync target breaks the rules of its chain' : 'a head is not followed'
    const say = isLoud ? log.warn : log.debug
    say.call(log, `${what}: ${error.message}`, { target: `0x${bytesToHex(hash)}`, source: target.source })
  }

  /** The target was reached. */
  synced({ number }: Header): void {
    const { clock, log } = this.#options
    this.#isRefusalSaid = false
    const { at, head } = this.#since ?? { at: clock.now(), head: number }
    const blocks = number - head
    // One after the other is what following a head is.
    const say = blocks > 1n ? log.info : log.debug
    say.call(log, 'synced', { number, blocks, ms: Math.round(clock.now() - at) })
    this.#since = undefined
    this.#waiting = undefined
  }
}
