import { asError, EthspanError } from '@ethspan/core'
import type { EndpointContext, OpenEndpoint, RpcEndpoint } from '@ethspan/node'
import type { EndpointControl, HttpOverrides, WsOverrides } from '../api/endpoint-control.js'
import { type AuthOptions, auth } from './auth.js'
import { DEFAULT_HTTP_HOST, DEFAULT_HTTP_PORT, type HttpOptions, http } from './http.js'
import { HttpHosts } from './http-hosts.js'
import { type IpcOptions, ipc } from './ipc.js'
import { DEFAULT_WS_PORT, type WsOptions, ws } from './ws.js'

export interface EndpointControllerOptions {
  /** Opened with the node where `enabled`; what `admin_startHTTP` begins from in any case. Default: not enabled. */
  readonly http?: Omit<HttpOptions, 'hosts'> & { readonly enabled?: boolean }
  /** The same for `admin_startWS`. Shares HTTP's server where host and port are the same. */
  readonly ws?: Omit<WsOptions, 'hosts'> & { readonly enabled?: boolean }
  /** Opened with the node where given. */
  readonly ipc?: IpcOptions
  /** Opened with the node where given. */
  readonly auth?: AuthOptions
}

type Kind = 'http' | 'ws' | 'ipc' | 'auth'

/** All ways into a node's JSON-RPC as one endpoint, of which HTTP and WebSocket can be opened and closed at run time. */
export class EndpointController implements RpcEndpoint, EndpointControl {
  readonly name = 'rpc'
  readonly #options: EndpointControllerOptions
  readonly #hosts = new HttpHosts()
  readonly #open = new Map<Kind, OpenEndpoint>()
  /** Endpoints being closed while their last calls finish. */
  readonly #closing = new Set<Promise<void>>()
  #context: EndpointContext | undefined
  /** Starts and stops wait for each other. */
  #turn: Promise<void> = Promise.resolve()

  /** @throws {EthspanError} ERR_INVALID_OPTION */
  constructor(options: EndpointControllerOptions = {}) {
    this.#options = options
    // Made and dropped, so that a wrong option is an error now and not when the node starts.
    this.#http({})
    this.#ws({})
    if (options.ipc) ipc(options.ipc)
    if (options.auth) auth(options.auth)
  }

  /** What is open now, by kind: URLs, and the path of IPC. */
  get addresses(): { readonly [K in Kind]?: string } {
    return Object.fromEntries([...this.#open].map(([kind, { address }]) => [kind, address]))
  }

  /** Opens what is enabled. Where one fails, those already open are closed. */
  async open(context: EndpointContext): Promise<OpenEndpoint> {
    if (this.#context !== undefined) throw new EthspanError('ERR_STATE', 'the JSON-RPC endpoints are open already')
    this.#context = context
    const { ipc: ipcOptions, http: httpOptions, ws: wsOptions, auth: authOptions } = this.#options
    try {
      if (ipcOptions) await this.#start('ipc', ipc(ipcOptions))
      if (httpOptions?.enabled) await this.#start('http', this.#http({}))
      if (wsOptions?.enabled) await this.#start('ws', this.#ws({}))
      if (authOptions) await this.#start('auth', auth(authOptions))
    } catch (error) {
      await this.#close()
      throw error
    }
    return { address: [...this.#open.values()].map(({ address }) => address).join(', '), close: () => this.#close() }
  }

  startHTTP(overrides: HttpOverrides = {}): Promise<void> {
    return this.#inTurn(() => this.#start('http', this.#http(overrides)))
  }

  stopHTTP(): Promise<void> {
    return this.#inTurn(() => this.#stop('http'))
  }

  startWS(overrides: WsOverrides = {}): Promise<void> {
    return this.#inTurn(() => this.#start('ws', this.#ws(overrides)))
  }

  stopWS(): Promise<void> {
    return this.#inTurn(() => this.#stop('ws'))
  }

  #http(overrides: HttpOverrides): RpcEndpoint {
    const { enabled: _, ...options } = this.#options.http ?? {}
    const defaults = { host: DEFAULT_HTTP_HOST, port: DEFAULT_HTTP_PORT }
    return http({ ...defaults, ...options, ...overrides, hosts: this.#hosts })
  }

  #ws(overrides: WsOverrides): RpcEndpoint {
    const { enabled: _, ...options } = this.#options.ws ?? {}
    const defaults = { host: DEFAULT_HTTP_HOST, port: DEFAULT_WS_PORT }
    return ws({ ...defaults, ...options, ...overrides, hosts: this.#hosts })
  }

  async #start(kind: Kind, endpoint: RpcEndpoint): Promise<void> {
    if (this.#context === undefined) throw new EthspanError('ERR_STATE', 'the node is not running')
    const already = this.#open.get(kind)
    if (already !== undefined) {
      throw new EthspanError('ERR_STATE', `${words[kind]} server already running on ${already.address}`)
    }
    const open = await endpoint.open(this.#context)
    this.#open.set(kind, open)
    this.#context.log.info(`${words[kind]} endpoint opened`, { address: open.address })
  }

  /** Does not wait for the calls under way: the one that asked to stop may be among them. */
  async #stop(kind: Kind): Promise<void> {
    const open = this.#open.get(kind)
    if (open === undefined) return
    this.#open.delete(kind)
    const log = this.#context?.log
    const closing = open
      .close()
      .then(() => log?.info(`${words[kind]} endpoint closed`, { address: open.address }))
      .catch((error) => log?.warn(`the ${words[kind]} endpoint did not close well`, { error: asError(error) }))
      .finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  async #close(): Promise<void> {
    await this.#inTurn(async () => {
      for (const kind of [...this.#open.keys()]) await this.#stop(kind)
      this.#context = undefined
    })
    await Promise.all(this.#closing)
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(act)
    // The next one is not concerned with how this one ended; its caller is.
    this.#turn = done.then(ignore, ignore)
    return done
  }
}

const words: Readonly<Record<Kind, string>> = { http: 'HTTP', ws: 'WebSocket', ipc: 'IPC', auth: 'auth' }

const ignore = () => {}
