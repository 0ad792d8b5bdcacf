import type { IncomingMessage } from 'node:http'
import type { RpcEndpoint } from '@ethspan/node'
import { Dispatcher } from '../dispatcher.js'
import { authRpcLimits, type RpcLimits } from '../limits.js'
import { DEFAULT_HTTP_HOST, httpDispatcher, httpHandler, openEndpoint } from './http.js'
import { answer, HttpHosts, type RequestHandler } from './http-hosts.js'
import { jwtRefusal, loadJwtSecret } from './jwt.js'
import { defaultEndpointLimits, type EndpointLimits } from './limits.js'
import { checkListenOptions } from './options.js'
import { WsClients } from './ws.js'

/** Geth: `DefaultAuthPort`. */
export const DEFAULT_AUTH_PORT = 8551

/** Pages that may open a WebSocket here, if they have the secret. Geth: `DefaultAuthOrigins`. */
const AUTH_ORIGINS = ['localhost']

export interface AuthOptions {
  /** Address to listen on. Default 127.0.0.1: this machine only. */
  readonly host?: string
  /** 0 for any free one. Default 8551. */
  readonly port?: number
  /** A file of 64 hex digits, made with mode 0600 where it is missing; or the 32 bytes. */
  readonly jwtSecret: string | Uint8Array
  /** As for HTTP. Default localhost. */
  readonly vhosts?: readonly string[]
  /** Namespaces to offer. Default all, those among them that are offered here only. */
  readonly apis?: readonly string[]
  readonly limits?: Partial<RpcLimits & EndpointLimits>
}

/**
 * JSON-RPC over HTTP and WebSocket on one port, for whoever shares a secret with the node: each request carries
 * `Authorization: Bearer` and a JWT (HS256) whose `iat` is at most 60 s away. Geth's authenticated port; its limits are those
 * of geth's Engine API.
 * @throws {EthspanError} ERR_INVALID_OPTION; `open` rejects with ERR_LISTEN, or ERR_INVALID_OPTION for the secret.
 */
export function auth(options: AuthOptions): RpcEndpoint {
  const { host = DEFAULT_HTTP_HOST, port = DEFAULT_AUTH_PORT, vhosts = ['localhost'] } = options
  checkListenOptions('auth', host, port)
  return {
    name: 'auth',
    async open(context) {
      const { apis, clock, log } = context
      const secret = await loadJwtSecret(options.jwtSecret)
      const limits = { ...defaultEndpointLimits, ...options.limits }
      const rights = {
        authenticated: true,
        limits: { ...authRpcLimits, ...options.limits },
        ...(options.apis === undefined ? {} : { namespaces: options.apis }),
      }
      const unauthorized = ({ headers }: IncomingMessage) => jwtRefusal(headers.authorization, secret, clock)
      const handle = httpHandler(httpDispatcher(context, limits, rights), {
        cors: [],
        vhosts,
        limits,
        context,
      })
      const request: RequestHandler = async (incoming, response) => {
        const why = await unauthorized(incoming)
        if (why === undefined) await handle(incoming, response)
        else answer(response, 401, why)
      }
      const dispatcher = new Dispatcher({ ...rights, apis, endpoint: 'ws', clock, log })
      const clients = new WsClients(dispatcher, { origins: AUTH_ORIGINS, limits, clock, log, unauthorized })
      const use = { what: 'authenticated JSON-RPC', request, upgrade: clients.upgrade }
      const open = await new HttpHosts().open(use, { host, port, limits, clock, log })
      return openEndpoint(`http://${open.address}`, async () => {
        await Promise.all([open.close().closed, clients.close()])
      })
    },
  }
}
