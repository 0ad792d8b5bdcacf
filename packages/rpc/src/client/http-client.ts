import { abortError, asError, EthspanError } from '@ethspan/core'
import { RpcError, RpcErrorCode } from '../rpc-error.js'
import type { RequestOptions, RpcClient, RpcSubscription } from './client.js'
import { readFromNode } from './read-answer.js'

export interface HttpClientOptions {
  /** Asked for each request, such as for a fresh `Authorization`. */
  readonly headers?: () => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>
  /** Default: the platform's. */
  readonly fetch?: typeof fetch
}

/** A client over HTTP: one POST a request, and no subscriptions. */
export function httpClient(url: string, options: HttpClientOptions = {}): RpcClient {
  return new HttpClient(url, options)
}

class HttpClient implements RpcClient {
  readonly #url: string
  readonly #options: HttpClientOptions
  readonly #ended = new AbortController()
  readonly #underWay = new Set<AbortController>()
  #nextId = 1

  constructor(url: string, options: HttpClientOptions) {
    this.#url = url
    this.#options = options
  }

  get signal(): AbortSignal {
    return this.#ended.signal
  }

  async request<T = unknown>(
    method: string,
    params: readonly unknown[] = [],
    { signal }: RequestOptions = {},
  ): Promise<T> {
    if (signal?.aborted) throw abortError(signal)
    this.#ended.signal.throwIfAborted()
    const abort = new AbortController()
    const onAbort = () => abort.abort()
    signal?.addEventListener('abort', onAbort, { once: true })
    this.#underWay.add(abort)
    try {
      return (await this.#post(method, params, abort.signal)) as T
    } catch (error) {
      if (signal?.aborted) throw abortError(signal)
      this.#ended.signal.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', onAbort)
      this.#underWay.delete(abort)
    }
  }

  subscribe(): Promise<RpcSubscription> {
    return Promise.reject(new RpcError(RpcErrorCode.MethodNotFound, 'notifications not supported'))
  }

  close(): void {
    this.#ended.abort(new EthspanError('ERR_CLOSED', 'the client was closed'))
    for (const abort of this.#underWay) abort.abort()
  }

  async #post(method: string, params: readonly unknown[], signal: AbortSignal): Promise<unknown> {
    const { fetch: send = fetch, headers } = this.#options
    const body = JSON.stringify({ jsonrpc: '2.0', id: this.#nextId++, method, params })
    const init = { method: 'POST', body, signal }
    let text: string
    let status: number
    try {
      const all = { ...(await headers?.()), 'Content-Type': 'application/json' }
      const response = await send(this.#url, { ...init, headers: all })
      status = response.status
      text = await response.text()
    } catch (cause) {
      const { message, cause: deeper } = asError(cause)
      const why = deeper instanceof Error ? deeper.message : message
      throw new EthspanError('ERR_CLOSED', `no answer from ${this.#url}: ${why}`, { cause })
    }
    if (status !== 200) throw new EthspanError('ERR_CLOSED', `${this.#url} answered ${status}: ${text.trim()}`)
    const answer = readFromNode(parse(text, this.#url))
    if (answer.kind === 'error') throw answer.error
    if (answer.kind === 'result') return answer.result
    throw new EthspanError('ERR_CLOSED', `${this.#url} did not answer as JSON-RPC`)
  }
}

function parse(text: string, url: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new EthspanError('ERR_CLOSED', `${url} did not answer as JSON-RPC`, { cause })
  }
}
