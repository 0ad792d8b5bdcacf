import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { asError, type Clock, EthspanError, type Logger } from '@ethspan/core'
import { hostPort, refuseUpgrade } from '@ethspan/core/netutil'
import { type EndpointLimits, LATE_CHECK_INTERVAL_MS } from './limits.js'
import { listenError } from './listen-error.js'

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void | Promise<void>

/** What one endpoint does with an HTTP server. */
export interface HttpUse {
  /** For errors: `JSON-RPC over HTTP`. */
  readonly what: string
  readonly request?: RequestHandler
  readonly upgrade?: UpgradeHandler
}

export interface HttpOpenOptions {
  readonly host: string
  readonly port: number
  readonly limits: EndpointLimits
  readonly clock: Clock
  readonly log: Logger
}

export interface OpenHttp {
  /** `host:port` as bound. */
  readonly address: string
  /**
   * Takes this use off the server. The last one stops it: no new connection from now on, requests under way have until
   * `shutdownTimeout`. `released` resolves once the port is free, the whole once all connections are gone.
   */
  close(): { readonly released: Promise<void>; readonly closed: Promise<void> }
}

/** HTTP servers that endpoints share where they ask for the same host and port, as HTTP and WebSocket may in geth. */
export class HttpHosts {
  readonly #open = new Map<string, HttpHost>()

  /** @throws {EthspanError} ERR_LISTEN; ERR_STATE where an endpoint of this kind is open there already. */
  async open(use: HttpUse, options: HttpOpenOptions): Promise<OpenHttp> {
    const key = hostPort(options.host, options.port)
    let host = this.#open.get(key)
    if (host === undefined) {
      host = new HttpHost(options, () => this.#open.delete(key))
      this.#open.set(key, host)
      try {
        await host.listen(use.what, key)
      } catch (error) {
        this.#open.delete(key)
        throw error
      }
    }
    return host.add(use)
  }
}

class HttpHost {
  readonly #options: HttpOpenOptions
  readonly #server: Server
  readonly #uses = new Set<HttpUse>()
  readonly #connections = new Set<Socket>()
  readonly #onClosing: () => void
  #listening: Promise<void> | undefined

  constructor(options: HttpOpenOptions, onClosing: () => void) {
    this.#options = options
    this.#onClosing = onClosing
    const { readTimeout, idleTimeout, maxConnections } = options.limits
    this.#server = createServer({
      requestTimeout: readTimeout,
      headersTimeout: readTimeout,
      keepAliveTimeout: idleTimeout,
      connectionsCheckingInterval: Math.min(LATE_CHECK_INTERVAL_MS, readTimeout),
    })
    this.#server.maxConnections = maxConnections
    this.#server.on('connection', (socket: Socket) => {
      this.#connections.add(socket)
      socket.once('close', () => this.#connections.delete(socket))
    })
    this.#server.on('request', (request, response) => this.#onRequest(request, response))
    this.#server.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head))
  }

  async listen(what: string, where: string): Promise<void> {
    const { host, port, log } = this.#options
    this.#listening = new Promise<void>((resolve, reject) => {
      const failed = (cause: Error) => reject(listenError(what, where, cause))
      this.#server.once('error', failed)
      this.#server.listen(port, host, () => {
        this.#server.off('error', failed)
        this.#server.on('error', (error) => log.warn('an HTTP server had an error', { where, error }))
        resolve()
      })
    })
    await this.#listening
  }

  async add(use: HttpUse): Promise<OpenHttp> {
    await this.#listening
    const clash = [...this.#uses].find((other) => {
      return (other.request && use.request) || (other.upgrade && use.upgrade)
    })
    if (clash !== undefined) {
      throw new EthspanError('ERR_STATE', `${clash.what} is open on ${this.#address} already`)
    }
    this.#uses.add(use)
    let closing: ReturnType<OpenHttp['close']> | undefined
    return {
      address: this.#address,
      close: () => {
        closing ??= this.#remove(use)
        return closing
      },
    }
  }

  get #address(): string {
    const address = this.#server.address()
    return address === null || typeof address === 'string' ? '' : hostPort(address.address, address.port)
  }

  #remove(use: HttpUse): { readonly released: Promise<void>; readonly closed: Promise<void> } {
    this.#uses.delete(use)
    if (this.#uses.size > 0) return { released: Promise.resolve(), closed: Promise.resolve() }
    this.#onClosing()
    const { clock, limits } = this.#options
    const closed = new Promise<void>((resolve) => {
      const late = clock.setTimeout(() => this.#server.closeAllConnections(), limits.shutdownTimeout)
      this.#server.close(() => {
        late.cancel()
        resolve()
      })
    })
    this.#server.closeIdleConnections()
    // Node takes those that have asked nothing yet for busy.
    for (const socket of this.#connections) if (socket.bytesRead === 0) socket.destroy()
    // The listening socket is closed in the step after `close`.
    const released = new Promise<void>((resolve) => setImmediate(resolve))
    return { released, closed }
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    const handler = [...this.#uses].find((use) => use.request !== undefined)?.request
    if (handler === undefined) {
      answer(response, 404, 'not found')
      return
    }
    // A connection kept alive would outlast a server that is closing.
    response.once('finish', () => {
      if (!this.#server.listening) request.socket.end()
    })
    this.#guard(() => handler(request, response), request.socket)
  }

  #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', (error) => {
      this.#options.log.debug('a WebSocket connection broke', { error })
      socket.destroy()
    })
    const handler = [...this.#uses].find((use) => use.upgrade !== undefined)?.upgrade
    if (handler === undefined) refuseUpgrade(socket, { status: 404, text: 'not found' })
    else this.#guard(() => handler(request, socket, head), socket)
  }

  /** What a handler throws ends its connection and not the process. */
  #guard(handle: () => void | Promise<void>, socket: Duplex | Socket): void {
    const failed = (thrown: unknown) => {
      const error = asError(thrown)
      // A client that goes away in the middle of its request is no fault of ours.
      if (socket.destroyed) this.#options.log.debug('an HTTP client went away', { error })
      else this.#options.log.error('an HTTP request failed', { error })
      socket.destroy()
    }
    try {
      handle()?.catch(failed)
    } catch (thrown) {
      failed(thrown)
    }
  }
}

/** Answers with a status and one line of text. */
export function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' })
  response.end(`${text}\n`)
}
