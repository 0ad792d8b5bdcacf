import { asError } from '@ethspan/core'
import type { Dispatcher } from './dispatcher.js'
import { Subscriptions } from './subscriptions.js'

/** What a session writes to, and whom it tells. */
export interface SessionPipe {
  /** Sends one message. May throw; the session then ends. */
  send(text: string): void
  /** Called when the session takes requests again after it was `full`. */
  onRoom?(): void
  /** Called once, when the session ended by itself: an answer could not be sent. */
  onEnd?(error: Error): void
}

/** One caller on a connection that carries messages both ways: its calls under way and its subscriptions. */
export class Session {
  readonly #dispatcher: Dispatcher
  readonly #pipe: SessionPipe
  /** One for each call under way: a signal that many listen to is a leak in the eyes of Node. */
  readonly #calls = new Set<AbortController>()
  readonly #subscriptions: Subscriptions
  readonly #idle = new Set<() => void>()
  #ended: Error | undefined

  constructor(dispatcher: Dispatcher, pipe: SessionPipe) {
    this.#dispatcher = dispatcher
    this.#pipe = pipe
    const { endpoint, limits, log } = dispatcher
    this.#subscriptions = new Subscriptions({
      endpoint,
      send: (text) => this.#send(text),
      max: limits.subscriptions,
      log,
    })
  }

  /** Whether more calls are under way than one caller should have; whoever can stop reading should. */
  get full(): boolean {
    return this.#calls.size >= this.#dispatcher.limits.pendingCalls
  }

  /** Takes one message. Resolves when it is answered: to false where it was no JSON. Never rejects. */
  async receive(text: string): Promise<boolean> {
    const call = new AbortController()
    const { signal } = call
    if (this.#ended !== undefined) call.abort(this.#ended)
    this.#calls.add(call)
    const answer = await this.#dispatcher.answer(text, { signal, subscriptions: this.#subscriptions })
    const wasFull = this.full
    this.#calls.delete(call)
    if (answer.text !== undefined) this.#send(answer.text)
    answer.sent()
    if (wasFull && !this.full) this.#pipe.onRoom?.()
    if (this.#calls.size === 0) for (const resolve of this.#idle) resolve()
    return !answer.malformed
  }

  /** Resolves when no call is under way. */
  async idle(): Promise<void> {
    if (this.#calls.size === 0) return
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#idle.delete(done)
        resolve()
      }
      this.#idle.add(done)
    })
  }

  /** The caller is gone: gives up its calls and ends its subscriptions. */
  end(reason: Error): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    for (const call of this.#calls) call.abort(reason)
    this.#subscriptions.close(reason)
  }

  #send(text: string): void {
    if (this.#ended !== undefined) return
    try {
      this.#pipe.send(text)
    } catch (thrown) {
      const error = asError(thrown)
      this.end(error)
      this.#pipe.onEnd?.(error)
    }
  }
}
