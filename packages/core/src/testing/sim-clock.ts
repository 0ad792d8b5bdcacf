import type { Clock, Timer } from '../platform/clock.js'
import { settle } from './settle.js'

interface SimTimer extends Timer {
  readonly due: number
  readonly order: number
  readonly callback: () => void
}

/** A clock that stands still until a test moves it. */
export class SimClock implements Clock {
  #now: number
  readonly #wallStart: number
  #created = 0
  readonly #timers = new Set<SimTimer>()

  /** `start` is the first `now()`; `wallStart` what `wallTime()` says at that moment (default 2024-01-01). Milliseconds. */
  constructor(start = 0, wallStart = Date.UTC(2024, 0, 1)) {
    this.#now = start
    this.#wallStart = wallStart - start
  }

  now(): number {
    return this.#now
  }

  wallTime(): number {
    return this.#wallStart + this.#now
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const timer: SimTimer = {
      due: this.#now + Math.max(0, ms),
      order: this.#created++,
      callback,
      cancel: () => this.#timers.delete(timer),
    }
    this.#timers.add(timer)
    return timer
  }

  /** Timers that are neither run nor cancelled: 0 when nothing was leaked. */
  get pendingTimers(): number {
    return this.#timers.size
  }

  /** Milliseconds until the next timer, undefined when there is none. */
  get untilNextTimer(): number | undefined {
    const next = this.#next()
    return next === undefined ? undefined : next.due - this.#now
  }

  /**
   * Moves the time on by `ms` milliseconds. Timers run in the order they are due, those of one moment in the order they
   * were set, and after each one everything it set off through promises and microtasks is let finish.
   */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms
    await settle()
    for (let timer = this.#next(); timer !== undefined && timer.due <= target; timer = this.#next()) {
      this.#now = Math.max(this.#now, timer.due)
      this.#timers.delete(timer)
      timer.callback()
      await settle()
    }
    this.#now = Math.max(this.#now, target)
    await settle()
  }

  /** Moves the time on without running a timer, as when a machine sleeps; those that are due run at the next `advance`. */
  jump(ms: number): void {
    this.#now += ms
  }

  #next(): SimTimer | undefined {
    let next: SimTimer | undefined
    for (const timer of this.#timers) {
      if (next === undefined || timer.due < next.due || (timer.due === next.due && timer.order < next.order))
        next = timer
    }
    return next
  }
}
