import type { Clock } from '@ethspan/core'

/** So many at once, and so many a second for ever. */
export interface PaceRate {
  readonly capacity: number
  readonly perSecond: number
}

/** Says when the next one may pass. Full at first; a step takes one, and what was taken comes back with time. */
export class Pace {
  readonly #rate: PaceRate
  readonly #clock: Pick<Clock, 'now'>
  /** When all of it is back. */
  #fullAt: number

  constructor(rate: PaceRate, clock: Pick<Clock, 'now'>) {
    this.#rate = rate
    this.#clock = clock
    this.#fullAt = clock.now()
  }

  /** Milliseconds until one may pass, 0 for now. */
  get delay(): number {
    const { capacity, perSecond } = this.#rate
    const room = this.#fullAt - ((capacity - 1) * 1000) / perSecond
    return Math.max(0, Math.ceil(room - this.#clock.now()))
  }

  /** One passes. */
  step(): void {
    this.#fullAt = Math.max(this.#fullAt, this.#clock.now()) + 1000 / this.#rate.perSecond
  }
}
