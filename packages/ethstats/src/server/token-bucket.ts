import type { Clock } from '@ethspan/core'

/** Bursts up to `capacity`, `refillPerSecond` on average. */
export class TokenBucket {
  readonly #clock: Pick<Clock, 'now'>
  readonly #capacity: number
  readonly #perMs: number
  #tokens: number
  #filledAt: number

  constructor(rate: { readonly capacity: number; readonly refillPerSecond: number }, clock: Pick<Clock, 'now'>) {
    this.#clock = clock
    this.#capacity = rate.capacity
    this.#perMs = rate.refillPerSecond / 1000
    this.#tokens = rate.capacity
    this.#filledAt = clock.now()
  }

  /** Takes tokens; false, and none is taken, where there are fewer. */
  take(tokens: number): boolean {
    if (this.left < tokens) return false
    this.#tokens -= tokens
    return true
  }

  get left(): number {
    const now = this.#clock.now()
    this.#tokens = Math.min(this.#capacity, this.#tokens + (now - this.#filledAt) * this.#perMs)
    this.#filledAt = now
    return this.#tokens
  }
}
