import { abortError } from '../errors.js'
import { type Deferred, deferred } from '../platform/wait.js'
import type { Msg, WaitOptions } from './protocol.js'

/** What a queued message costs besides its payload, so that empty ones are not free. Ours: about an object and a view. */
const MESSAGE_OVERHEAD_BYTES = 128

/** Places of messages read: at least so many, and half of all, and they are cut off. Keeps the cost of each read constant. */
const COMPACT_AFTER = 256

const DONE = { done: true, value: undefined } as const

/**
 * One protocol's messages that arrived and were not read yet. It counts its bytes; what happens above the budget is the
 * peer's to decide, because that depends on the channel.
 */
export class Inbox {
  /** Those read before `#next` have left their places empty. */
  #messages: (Msg | undefined)[] = []
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

  read(options?: WaitOptions): Promise<Msg> {
    const signal = options?.signal
    if (signal?.aborted) return Promise.reject(abortError(signal))
    const message = this.#take()
    if (message !== undefined) return Promise.resolve(message)
    if (this.#end !== undefined) return Promise.reject(this.#end)
    return this.#arrival(signal)
  }

  // By hand: a generator takes three turns of the microtask queue for each message where this takes one.
  [Symbol.asyncIterator](): AsyncIterator<Msg, undefined> {
    return { next: () => this.#nextResult() }
  }

  #nextResult(): Promise<IteratorResult<Msg, undefined>> {
    const message = this.#take()
    if (message !== undefined) return Promise.resolve({ done: false, value: message })
    if (this.#end !== undefined) return Promise.resolve(DONE)
    // Without a signal it fails for one reason only: the end.
    return this.#arrival().then(
      (value) => ({ done: false, value }),
      () => DONE,
    )
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
    const message = this.#messages[this.#next]
    if (message === undefined) return undefined
    const wasFull = this.full
    this.#messages[this.#next++] = undefined
    if (this.#next === this.#messages.length) {
      this.#messages = []
      this.#next = 0
    } else if (this.#next >= COMPACT_AFTER && this.#next * 2 >= this.#messages.length) {
      this.#messages = this.#messages.slice(this.#next)
      this.#next = 0
    }
    this.#bytes -= message.payload.length + MESSAGE_OVERHEAD_BYTES
    if (wasFull && !this.full) this.#onRoom()
    return message
  }
}
