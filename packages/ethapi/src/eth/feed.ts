// One journal that all filters of a kind read, each at its own pace: what they hold does not grow with their number.
import { Journal } from './journal.js'

/** How far one filter has read. */
export interface FeedReader<T> {
  /** What came since; undefined where some of it is forgotten. */
  unread(): readonly T[] | undefined
  /** Goes on behind the first so many of what is unread. */
  advance(count: number): void
  /** Idempotent. */
  close(): void
}

/** Gives `append` whatever comes, until the signal fires. */
export type Listen<T> = (append: (items: readonly T[]) => void, signal: AbortSignal) => void

/** Listens only while somebody reads, and keeps nothing that all have read. */
export class Feed<T> {
  readonly #listenTo: Listen<T>
  readonly #journal: Journal<T>
  /** The place up to which each has read. */
  readonly #places = new Map<FeedReader<T>, number>()
  #listening: AbortController | undefined

  /** @param max things that are kept for those who have not read them */
  constructor(max: number, listen: Listen<T>) {
    this.#journal = new Journal(max)
    this.#listenTo = listen
  }

  /** A reader of what comes from now on. What `listen` throws is thrown. */
  open(): FeedReader<T> {
    this.#listening ??= this.#listen()
    const reader: FeedReader<T> = {
      unread: () => {
        const place = this.#places.get(reader)
        return place === undefined ? undefined : this.#journal.from(place)
      },
      advance: (count) => {
        const place = this.#places.get(reader)
        if (place === undefined) return
        this.#places.set(reader, place + count)
        this.#forgetRead()
      },
      close: () => {
        this.#places.delete(reader)
        if (this.#places.size > 0) return this.#forgetRead()
        this.#listening?.abort()
        this.#listening = undefined
        this.#journal.forget(this.#journal.end)
      },
    }
    this.#places.set(reader, this.#journal.end)
    return reader
  }

  #listen(): AbortController {
    const abort = new AbortController()
    this.#listenTo((items) => {
      if (!abort.signal.aborted) this.#journal.append(items)
    }, abort.signal)
    return abort
  }

  #forgetRead(): void {
    let first = this.#journal.end
    for (const place of this.#places.values()) if (place < first) first = place
    this.#journal.forget(first)
  }
}
