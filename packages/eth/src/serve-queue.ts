// A peer's requests are served one after the other, beside the reading of its messages: two peers that both write large answers
// would otherwise wait for each other to read.
import { type Deferred, deferred } from '@ethspan/core'

export class ServeQueue {
  readonly #max: number
  readonly #failed = deferred<never>()
  #last: Promise<void> = Promise.resolve()
  #waiting = 0
  #room: Deferred<void> | undefined
  #closed = false

  /** @param max jobs that may wait, the running one included */
  constructor(max: number) {
    this.#max = max
    // Whoever runs the peer waits for it; a job that fails after that has nobody left to tell.
    this.#failed.promise.catch(() => undefined)
  }

  /** Rejects when a job has failed. */
  get failed(): Promise<never> {
    return this.#failed.promise
  }

  /** Runs `job` after those before it. Resolves when there is room for another. */
  async add(job: () => Promise<void>): Promise<void> {
    this.#waiting++
    this.#last = this.#last.then(async () => {
      try {
        if (!this.#closed) await job()
      } catch (error) {
        this.#closed = true
        this.#failed.reject(error)
      }
      this.#waiting--
      this.#room?.resolve()
    })
    if (this.#waiting < this.#max) return
    this.#room = deferred()
    await this.#room.promise
  }

  /** What waits is dropped. */
  close(): void {
    this.#closed = true
  }
}
