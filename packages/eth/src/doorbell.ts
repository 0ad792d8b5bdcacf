// How a loop that waits for several things is woken.
import type { Clock, Timer } from '@ethspan/core'

/** Wakes the one loop that waits. A ring while nobody waits is kept, and several count as one. */
export class Doorbell {
  readonly #clock: Clock
  #rung = false
  #open: (() => void) | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  ring(): void {
    this.#rung = true
    this.#open?.()
  }

  /** Resolves after a ring, after `ms` milliseconds where they are given, or as soon as the signal fires. */
  async wait(signal: AbortSignal, ms?: number): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      let timer: Timer | undefined
      await new Promise<void>((resolve) => {
        this.#open = resolve
        signal.addEventListener('abort', this.#onAbort)
        if (ms !== undefined) timer = this.#clock.setTimeout(resolve, ms)
      })
      timer?.cancel()
      signal.removeEventListener('abort', this.#onAbort)
      this.#open = undefined
    }
    this.#rung = false
  }

  readonly #onAbort = () => this.#open?.()
}
