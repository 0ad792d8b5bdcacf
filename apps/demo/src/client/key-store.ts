// One key a tab. Session storage survives a reload and dies with the tab, but a duplicated tab starts with a copy of it: two
// nodes with one key would throw each other out for ever, so the later one is found out and takes a key of its own.

/** How long another tab has to say that it runs with this key; milliseconds. Between tabs a message takes about one. */
export const TWIN_WAIT = 150

const KEY = 'ethspan.private-key'
const NICKNAME = 'ethspan.nickname'
const CHANNEL = 'ethspan.twins'

/** The part of `BroadcastChannel` that is used. */
export interface TwinChannel {
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  postMessage(message: unknown): void
}

/** What the tab remembers across a reload; in memory alone where the browser denies storage. */
export class KeyStore {
  readonly #storage: Storage | undefined
  readonly #memory = new Map<string, string>()

  constructor(storage: Storage | undefined) {
    this.#storage = storage
  }

  /** Whether a reload finds what is kept here. */
  get persistent(): boolean {
    return this.#storage !== undefined
  }

  get privateKey(): string | undefined {
    const kept = this.#read(KEY)
    return kept !== undefined && /^[0-9a-f]{64}$/.test(kept) ? kept : undefined
  }

  set privateKey(hex: string) {
    this.#write(KEY, hex)
  }

  get nickname(): string | undefined {
    return this.#read(NICKNAME)
  }

  set nickname(nickname: string) {
    this.#write(NICKNAME, nickname)
  }

  #read(key: string): string | undefined {
    return this.#storage?.getItem(key) ?? this.#memory.get(key)
  }

  #write(key: string, value: string): void {
    this.#memory.set(key, value)
    this.#storage?.setItem(key, value)
  }
}

/** This tab's session storage, or undefined where the browser denies it. */
export function sessionStorageOrNothing(): Storage | undefined {
  try {
    const storage = globalThis.sessionStorage
    // Some browsers hand out a storage whose quota is zero.
    storage.setItem('ethspan.probe', '1')
    storage.removeItem('ethspan.probe')
    return storage
  } catch (error) {
    console.info('This browser denies session storage; the key will not survive a reload.', error)
    return undefined
  }
}

/**
 * Speaks for this tab's node id among the tabs of this origin. Of two tabs with one id the one that runs keeps it; of two
 * that start together, the one with the smaller token.
 */
export class TwinWatch {
  readonly #channel: TwinChannel | undefined
  readonly #token: string
  #id = ''
  #claimed = false
  #twinFound: (() => void) | undefined

  /** `channel`: undefined where there is no BroadcastChannel; then no twin is ever found. `token`: unique to the tab. */
  constructor(channel: TwinChannel | undefined, token: string) {
    this.#channel = channel
    this.#token = token
    channel?.addEventListener('message', (event) => this.#hear(event.data))
  }

  /** Whether another tab runs with `id`. Afterwards this tab answers for `id` itself, unless there is a twin. */
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

/** The channel between the tabs of this origin, where the browser has one. */
export function twinChannel(): TwinChannel | undefined {
  return typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(CHANNEL)
}
