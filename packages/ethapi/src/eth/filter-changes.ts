// What came since a filter was asked last.
import { Serial } from '@ethspan/core'
import type { Hex, Json } from '../format/hex.js'
import type { LogFilter } from '../params/log-filter.js'
import type { Backend } from './backend.js'
import type { FeedReader } from './feed.js'
import type { KeptFilter } from './filters.js'

/** A hash, or an object: a log has its data. */
export type Told = Hex | (Json & { readonly data?: Hex })

/** What is told of one thing that happened. */
export type Tell<T> = (item: T) => readonly Told[] | Promise<readonly Told[]>

export class FilterChanges<T> implements KeptFilter {
  readonly logs: LogFilter | undefined
  readonly #backend: Pick<Backend, 'limits' | 'clock'>
  readonly #reader: FeedReader<T>
  readonly #tell: Tell<T>
  /** Who asks twice at once is told nothing twice. */
  readonly #serial = new Serial()

  /** @param logs what it searches by, where it is one of logs */
  constructor(backend: Pick<Backend, 'limits' | 'clock'>, reader: FeedReader<T>, tell: Tell<T>, logs?: LogFilter) {
    this.#backend = backend
    this.#reader = reader
    this.#tell = tell
    this.logs = logs
  }

  changes(signal: AbortSignal): Promise<readonly unknown[] | undefined> {
    return this.#serial.run(() => this.#read(signal))
  }

  close(): void {
    this.#reader.close()
  }

  /** One answer has as much, and takes as long, as one of `eth_getLogs`; the rest is for the next one. */
  async #read(signal: AbortSignal): Promise<readonly unknown[] | undefined> {
    const { limits, clock } = this.#backend
    const unread = this.#reader.unread()
    if (unread === undefined) return undefined
    const end = clock.now() + limits.logTime
    const told: Told[] = []
    let data = 0
    let read = 0
    for (const item of unread) {
      if (told.length >= limits.logs || data >= limits.logData || clock.now() > end) break
      for (const it of await this.#tell(item)) {
        told.push(it)
        if (typeof it !== 'string') data += it.data?.length ?? 0
      }
      // Whoever is gone was told nothing, and has it all before them.
      signal.throwIfAborted()
      read++
    }
    this.#reader.advance(read)
    return told
  }
}
