// Long work in pieces, so that whoever shares the thread gets to run.
import { nextTurn } from '@ethspan/core'
import { TURN_BYTES } from '../limits.js'

/** Counts what was hashed and says when it is time to let others run. */
export class Turn {
  #left = TURN_BYTES

  /** Whether the turn is over. `bytes`: how much was hashed, or what took as long. */
  spend(bytes: number): boolean {
    this.#left -= bytes
    return this.#left <= 0
  }

  /** Begins the next turn after all that waits by now. */
  next(): Promise<void> {
    this.#left = TURN_BYTES
    return nextTurn()
  }
}

/**
 * The one that all work here shares, unless it is told another: many small works one after the other must let others run as
 * well as a large one. It is about the thread, and a thread is what a module has one of.
 */
export const sharedTurn: Turn = new Turn()
