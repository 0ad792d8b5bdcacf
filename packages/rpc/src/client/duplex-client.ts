import { abortError, EthspanError } from '@ethspan/core'
import type { RequestOptions, RpcClient, RpcSubscription } from './client.js'
import { readFromNode } from './read-answer.js'

/** How a client's messages leave. */
export interface ClientPipe {
  send(text: string): void
  close(): void
}

interface Pending {
  /** Called in the same step in which the answer comes, so that no notification overtakes it. */
  resolve(result: unknown): void
  reject(error: Error): void
}

/** A client on a connection that carries messages both ways. Whoever owns the connection calls `receive` and `ended`. */
export class DuplexClient implements RpcClient {
  readonly #pipe: ClientPipe
  readonly #ended = new AbortController()
  readonly #pending = new Map<number, Pending>()
  readonly #listeners = new Map<string, (value: unknown) => void>()
  #nextId = 1

  constructor(pipe: ClientPipe) {
    this.#pipe = pipe
  }

  get signal(): AbortSignal {
    return this.#ended.signal
  }

  request<T = unknown>(method: string, params: readonly unknown[] = [], options: RequestOptions = {}): Promise<T> {
    return this.#request(method, params, options, (result) => result as T)
  }

  async subscribe<T = unknown>(
    namespace: string,
    params: readonly unknown[],
    listener: (value: T) => void,
    options: RequestOptions = {},
  ): Promise<RpcSubscription> {
    const { signal } = options
    const id = await this.#request(`${namespace}_subscribe`, params, options, (result) => {
      const subscription = String(result)
      this.#listeners.set(subscription, (value) => listener(value as T))
      return subscription
    })
    const unsubscribe = async () => {
      signal?.removeEventListener('abort', unsubscribe)
      if (!this.#listeners.delete(id) || this.#ended.signal.aborted) return
      const done = this.request(`${namespace}_unsubscribe`, [id])
      // The node may have ended it already, or is gone: either way nothing is subscribed any more.
      await done.then(ignore, ignore)
    }
    signal?.addEventListener('abort', unsubscribe, { once: true })
    if (signal?.aborted) await unsubscribe()
    return { id, unsubscribe }
  }

  close(): void {
    if (this.#ended.signal.aborted) return
    this.ended(new EthspanError('ERR_CLOSED', 'the client was closed'))
    this.#pipe.close()
  }

  /** Takes what the node sent. Never throws for what is not understood; a listener's error is the listener's. */
  receive(text: string): void {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (cause) {
      this.ended(new EthspanError('ERR_CLOSED', 'the node sent something that is not JSON', { cause }))
      this.#pipe.close()
      return
    }
    for (const one of Array.isArray(value) ? value : [value]) this.#receiveOne(one)
  }

  /** The connection is gone. */
  ended(error: Error): void {
    if (this.#ended.signal.aborted) return
    this.#ended.abort(error)
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
    this.#listeners.clear()
  }

  #receiveOne(value: unknown): void {
    const message = readFromNode(value)
    if (message.kind === 'notification') {
      this.#listeners.get(message.subscription)?.(message.result)
      return
    }
    if (message.kind === 'unknown' || typeof message.id !== 'number') return
    const pending = this.#pending.get(message.id)
    this.#pending.delete(message.id)
    if (message.kind === 'result') pending?.resolve(message.result)
    else pending?.reject(message.error)
  }

  #request<T>(
    method: string,
    params: readonly unknown[],
    { signal }: RequestOptions,
    read: (result: unknown) => T,
  ): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (signal?.aborted) throw abortError(signal)
      if (this.#ended.signal.aborted) throw this.#ended.signal.reason
      const id = this.#nextId++
      const onAbort = () => {
        this.#pending.delete(id)
        reject(abortError(signal as AbortSignal))
      }
      const settled = () => signal?.removeEventListener('abort', onAbort)
      this.#pending.set(id, {
        resolve: (result) => {
          settled()
          resolve(read(result))
        },
        reject: (error) => {
          settled()
          reject(error)
        },
      })
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#pipe.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
    })
  }
}

const ignore = () => {}
