import type { Clock } from '@ethspan/core'

/** How fast something may go: `capacity` at once, `perSecond` for ever. */
export interface Rate {
  readonly capacity: number
  readonly perSecond: number
}

/** A token bucket: starts full, refills evenly with the clock it is given. */
export class TokenBucket {
  readonly #rate: Rate
  readonly #clock: Clock
  #tokens: number
  #updated: number

  constructor(rate: Rate, clock: Clock) {
    this.#rate = rate
    this.#clock = clock
    this.#tokens = rate.capacity
    this.#updated = clock.now()
  }

  /** Takes `count` tokens if they are there. */
  tryTake(count = 1): boolean {
    this.#refill()
    if (this.#tokens < count) return false
    this.#tokens -= count
    return true
  }

  /** Milliseconds until `count` tokens are there; 0 when they are. */
  wait(count = 1): number {
    this.#refill()
    return Math.max(0, Math.ceil(((count - this.#tokens) / this.#rate.perSecond) * 1000))
  }

  /**
   * Takes `count` tokens as soon as the bucket is not in debt, and goes into debt for what is missing, so that one large
   * taker waits no longer than many small ones. False when the signal fired first; nothing is taken then.
   */
  async take(count: number, signal: AbortSignal): Promise<boolean> {
    for (let ms = this.wait(0); ms > 0 && !signal.aborted; ms = this.wait(0)) await pause(this.#clock, ms, signal)
    if (signal.aborted) return false
    this.#tokens -= count
    return true
  }

  #refill(): void {
    const now = this.#clock.now()
    this.#tokens = Math.min(this.#rate.capacity, this.#tokens + ((now - this.#updated) / 1000) * this.#rate.perSecond)
    this.#updated = now
  }
}

/** Resolves after `ms` milliseconds, or as soon as the signal fires. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      timer.cancel()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}
