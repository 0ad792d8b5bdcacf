// Questions to one peer: each has an id and a deadline, and its answer is found by the id.
import { abortError, type Clock, deferred, EthspanError, type Timer } from '@ethspan/core'
import { breach } from './handshake.js'
import { LATE_ANSWER_MS, MAX_ABANDONED_REQUESTS, MAX_PENDING_REQUESTS, REQUEST_TIMEOUT_MS } from './limits.js'
import { msgName } from './messages/codes.js'
import { readRequestId } from './messages/fields.js'

export interface RequestOptions {
  /** Milliseconds from the call to the answer. Default: that of the peer, {@link REQUEST_TIMEOUT_MS}. */
  readonly timeout?: number
  readonly signal?: AbortSignal
}

/** An answer that came after its request was given up. */
export interface LateAnswer {
  readonly requestId: bigint
  /** The answer's code and name. */
  readonly code: number
  readonly name: string
  /** Milliseconds since the request was given up. */
  readonly lateBy: number
}

interface Question<T> {
  /** The code of the answer. */
  readonly code: number
  send(requestId: bigint): Promise<void>
  /** Reads the answer. @throws {EthspanError} ERR_INVALID_RLP and ERR_MESSAGE_TOO_BIG, which end the peer. */
  read(payload: Uint8Array): T
}

interface Pending {
  readonly code: number
  /** Takes the answer; throws where it can't be read. */
  settle(payload: Uint8Array): void
  fail(error: Error): void
}

interface Abandoned {
  readonly code: number
  readonly at: number
}

export class Requests {
  readonly #clock: Clock
  readonly #timeout: number
  readonly #pending = new Map<bigint, Pending>()
  /** In the order in which they were given up. */
  readonly #abandoned = new Map<bigint, Abandoned>()
  #nextId = 1n
  #closed: Error | undefined

  constructor(clock: Clock, timeout = REQUEST_TIMEOUT_MS) {
    this.#clock = clock
    this.#timeout = timeout
  }

  /** Requests that wait for an answer. */
  get pending(): number {
    return this.#pending.size
  }

  /**
   * @throws {EthspanError} ERR_TIMEOUT, ERR_ABORTED; ERR_STATE where the peer owes too many answers already; what made the answer
   * unreadable, or what ended the peer.
   */
  async ask<T>(question: Question<T>, { timeout = this.#timeout, signal }: RequestOptions = {}): Promise<T> {
    if (this.#closed !== undefined) throw this.#closed
    if (signal?.aborted) throw abortError(signal)
    this.#forgetOld()
    if (this.#pending.size >= MAX_PENDING_REQUESTS || this.#abandoned.size >= MAX_ABANDONED_REQUESTS) {
      const fields = { pending: this.#pending.size, abandoned: this.#abandoned.size }
      throw new EthspanError('ERR_STATE', 'the peer owes too many answers already', { fields })
    }
    const id = this.#nextId++
    const { code } = question
    const { promise, resolve, reject } = deferred<T>()
    const giveUp = (error: Error) => {
      this.#abandoned.set(id, { code, at: this.#clock.now() })
      finish()
      reject(error)
    }
    const onAbort = () => giveUp(abortError(signal!))
    const timer: Timer = this.#clock.setTimeout(
      () => giveUp(new EthspanError('ERR_TIMEOUT', `${msgName(code)} took longer than ${timeout} ms`)),
      timeout,
    )
    const finish = () => {
      this.#pending.delete(id)
      timer.cancel()
      signal?.removeEventListener('abort', onAbort)
    }
    const fail = (error: Error) => {
      finish()
      reject(error)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#pending.set(id, {
      code,
      settle: (payload) => {
        finish()
        try {
          resolve(question.read(payload))
        } catch (error) {
          reject(error)
          throw error
        }
      },
      fail,
    })
    question.send(id).catch(fail)
    return promise
  }

  /**
   * Takes an answer; returns it where it is late.
   * @throws {EthspanError} for an answer that nobody asked for, of another kind than was asked for, or that can't be read: the
   * peer ends by it.
   */
  answer(code: number, payload: Uint8Array): LateAnswer | undefined {
    const id = readRequestId(payload)
    const pending = this.#pending.get(id)
    const asked = pending ?? this.#abandoned.get(id)
    if (asked === undefined) throw breach(`sent ${msgName(code)} ${id}, which nobody asked for`)
    if (asked.code !== code) throw breach(`answered a request for ${msgName(asked.code)} by ${msgName(code)}`)
    if (pending !== undefined) {
      pending.settle(payload)
      return undefined
    }
    this.#abandoned.delete(id)
    return { requestId: id, code, name: msgName(code), lateBy: this.#clock.now() - (asked as Abandoned).at }
  }

  /** Fails what waits, and whatever is asked from now on. */
  close(error: Error): void {
    this.#closed ??= error
    for (const { fail } of [...this.#pending.values()]) fail(error)
    this.#abandoned.clear()
  }

  #forgetOld(): void {
    const before = this.#clock.now() - LATE_ANSWER_MS
    for (const [id, { at }] of this.#abandoned) {
      if (at > before) return
      this.#abandoned.delete(id)
    }
  }
}
