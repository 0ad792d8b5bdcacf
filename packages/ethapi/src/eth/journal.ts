// What happened lately, for any number of readers.

/** Things in their order, each at a place that is counted from 0. Bounded: the oldest are forgotten first. */
export class Journal<T> {
  readonly #max: number
  readonly #items: T[] = []
  /** Place of the oldest that is kept. */
  #start = 0

  /** @param max things that are kept, at least 1 */
  constructor(max: number) {
    this.#max = max
  }

  /** The place of what comes next. */
  get end(): number {
    return this.#start + this.#items.length
  }

  append(items: readonly T[]): void {
    for (const item of items) this.#items.push(item)
    this.forget(this.end - this.#max)
  }

  /** All from a place on; undefined where some of it is forgotten. */
  from(place: number): readonly T[] | undefined {
    return place < this.#start ? undefined : this.#items.slice(place - this.#start)
  }

  /** Forgets what is before a place. */
  forget(place: number): void {
    if (place <= this.#start) return
    this.#items.splice(0, place - this.#start)
    this.#start = place
  }
}
