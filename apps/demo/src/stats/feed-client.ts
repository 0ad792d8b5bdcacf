// The page's end of the feed: connects, keeps the picture, and connects again.
import { applyMessage, emptySnapshot, FEED_SILENCE, type FeedMessage, type StatsSnapshot } from '@ethspan/ethstats/feed'

/** Pauses between tries; milliseconds. */
export const RETRY = { first: 500, max: 15_000 } as const

export type FeedState =
  | { readonly phase: 'connecting' }
  | { readonly phase: 'live' }
  /** `retryAt`: milliseconds since 1970. */
  | { readonly phase: 'lost'; readonly retryAt: number }

/** What is told of a connection. */
export interface FeedHandler {
  message(text: string): void
  /** It failed or ended. */
  closed(): void
}

export interface FeedContext {
  /** Connects; returns how to end it, after which nothing more is told. */
  open(handler: FeedHandler): () => void
  /** Milliseconds since 1970. */
  now(): number
  /** Calls back once; returns how to call it off. */
  later(callback: () => void, ms: number): () => void
  state(state: FeedState): void
  /** @param ahead milliseconds by which the server's clock is ahead of the page's */
  picture(picture: StatsSnapshot, ahead: number): void
}

export class FeedClient {
  readonly #context: FeedContext
  #end: (() => void) | undefined
  #picture: StatsSnapshot = emptySnapshot
  #tries = 0
  #heardAt = 0
  #callOff = () => {}

  constructor(context: FeedContext) {
    this.#context = context
  }

  /** Connects at once, whatever was before. */
  connect(): void {
    this.#drop()
    if (this.#tries === 0) this.#context.state({ phase: 'connecting' })
    this.#heardAt = this.#context.now()
    this.#end = this.#context.open({
      message: (text) => this.#message(text),
      closed: () => this.#lost(),
    })
    this.#watch()
  }

  /** The page is looked at again: timers were late meanwhile, and the connection may be long gone. */
  wake(): void {
    if (this.#end === undefined) this.connect()
    else if (this.#context.now() - this.#heardAt >= FEED_SILENCE) this.#lost()
  }

  #message(text: string): void {
    const now = this.#context.now()
    this.#heardAt = now
    this.#tries = 0
    // It is our own server that speaks; what nodes say is in it as text and numbers.
    this.#picture = applyMessage(this.#picture, JSON.parse(text) as FeedMessage)
    this.#context.state({ phase: 'live' })
    this.#context.picture(this.#picture, this.#picture.at - now)
  }

  /** A server that says nothing for longer than it may is gone, whatever the browser believes. */
  #watch(): void {
    const left = this.#heardAt + FEED_SILENCE - this.#context.now()
    if (left <= 0) this.#lost()
    else this.#callOff = this.#context.later(() => this.#watch(), left)
  }

  #lost(): void {
    this.#drop()
    const pause = Math.min(RETRY.first * 2 ** this.#tries, RETRY.max)
    this.#tries++
    this.#context.state({ phase: 'lost', retryAt: this.#context.now() + pause })
    this.#callOff = this.#context.later(() => this.connect(), pause)
  }

  #drop(): void {
    this.#callOff()
    const end = this.#end
    this.#end = undefined
    end?.()
  }
}
