import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Clock, EthspanError, type Logger, type Timer } from '@ethspan/core'
import { pathOf, type Refusal, refuseUpgrade } from '@ethspan/core/netutil'
import type { RpcEndpoint } from '@ethspan/node'
import { type WebSocket, WebSocketServer } from 'ws'
import { Dispatcher } from '../dispatcher.js'
import type { RpcLimits } from '../limits.js'
import { DuplexConnection } from './duplex.js'
import { DEFAULT_APIS, DEFAULT_HTTP_HOST, openEndpoint } from './http.js'
import { HttpHosts, type UpgradeHandler } from './http-hosts.js'
import { defaultEndpointLimits, type EndpointLimits } from './limits.js'
import { checkListenOptions, warnOfMissing } from './options.js'
import { originMayConnect } from './origins.js'

/** Geth: `DefaultWSPort`. */
export const DEFAULT_WS_PORT = 8546

/** A client that does not answer our close is cut off after so long; milliseconds. Ours. */
const CLOSE_TIMEOUT_MS = 1_000

/** WebSocket close code for a server that goes away. Source: RFC 6455, section 7.4.1. */
const GOING_AWAY = 1001

export interface WsOptions {
  /** Address to listen on. Default 127.0.0.1: this machine only. */
  readonly host?: string
  /** 0 for any free one. Default 8546. */
  readonly port?: number
  /** Namespaces to offer. Default net and web3. */
  readonly apis?: readonly string[]
  /**
   * Origins whose pages may connect: `https://app.example`, a host alone, `*` for all. Default: pages of this machine, on
   * any port. What is no browser sends no Origin and may always connect.
   */
  readonly origins?: readonly string[]
  readonly limits?: Partial<RpcLimits & EndpointLimits>
  /** See `HttpOptions.hosts`. */
  readonly hosts?: HttpHosts
}

/**
 * JSON-RPC over WebSocket, with subscriptions; a message is a request or a batch.
 * @throws {EthspanError} ERR_INVALID_OPTION; `open` rejects with ERR_LISTEN.
 */
export function ws(options: WsOptions = {}): RpcEndpoint {
  const { host = DEFAULT_HTTP_HOST, port = DEFAULT_WS_PORT, hosts = new HttpHosts() } = options
  const namespaces = options.apis ?? DEFAULT_APIS
  checkListenOptions('ws', host, port)
  return {
    name: 'ws',
    async open(context) {
      const { apis, clock, log } = context
      const limits = { ...defaultEndpointLimits, ...options.limits }
      warnOfMissing('ws', namespaces, context)
      const dispatcher = new Dispatcher({ apis, endpoint: 'ws', namespaces, limits: options.limits, clock, log })
      const clients = new WsClients(dispatcher, { origins: options.origins ?? [], limits, clock, log })
      const use = { what: 'JSON-RPC over WebSocket', upgrade: clients.upgrade }
      const open = await hosts.open(use, { host, port, limits, clock, log })
      return openEndpoint(`ws://${open.address}`, async () => {
        await Promise.all([open.close().closed, clients.close()])
      })
    },
  }
}

export interface WsPolicy {
  readonly origins: readonly string[]
  readonly limits: EndpointLimits
  readonly clock: Clock
  readonly log: Logger
  /** Why a request is refused with 401; undefined where it is not. Default: nobody is. */
  readonly unauthorized?: (request: IncomingMessage) => Promise<string | undefined>
}

/** Takes upgrades and keeps the clients that came of them. */
export class WsClients {
  readonly #dispatcher: Dispatcher
  readonly #policy: WsPolicy
  readonly #server: WebSocketServer
  readonly #open = new Map<WebSocket, DuplexConnection>()
  #closing = false

  constructor(dispatcher: Dispatcher, policy: WsPolicy) {
    this.#dispatcher = dispatcher
    this.#policy = policy
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: dispatcher.limits.bodyBytes,
    })
  }

  readonly upgrade: UpgradeHandler = async (request, socket, head) => {
    const refusal = await this.#refusal(request)
    if (refusal !== undefined) {
      this.#policy.log.debug('refused a WebSocket', { status: refusal.status, why: refusal.text })
      refuseUpgrade(socket, refusal)
      return
    }
    this.#server.handleUpgrade(request, socket, head, (client) => this.#welcome(client, socket))
  }

  /** Lets calls under way finish and ends all connections. */
  async close(): Promise<void> {
    this.#closing = true
    const gone = [...this.#open.keys()].map((client) => new Promise<void>((resolve) => client.once('close', resolve)))
    await Promise.all([...this.#open.values()].map((connection) => connection.close()))
    await Promise.all(gone)
  }

  async #refusal(request: IncomingMessage): Promise<Refusal | undefined> {
    const { origins, limits, unauthorized } = this.#policy
    const why = await unauthorized?.(request)
    if (why !== undefined) return { status: 401, text: why }
    if (pathOf(request) !== '/') return { status: 404, text: 'not found' }
    if (!originMayConnect(request.headers.origin, origins)) return { status: 403, text: 'origin not allowed' }
    if (this.#closing || this.#open.size >= limits.maxConnections) {
      return { status: 503, text: 'no more connections are taken' }
    }
    return undefined
  }

  #welcome(client: WebSocket, socket: Duplex): void {
    const { clock, limits, log } = this.#policy
    let cut: Timer | undefined
    const connection = new DuplexConnection(
      this.#dispatcher,
      {
        write: (text, done) => client.send(text, done),
        pause: () => client.pause(),
        resume: () => client.resume(),
        end: () => {
          // Else the client's own close would not be read.
          client.resume()
          client.close(GOING_AWAY)
          cut = clock.setTimeout(() => client.terminate(), CLOSE_TIMEOUT_MS)
        },
        destroy: () => client.terminate(),
      },
      { clock, limits },
    )
    this.#open.set(client, connection)
    const stopPings = keepAlive(client, clock, limits)
    client.on('message', (data) => {
      connection.receive(data.toString()).catch((error) => log.error('a message was not answered', { error }))
    })
    // The close event follows; this says why.
    client.on('error', (error) => log.debug('a WebSocket client broke the connection', { error }))
    client.once('close', () => {
      cut?.cancel()
      stopPings()
      this.#open.delete(client)
      connection.ended(new EthspanError('ERR_CLOSED', 'the client is gone'))
      socket.destroy()
    })
  }
}

/** Asks an idle client whether it lives, and cuts it off where it does not say so in time. Returns how to stop. */
function keepAlive(client: WebSocket, clock: Clock, { pingInterval, pongTimeout }: EndpointLimits): () => void {
  let timer: Timer
  const wait = () => {
    timer = clock.setTimeout(() => {
      client.ping()
      timer = clock.setTimeout(() => client.terminate(), pongTimeout)
    }, pingInterval)
  }
  const heard = () => {
    timer.cancel()
    wait()
  }
  wait()
  client.on('message', heard)
  client.on('pong', heard)
  return () => timer.cancel()
}
