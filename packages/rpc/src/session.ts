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
  readonly #gone = new AbortController()
  readonly #subscriptions: Subscriptions
  readonly #idle = new Set<() => void>()
  #pending = 0

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
    return this.#pending >= this.#dispatcher.limits.pendingCalls
  }

  /** Takes one message. Resolves when it is answered: to false where it was no JSON. Never rejects. */
  async receive(text: string): Promise<boolean> {
    this.#pending++
    const { signal } = this.#gone
    const answer = await this.#dispatcher.answer(text, { signal, subscriptions: this.#subscriptions })
    const wasFull = this.full
    this.#pending--
    if (answer.text !== undefined) this.#send(answer.text)
    answer.sent()
    if (wasFull && !this.full) this.#pipe.onRoom?.()
    if (this.#pending === 0) for (const resolve of this.#idle) resolve()
    return !answer.malformed
  }

  /** Resolves when no call is under way. */
  async idle(): Promise<void> {
    if (this.#pending === 0) return
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
    if (this.#gone.signal.aborted) return
    this.#gone.abort(reason)
    this.#subscriptions.close(reason)
  }

  #send(text: string): void {
    if (this.#gone.signal.aborted) return
    try {
      this.#pipe.send(text)
    } catch (thrown) {
      const error = asError(thrown)
      this.end(error)
      this.#pipe.onEnd?.(error)
    }
  }
}
