// The EVM runs as long as its gas lasts, without a pause of its own. Here it gets pauses, and an end.
import { abortError, type Clock, EthspanError, nextTurn } from '@ethspan/core'
import { YIELD_MS } from '../limits.js'

/** Instructions between two looks at the clock: a look costs about as much as one of them. */
const LOOK_EVERY = 64

export interface TurnsOptions {
  readonly clock: Clock
  /** Milliseconds from now; default: as long as it takes. */
  readonly timeout?: number
  readonly signal?: AbortSignal
}

/** The turns of one run of the EVM among all that shares its thread. */
export class Turns {
  readonly #clock: Clock
  readonly #signal: AbortSignal | undefined
  readonly #timeout: number
  readonly #start: number
  #since: number
  #looked = 0

  constructor({ clock, timeout = Number.POSITIVE_INFINITY, signal }: TurnsOptions) {
    this.#clock = clock
    this.#signal = signal
    this.#timeout = timeout
    this.#start = clock.now()
    this.#since = this.#start
  }

  /** @throws {EthspanError} ERR_TIMEOUT, with geth's text; ERR_ABORTED */
  check(): void {
    if (this.#signal?.aborted) throw abortError(this.#signal)
    if (this.#clock.now() - this.#start < this.#timeout) return
    throw new EthspanError('ERR_TIMEOUT', `execution aborted (timeout = ${this.#timeout / 1000}s)`)
  }

  /** To be awaited now and then: lets others run when the turn is over. @throws as `check` */
  async pause(): Promise<void> {
    if (this.#looked++ % LOOK_EVERY === 0) await this.rest()
  }

  /** As `pause`, and looks at the clock each time: between pieces that take long. @throws as `check` */
  async rest(): Promise<void> {
    this.check()
    if (this.#clock.now() - this.#since < YIELD_MS) return
    await nextTurn()
    this.#since = this.#clock.now()
  }
}
