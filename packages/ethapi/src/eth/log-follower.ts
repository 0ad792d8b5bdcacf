// Tells the logs of new blocks, and takes back those of blocks that a reorg removed.
import type { ChainHead, HeadEvent } from '@ethspan/chain'
import { MAX_LOG_BACKLOG } from '../limits.js'
import type { LogMatch } from '../params/log-filter.js'
import type { Backend } from './backend.js'
import { type LogStep, logSteps } from './head-steps.js'
import { LogMatcher } from './log-match.js'
import { logsOfBlock } from './log-search.js'

export interface FollowerInit {
  readonly match: LogMatch
  /** Whether the logs of this block are wanted at all. */
  readonly wants: (block: ChainHead) => boolean
  readonly notify: (log: unknown) => void
  /** Ends it. */
  readonly signal: AbortSignal
  /** Blocks that may wait. Default {@link MAX_LOG_BACKLOG}. */
  readonly backlog?: number
}

/** Works through blocks one after the other, as reading their logs takes time; what is to come is bounded. */
export class LogFollower {
  readonly #backend: Backend
  readonly #init: FollowerInit
  readonly #matcher: LogMatcher
  #steps: LogStep[] = []
  #isRunning = false

  constructor(backend: Backend, init: FollowerInit) {
    this.#backend = backend
    this.#init = init
    this.#matcher = new LogMatcher(init.match)
  }

  follow(event: HeadEvent): void {
    this.#steps.push(...logSteps(event).filter(({ block }) => this.#isWanted(block)))
    const { backlog = MAX_LOG_BACKLOG } = this.#init
    const excess = this.#steps.length - backlog
    if (excess > 0) {
      this.#backend.log.warn('a log subscription lags behind; blocks are left out', { blocks: excess })
      this.#steps = this.#steps.slice(excess)
    }
    if (!this.#isRunning) void this.#run()
  }

  #isWanted(block: ChainHead): boolean {
    return this.#init.wants(block) && this.#matcher.mayMatch(block.header.bloom)
  }

  async #run(): Promise<void> {
    const { notify, signal } = this.#init
    this.#isRunning = true
    for (let step = this.#steps.shift(); step !== undefined; step = this.#steps.shift()) {
      const { block, removed } = step
      try {
        const logs = await logsOfBlock(this.#backend, block, this.#matcher, removed)
        if (signal.aborted) break
        for (const log of logs) notify(log)
      } catch (error) {
        this.#backend.log.warn('the logs of a block could not be told', { number: block.number, error })
      }
    }
    this.#isRunning = false
  }
}
