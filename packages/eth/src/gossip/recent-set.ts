/** Keys, of which the oldest are forgotten when there are too many. */
export class RecentSet {
  readonly #max: number
  /** With the time until which each counts. */
  readonly #keys = new Map<string, number>()

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#keys.size
  }

  /** @param until by the caller's clock; default: for ever */
  add(key: string, until = Number.POSITIVE_INFINITY): void {
    this.#keys.delete(key)
    this.#keys.set(key, until)
    if (this.#keys.size <= this.#max) return
    for (const oldest of this.#keys.keys()) {
      this.#keys.delete(oldest)
      return
    }
  }

  has(key: string, now = 0): boolean {
    const until = this.#keys.get(key)
    if (until === undefined) return false
    if (until > now) return true
    this.#keys.delete(key)
    return false
  }
}
