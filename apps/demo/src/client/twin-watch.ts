// Two nodes with one key would throw each other out for ever. It comes to that when a tab is duplicated, since it starts with a
// copy of the session storage, and when a new version of the page opens while an old one still runs with the browser's key.
// So the later one is found out and takes a key of its own.

/** How long another node has to say that it runs with this key; milliseconds. Between tabs a message takes about one. */
export const TWIN_WAIT = 150

const CHANNEL = 'ethspan.twins'

/** The part of `BroadcastChannel` that is used. */
export interface TwinChannel {
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  postMessage(message: unknown): void
}

/**
 * Speaks for a node id among the tabs and workers of this origin. Of two with one id the one that runs keeps it; of two that
 * start together, the one with the smaller token.
 */
export class TwinWatch {
  readonly #channel: TwinChannel | undefined
  readonly #token: string
  #id = ''
  #claimed = false
  #twinFound: (() => void) | undefined

  /** `channel`: undefined where there is no BroadcastChannel; then no twin is ever found. `token`: unique. */
  constructor(channel: TwinChannel | undefined, token: string) {
    this.#channel = channel
    this.#token = token
    channel?.addEventListener('message', (event) => this.#hear(event.data))
  }

  /** Whether another runs with `id`. Afterwards this one answers for `id` itself, unless there is a twin. */
  async hasTwin(id: string, wait: (ms: number) => Promise<void>): Promise<boolean> {
    if (this.#channel === undefined) return false
    this.#id = id
    this.#claimed = false
    const found = new Promise<boolean>((resolve) => {
      this.#twinFound = () => resolve(true)
    })
    this.#say('ask')
    const twin = await Promise.race([found, wait(TWIN_WAIT).then(() => false)])
    this.#twinFound = undefined
    if (twin) this.#id = ''
    this.#claimed = !twin
    return twin
  }

  /** Answers for `id` without asking: it was made here. */
  claim(id: string): void {
    this.#id = id
    this.#claimed = true
  }

  /** Answers no more: the node has stopped. */
  release(): void {
    this.#id = ''
    this.#claimed = false
  }

  #say(kind: 'ask' | 'mine'): void {
    this.#channel?.postMessage({ kind, id: this.#id, token: this.#token })
  }

  #hear(data: unknown): void {
    if (typeof data !== 'object' || data === null) return
    const { kind, id, token } = data as { kind?: unknown; id?: unknown; token?: unknown }
    if (id !== this.#id || typeof token !== 'string' || token === this.#token) return
    if (kind === 'mine') this.#twinFound?.()
    else if (kind === 'ask' && (this.#claimed || this.#token < token)) this.#say('mine')
  }
}

/** The channel between the tabs and workers of this origin, where the browser has one. */
export function twinChannel(): TwinChannel | undefined {
  return typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(CHANNEL)
}
