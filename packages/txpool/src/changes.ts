import type { Entry } from './entry.js'

/** What one piece of work changed, to be told at its end. */
export class Changes {
  readonly #added = new Map<string, Entry>()
  readonly #dropped = new Map<string, Entry>()

  /** Can be mined next from now on. */
  add(entry: Entry): void {
    this.#dropped.delete(entry.key)
    this.#added.set(entry.key, entry)
  }

  /** Is not in the pool any more. */
  drop(entry: Entry): void {
    this.#added.delete(entry.key)
    this.#dropped.set(entry.key, entry)
  }

  get added(): readonly Entry[] {
    return [...this.#added.values()]
  }

  get dropped(): readonly Entry[] {
    return [...this.#dropped.values()]
  }
}
