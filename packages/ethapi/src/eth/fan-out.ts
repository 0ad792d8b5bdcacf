// One listener for any number of subscriptions: Node warns of a leak where an event has more than ten.

type Listener<E> = (event: E) => void

/** Listens while anybody follows. */
export class FanOut<E> {
  readonly #listen: (listener: Listener<E>, signal: AbortSignal) => void
  readonly #followers = new Set<Listener<E>>()
  #listening: AbortController | undefined

  /** @param listen begins to listen, until the signal fires */
  constructor(listen: (listener: Listener<E>, signal: AbortSignal) => void) {
    this.#listen = listen
  }

  /** Tells `follower` of each event until the signal fires. What `listen` throws is thrown. */
  follow(follower: Listener<E>, signal: AbortSignal): void {
    if (this.#listening === undefined) {
      const abort = new AbortController()
      this.#listen((event) => {
        for (const tell of [...this.#followers]) tell(event)
      }, abort.signal)
      this.#listening = abort
    }
    this.#followers.add(follower)
    signal.addEventListener('abort', () => this.#leave(follower), { once: true })
  }

  #leave(follower: Listener<E>): void {
    this.#followers.delete(follower)
    if (this.#followers.size > 0) return
    this.#listening?.abort()
    this.#listening = undefined
  }
}
