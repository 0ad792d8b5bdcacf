// Long work in slices: whoever shares the thread has a turn in between.
import type { Clock } from '@ethspan/core'
import { TURN_MS } from './limits.js'

/** Lets other work of this thread go first. A message and no timer: those of a hidden tab are late by up to a minute. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}

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
