// Long work in slices: whoever shares the thread has a turn in between.
import { type Clock, nextTurn } from '@ethspan/core'
import { TURN_MS } from './limits.js'

/** The slices of one piece of work. */
export class Turns {
  readonly #clock: Clock
  #since: number

  constructor(clock: Clock) {
    this.#clock = clock
    this.#since = clock.now()
  }

  /** To be awaited now and then: returns at once until a slice is used up. */
  async pause(): Promise<void> {
    if (this.#clock.now() - this.#since < TURN_MS) return
    await nextTurn()
    this.#since = this.#clock.now()
  }
}
