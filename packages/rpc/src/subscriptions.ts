import { asError, bytesToHex, EthspanError, type Logger, systemRandomBytes } from '@ethspan/core'
import type { ApiSubscription } from '@ethspan/node'
import { MAX_EARLY_NOTIFICATIONS } from './limits.js'
import { jsonText, notificationText } from './message.js'
import { RpcError, RpcErrorCode } from './rpc-error.js'

/** Length of a subscription's id. Geth: `encodeID`. */
const ID_BYTES = 16

/** A subscription whose id has not been told yet: its notifications wait until `activate`. */
export interface OpenedSubscription {
  readonly id: string
  activate(): void
}

interface Standing {
  readonly abort: AbortController
}

/** What one connection has subscribed to. */
export class Subscriptions {
  readonly #standing = new Map<string, Standing>()
  readonly #endpoint: string
  readonly #send: (text: string) => void
  readonly #max: number
  readonly #log: Logger
  #closed: Error | undefined

  constructor(init: {
    readonly endpoint: string
    readonly send: (text: string) => void
    readonly max: number
    readonly log: Logger
  }) {
    this.#endpoint = init.endpoint
    this.#send = init.send
    this.#max = init.max
    this.#log = init.log
  }

  get size(): number {
    return this.#standing.size
  }

  /** @throws {RpcError} -32000 where there are too many; whatever the source throws. */
  async open(namespace: string, source: ApiSubscription, params: readonly unknown[]): Promise<OpenedSubscription> {
    if (this.#closed !== undefined) throw this.#closed
    if (this.#standing.size >= this.#max) {
      throw new RpcError(RpcErrorCode.Server, `too many subscriptions, want at most ${this.#max}`)
    }
    const id = newId()
    const abort = new AbortController()
    const { signal } = abort
    let early: string[] | undefined = []
    const notify = (value: unknown) => {
      if (signal.aborted) return
      const text = this.#notification(namespace, id, value)
      if (text === undefined) return
      if (early === undefined) this.#send(text)
      else if (early.length < MAX_EARLY_NOTIFICATIONS) early.push(text)
      else this.#end(id, new RpcError(RpcErrorCode.Server, 'subscription queue overflow'))
    }
    this.#standing.set(id, { abort })
    try {
      await source(params, notify, { endpoint: this.#endpoint, signal })
      signal.throwIfAborted()
    } catch (error) {
      this.#end(id, asError(error))
      throw error
    }
    const activate = () => {
      const waiting = early ?? []
      early = undefined
      for (const text of waiting) if (!signal.aborted) this.#send(text)
    }
    return { id, activate }
  }

  /** False where there is no subscription with this id. */
  cancel(id: string): boolean {
    return this.#end(id, new EthspanError('ERR_ABORTED', 'unsubscribed'))
  }

  /** Ends all of them; none can be opened from now on. */
  close(reason: Error): void {
    this.#closed = reason
    for (const id of [...this.#standing.keys()]) this.#end(id, reason)
  }

  #end(id: string, reason: Error): boolean {
    const standing = this.#standing.get(id)
    this.#standing.delete(id)
    standing?.abort.abort(reason)
    return standing !== undefined
  }

  #notification(namespace: string, id: string, value: unknown): string | undefined {
    try {
      return notificationText(namespace, id, jsonText(value))
    } catch (error) {
      // The source can't be told which of its values was wrong, and one must not end the others.
      this.#log.warn('a notification was left out', { namespace, error })
      return undefined
    }
  }
}

/** Random, as a quantity: without leading zeros. */
function newId(): string {
  return `0x${bytesToHex(systemRandomBytes(ID_BYTES)).replace(/^0+(?=.)/, '')}`
}
