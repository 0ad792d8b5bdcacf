import type { IncomingMessage, ServerResponse } from 'node:http'
import type { EndpointContext, OpenEndpoint, RpcEndpoint } from '@ethspan/node'
import { Dispatcher } from '../dispatcher.js'
import { defaultRpcLimits, type RpcLimits } from '../limits.js'
import { cors } from './cors.js'
import { answer, HttpHosts, type RequestHandler } from './http-hosts.js'
import { defaultEndpointLimits, type EndpointLimits, WRITE_RESERVE_MS } from './limits.js'
import { checkListenOptions, warnOfMissing } from './options.js'
import { hostAllowed } from './vhosts.js'

/** Geth: `DefaultHTTPHost`, as an address; and `DefaultHTTPPort`. */
export const DEFAULT_HTTP_HOST = '127.0.0.1'
export const DEFAULT_HTTP_PORT = 8545

/** What strangers may ask: geth's `HTTPModules` and `WSModules`. */
export const DEFAULT_APIS: readonly string[] = ['net', 'web3']

export interface HttpOptions {
  /** Address to listen on. Default 127.0.0.1: this machine only. */
  readonly host?: string
  /** 0 for any free one. Default 8545. */
  readonly port?: number
  /** Namespaces to offer. Default net and web3. */
  readonly apis?: readonly string[]
  /** Origins whose pages may read answers: `https://app.example`, `*`. Default none. */
  readonly cors?: readonly string[]
  /** Names that may stand in the Host header, `*` for any; addresses always may. Default localhost. */
  readonly vhosts?: readonly string[]
  readonly limits?: Partial<RpcLimits & EndpointLimits>
  /** Give the same to `ws` and both share a server where host and port are the same. Default: its own. */
  readonly hosts?: HttpHosts
}

/**
 * JSON-RPC over HTTP: POST with `Content-Type: application/json`. An empty GET is answered 200, for whoever checks that the
 * node lives.
 * @throws {EthspanError} ERR_INVALID_OPTION; `open` rejects with ERR_LISTEN.
 */
export function http(options: HttpOptions = {}): RpcEndpoint {
  const { host = DEFAULT_HTTP_HOST, port = DEFAULT_HTTP_PORT, hosts = new HttpHosts() } = options
  const namespaces = options.apis ?? DEFAULT_APIS
  checkListenOptions('http', host, port)
  return {
    name: 'http',
    async open(context) {
      const limits = { ...defaultEndpointLimits, ...options.limits }
      warnOfMissing('http', namespaces, context)
      const dispatcher = httpDispatcher(context, limits, { namespaces, limits: options.limits })
      const request = httpHandler(dispatcher, {
        cors: options.cors ?? [],
        vhosts: options.vhosts ?? ['localhost'],
        limits,
        context,
      })
      const what = 'JSON-RPC over HTTP'
      const { clock, log } = context
      const open = await hosts.open({ what, request }, { host, port, limits, clock, log })
      return openEndpoint(`http://${open.address}`, () => open.close().closed)
    },
  }
}

/** A dispatcher whose calls end before the HTTP server cuts their answer. */
export function httpDispatcher(
  { apis, log, clock }: EndpointContext,
  { writeTimeout }: EndpointLimits,
  options: {
    readonly namespaces?: readonly string[]
    readonly authenticated?: boolean
    readonly limits?: Partial<RpcLimits>
  },
): Dispatcher {
  const callTimeout = Math.max(1, writeTimeout - WRITE_RESERVE_MS)
  return new Dispatcher({ ...options, apis, endpoint: 'http', callTimeout, log, clock })
}

export interface HttpPolicy {
  readonly cors: readonly string[]
  readonly vhosts: readonly string[]
  readonly limits: EndpointLimits
  readonly context: EndpointContext
}

/** Media types of a request. Geth: `acceptedContentTypes`. */
const CONTENT_TYPES = ['application/json', 'application/json-rpc', 'application/jsonrequest']

/** Checks in geth's order: host, origin, path, method, size, type; then the call. */
export function httpHandler(
  dispatcher: Dispatcher,
  { cors: origins, vhosts, limits, context }: HttpPolicy,
): RequestHandler {
  const bodyLimit = dispatcher.limits.bodyBytes ?? defaultRpcLimits.bodyBytes
  return async (request, response) => {
    if (!hostAllowed(request.headers.host, vhosts)) return answer(response, 403, 'invalid host specified')
    if (cors(request, response, origins)) return
    const [path, query] = (request.url ?? '').split('?', 2)
    if (path !== '/') return answer(response, 404, 'not found')
    const { method } = request
    const length = Number(request.headers['content-length'] ?? 0)
    const chunked = request.headers['transfer-encoding'] !== undefined
    if (method === 'GET' && length === 0 && !chunked && query === undefined) {
      response.writeHead(200).end()
      return
    }
    if (method === 'PUT' || method === 'DELETE') return answer(response, 405, 'method not allowed')
    if (length > bodyLimit) return tooLarge(request, response, length, bodyLimit)
    if (method !== 'OPTIONS' && !acceptedType(request.headers['content-type'])) {
      return answer(response, 415, 'invalid content type, only application/json is supported')
    }
    const body = await readBody(request, bodyLimit)
    if (body.length > bodyLimit) return tooLarge(request, response, body.length, bodyLimit)
    const late = context.clock.setTimeout(() => request.socket.destroy(), limits.writeTimeout)
    response.once('close', () => late.cancel())
    await answerCall(dispatcher, request, response, body)
  }
}

function acceptedType(header: string | undefined): boolean {
  return CONTENT_TYPES.includes((header ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '')
}

function tooLarge(request: IncomingMessage, response: ServerResponse, length: number, limit: number): void {
  // What is still to come is not read.
  response.setHeader('Connection', 'close')
  answer(response, 413, `content length too large (${length}>${limit})`)
  response.once('finish', () => request.socket.destroySoon())
}

/** The body, or its first bytes that pass the limit. Rejects where the client goes away in the middle. */
async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    if (length > limit) break
  }
  return Buffer.concat(chunks)
}

async function answerCall(
  dispatcher: Dispatcher,
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): Promise<void> {
  const text = body.toString('utf8')
  // Geth answers an empty body with an empty answer.
  if (text.trim() === '') {
    response.writeHead(200).end()
    return
  }
  const gone = new AbortController()
  const onClose = () => gone.abort(new Error('the client is gone'))
  response.once('close', onClose)
  const { text: result = '' } = await dispatcher.answer(text, { signal: gone.signal })
  response.off('close', onClose)
  if (request.socket.destroyed) return
  const bytes = Buffer.from(result)
  response.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': bytes.length })
  response.end(bytes)
}

/** An open endpoint whose `close` may be called twice. */
export function openEndpoint(address: string, close: () => Promise<void>): OpenEndpoint {
  let closed: Promise<void> | undefined
  return {
    address,
    close() {
      closed ??= close()
      return closed
    },
  }
}
