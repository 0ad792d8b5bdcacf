/** Events in the order they came, each taken once. What came before anybody asked is kept, so no test can be too late. */
export class EventQueue<E> {
  readonly #kept: E[] = []
  readonly #waiting = new Set<(event: E) => boolean>()

  push(event: E): void {
    for (const offer of this.#waiting) if (offer(event)) return
    this.#kept.push(event)
  }

  /** How many events that match were not taken. */
  count(match: (event: E) => boolean): number {
    return this.#kept.filter(match).length
  }

  /**
   * Takes the oldest event that matches, waiting for it where it must.
   * @param what the event in words, for the error
   * @param within milliseconds
   */
  take<T extends E>(what: string, match: (event: E) => event is T, within?: number): Promise<T>
  take(what: string, match: (event: E) => boolean, within?: number): Promise<E>
  take(what: string, match: (event: E) => boolean, within = 10_000): Promise<E> {
    const at = this.#kept.findIndex(match)
    if (at >= 0) return Promise.resolve(this.#kept.splice(at, 1)[0])
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.#waiting.delete(offer)
        const seen = this.#kept.slice(-20).map(describeEvent).join('\n  ')
        reject(new Error(`${what} did not come within ${within} ms; what came instead:\n  ${seen || 'nothing'}`))
      }, within)
      const offer = (event: E) => {
        if (!match(event)) return false
        this.#waiting.delete(offer)
        clearTimeout(deadline)
        resolve(event)
        return true
      }
      this.#waiting.add(offer)
    })
  }
}

function describeEvent(event: unknown): string {
  if (!(event instanceof Event)) return JSON.stringify(event)
  const { error } = event as Event & { readonly error?: Error }
  return error === undefined ? event.type : `${event.type}: ${error}`
}
