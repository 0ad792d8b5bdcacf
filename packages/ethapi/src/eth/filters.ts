// Filters that the node keeps for callers who ask again and again. Geth: `FilterAPI` of its package eth/filters.
import { type Clock, systemRandomBytes } from '@ethspan/core'
import { failed, limitExceeded } from '../errors.js'
import { bytesToBigInt, quantity } from '../format/hex.js'
import { FILTER_TIMEOUT_MS, MAX_FILTER_VALUES, MAX_FILTERS } from '../limits.js'
import { countValues, type LogFilter } from '../params/log-filter.js'

/** Length of a filter's id. Geth: `encodeID`. */
const ID_BYTES = 16

/** What a filter gives. */
export interface KeptFilter {
  /** What it searches by, where it is one of logs. */
  readonly logs?: LogFilter
  /** What came since it was asked last; undefined where some of that is forgotten. */
  changes(signal: AbortSignal): Promise<readonly unknown[] | undefined>
  /** Gives back what it holds. */
  close(): void
}

interface Standing {
  readonly filter: KeptFilter
  /** By the clock. */
  readonly expires: number
}

/**
 * Bounded in number and in what they search by. There are no timers: who is asked for no more goes when anything happens,
 * and until then nothing is held for it.
 */
export class Filters {
  readonly #clock: Pick<Clock, 'now'>
  /** By id, in the order in which they expire. */
  readonly #standing = new Map<string, Standing>()
  /** Addresses and topics of all. */
  #values = 0

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /**
   * Keeps the filter that `make` makes, where there is room for it.
   * @returns its id
   * @throws {RpcError} -32005; whatever `make` throws
   */
  add(make: () => KeptFilter, logs?: LogFilter): string {
    this.sweep()
    if (this.#standing.size >= MAX_FILTERS) throw limitExceeded(`too many filters, want at most ${MAX_FILTERS}`)
    if (this.#values + valuesOf(logs) > MAX_FILTER_VALUES) {
      throw limitExceeded(`too many addresses and topics in all filters, want at most ${MAX_FILTER_VALUES}`)
    }
    const filter = make()
    const id = quantity(bytesToBigInt(systemRandomBytes(ID_BYTES)))
    this.#standing.set(id, { filter, expires: this.#clock.now() + FILTER_TIMEOUT_MS })
    this.#values += valuesOf(filter.logs)
    return id
  }

  /** What came since the last time. The filter then has its time again. @throws {RpcError} -32000 where there is no such filter */
  async changes(id: string, signal: AbortSignal): Promise<readonly unknown[]> {
    const filter = this.#find(id)
    this.#standing.delete(id)
    this.#standing.set(id, { filter, expires: this.#clock.now() + FILTER_TIMEOUT_MS })
    const changes = await filter.changes(signal)
    if (changes !== undefined) return changes
    // Whoever asks makes a new one, and so learns that it missed something.
    this.remove(id)
    throw notFound()
  }

  /** What a filter of logs searches by. @throws {RpcError} -32000 where there is no such filter */
  logs(id: string): LogFilter {
    const { logs } = this.#find(id)
    if (logs === undefined) throw notFound()
    return logs
  }

  /** False where there is no such filter. */
  remove(id: string): boolean {
    this.sweep()
    return this.#remove(id)
  }

  /** Removes those whose time is over. */
  sweep(): void {
    const now = this.#clock.now()
    for (const [id, { expires }] of this.#standing) {
      if (now < expires) return
      this.#remove(id)
    }
  }

  #find(id: string): KeptFilter {
    this.sweep()
    const standing = this.#standing.get(id)
    if (standing === undefined) throw notFound()
    return standing.filter
  }

  #remove(id: string): boolean {
    const standing = this.#standing.get(id)
    if (standing === undefined) return false
    this.#standing.delete(id)
    this.#values -= valuesOf(standing.filter.logs)
    standing.filter.close()
    return true
  }
}

const notFound = () => failed('filter not found')

const valuesOf = (logs: LogFilter | undefined): number => (logs === undefined ? 0 : countValues(logs))
