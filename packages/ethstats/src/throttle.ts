import type { Clock, Timer } from '@ethspan/core'

/** Calls back at once, and again after a pause where more came within it. The last one is never lost. */
export class Throttle {
  readonly #clock: Clock
  readonly #pause: number
  readonly #callback: () => void
  #timer: Timer | undefined
  #isDue = false

  /** @param pause milliseconds between two calls */
  constructor(clock: Clock, pause: number, callback: () => void) {
    this.#clock = clock
    this.#pause = pause
    this.#callback = callback
  }

  hit(): void {
    if (this.#timer !== undefined) {
      this.#isDue = true
      return
    }
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined
      if (!this.#isDue) return
      this.#isDue = false
      this.hit()
    }, this.#pause)
    this.#callback()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#isDue = false
  }
}
