import type { Clock } from './clock.js'

/** How fast something may go: `capacity` at once, `refillPerSecond` on average. */
export interface Rate {
  readonly capacity: number
  readonly refillPerSecond: number
}

/** A token bucket: starts full, refills evenly with the clock it is given. */
export class TokenBucket {
  readonly #rate: Rate
  readonly #clock: Pick<Clock, 'now'>
  #tokens: number
  #filledAt: number

  constructor(rate: Rate, clock: Pick<Clock, 'now'>) {
    this.#rate = rate
    this.#clock = clock
    this.#tokens = rate.capacity
    this.#filledAt = clock.now()
  }

  /** Takes so many tokens; false, and none is taken, where there are fewer. */
  tryTake(tokens = 1): boolean {
    if (this.left < tokens) return false
    this.#tokens -= tokens
    return true
  }

  /** Takes so many tokens, also those that are not there: until they are refilled, there is a debt. */
  owe(tokens: number): void {
    this.#tokens = this.left - tokens
  }

  /** Milliseconds until so many tokens are there; 0 where they are. */
  wait(tokens = 1): number {
    const missing = tokens - this.left
    return missing <= 0 ? 0 : Math.ceil((missing / this.#rate.refillPerSecond) * 1000)
  }

  /** How many there are, fractions included; less than none in debt. */
  get left(): number {
    const now = this.#clock.now()
    const { capacity, refillPerSecond } = this.#rate
    this.#tokens = Math.min(capacity, this.#tokens + ((now - this.#filledAt) / 1000) * refillPerSecond)
    this.#filledAt = now
    return this.#tokens
  }
}
