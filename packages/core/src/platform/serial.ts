/** Runs jobs one after the other, in the order in which they come. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve()

  /** Settles as `job` does. */
  run<T>(job: () => T | Promise<T>): Promise<T> {
    const done = this.#last.then(job)
    this.#last = done.catch(() => undefined)
    return done
  }

  /** Resolves when all that was given until now is done. */
  async idle(): Promise<void> {
    await this.#last
  }
}
