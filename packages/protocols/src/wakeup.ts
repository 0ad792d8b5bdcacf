/** Lets one waiting loop know that there is work. A call that comes while nobody waits is remembered. */
export class Wakeup {
  #due = false
  #resolve: (() => void) | undefined

  notify(): void {
    this.#due = true
    this.#resolve?.()
  }

  /** Resolves after the next `notify`, at once if there was one since the last wait, and when the signal fires. */
  async wait(signal: AbortSignal): Promise<void> {
    if (!this.#due && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = () => {
          signal.removeEventListener('abort', done)
          this.#resolve = undefined
          resolve()
        }
        this.#resolve = done
        signal.addEventListener('abort', done)
      })
    }
    this.#due = false
  }
}
