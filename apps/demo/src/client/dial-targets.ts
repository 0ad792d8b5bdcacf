// The nodes that the person asked for by URL, and how far each is.
import type { DialTarget } from './client.js'

/** Asked for at once at most; each is dialed for ever. */
export const MAX_TARGETS = 16

export class DialTargets {
  readonly #targets = new Map<string, DialTarget & { connected: boolean }>()
  readonly #changed: () => void

  constructor(changed: () => void) {
    this.#changed = changed
  }

  /** Those that are not connected now. */
  list(): readonly DialTarget[] {
    return [...this.#targets.values()]
      .filter(({ connected }) => !connected)
      .map(({ connected: _, ...target }) => target)
  }

  get full(): boolean {
    return this.#targets.size >= MAX_TARGETS
  }

  has(id: string): boolean {
    return this.#targets.has(id)
  }

  add(id: string, url: string): void {
    this.#targets.set(id, { id, url, connected: false })
    this.#changed()
  }

  /** Forgets a node and returns its URL, undefined when it was not asked for. */
  remove(id: string): string | undefined {
    const target = this.#targets.get(id)
    if (target === undefined) return undefined
    this.#targets.delete(id)
    this.#changed()
    return target.url
  }

  dialing(id: string): void {
    this.#update(id, (url) => ({ id, url, connected: false }))
  }

  connected(id: string): void {
    this.#update(id, (url) => ({ id, url, connected: true }))
  }

  /** `retryIn`: milliseconds; `now`: milliseconds since 1970. */
  failed(id: string, why: string, retryIn: number, now: number): void {
    this.#update(id, (url) => ({ id, url, connected: false, why, retryAt: now + retryIn }))
  }

  #update(id: string, next: (url: string) => DialTarget & { connected: boolean }): void {
    const target = this.#targets.get(id)
    if (target === undefined) return
    this.#targets.set(id, next(target.url))
    this.#changed()
  }
}
