import { abortError } from '../errors.js'
import { type Deferred, deferred } from '../platform/wait.js'
import type { Msg, WaitOptions } from './protocol.js'

/** What a queued message costs besides its payload, so that empty ones are not free. Ours: about an object and a view. */
const MESSAGE_OVERHEAD_BYTES = 128

/** Messages read that still hold their place in the array: so many, and it is cut. Keeps reading at constant cost. */
const COMPACT_AFTER = 256

/**
 * One protocol's messages that arrived and were not read yet. It counts its bytes; what happens above the budget is the
 * peer's to decide, because that depends on the channel.
 */
export class Inbox {
  #messages: Msg[] = []
  #next = 0
  #bytes = 0
  #readers: Deferred<Msg>[] = []
  #end: Error | undefined
  readonly #budget: number
  readonly #onRoom: () => void

  /** `onRoom` is called when reading brings the queue from above the budget to below it. */
  constructor(budget: number, onRoom: () => void) {
    this.#budget = budget
    this.#onRoom = onRoom
  }

  /** Whether more is queued than the budget allows. A single message of any size is not. */
  get full(): boolean {
    return this.#bytes > this.#budget && this.#messages.length - this.#next > 1
  }

  push(message: Msg): void {
    const reader = this.#readers.shift()
    if (reader !== undefined) {
      reader.resolve(message)
      return
    }
    this.#messages.push(message)
    this.#bytes += message.payload.length + MESSAGE_OVERHEAD_BYTES
  }

  /** Messages already here can still be read; then reads fail with `error`. */
  end(error: Error): void {
    if (this.#end !== undefined) return
    this.#end = error
    for (const reader of this.#readers.splice(0)) reader.reject(error)
  }

  read({ signal }: WaitOptions = {}): Promise<Msg> {
    if (signal?.aborted) return Promise.reject(abortError(signal))
    const message = this.#take()
    if (message !== undefined) return Promise.resolve(message)
    if (this.#end !== undefined) return Promise.reject(this.#end)
    return this.#arrival(signal)
  }

  async *[Symbol.asyncIterator](): AsyncIterator<Msg, undefined> {
    while (true) {
      const message = this.#take()
      if (message !== undefined) yield message
      else if (this.#end !== undefined) return undefined
      else {
        try {
          yield await this.#arrival()
        } catch (error) {
          if (error !== this.#end) throw error
        }
      }
    }
  }

  #arrival(signal?: AbortSignal): Promise<Msg> {
    const reader = deferred<Msg>()
    this.#readers.push(reader)
    if (signal === undefined) return reader.promise
    // The reader leaves the line in the same step, so that an aborted read never swallows a message.
    const onAbort = () => {
      this.#readers = this.#readers.filter((other) => other !== reader)
      reader.reject(abortError(signal))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    return reader.promise.finally(() => signal.removeEventListener('abort', onAbort))
  }

  #take(): Msg | undefined {
    if (this.#next === this.#messages.length) return undefined
    const wasFull = this.full
    const message = this.#messages[this.#next]
    this.#next++
    if (this.#next === this.#messages.length || this.#next === COMPACT_AFTER) {
      this.#messages = this.#messages.slice(this.#next)
      this.#next = 0
    }
    this.#bytes -= message.payload.length + MESSAGE_OVERHEAD_BYTES
    if (wasFull && !this.full) this.#onRoom()
    return message
  }
}
