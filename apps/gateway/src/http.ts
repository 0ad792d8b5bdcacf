// The gateway's HTTP side: the page, what pages need to know of the node and its chain, the faucet, and one line of text for
// everything else. Upgrades of `/p2p` belong to the WebSocket listener, those of the stats page to its own, which share the server.
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import { askedHost, type HttpReach, isOwnPage, pathOf } from '@ethspan/core/netutil'
import type { AccountProofs } from './chain/account-proofs.js'
import { P2P_PATH } from './config.js'
import type { FaucetReply } from './faucet/faucet-http.js'
import type { Page, PageFile } from './page.js'

/** Milliseconds until a request's headers are here. A browser sends them in one packet; who trickles them is an attacker. */
const HEADERS_TIMEOUT = 5_000
/** Milliseconds until the whole request is here. None that we answer has more of a body than an address. */
const REQUEST_TIMEOUT = 10_000
/** Milliseconds an idle connection stays for the next request. Node's default. */
const KEEP_ALIVE_TIMEOUT = 5_000
/** Bytes of a request's line and headers; half of Node's default, and twice what a browser with cookies sends. */
const MAX_HEADER_BYTES = 8 * 1024

const securityHeaders = {
  'Content-Security-Policy': [
    "default-src 'self'",
    // The frame MAC's Keccak is WebAssembly.
    "script-src 'self' 'wasm-unsafe-eval'",
    // The page dials whatever node its user names.
    "connect-src 'self' ws: wss: http: https:",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
}
/** Where the page asks what an account has. */
const ACCOUNT_PATH = '/account/'
/** Where the page asks for coins of the development chain. */
const FAUCET_PATH = '/faucet'

/** Over plain http browsers ignore it, and call that an error. */
const tlsHeaders = { 'Cross-Origin-Opener-Policy': 'same-origin' }

export interface GatewayHttpOptions extends HttpReach {
  /** Undefined: none is served. */
  readonly page: Page | undefined
  /** What `/` says where there is no page; one line. */
  readonly noPage: string
  /** The answer to `GET /node.json`, for a client that reaches the WebSocket at `wsUrl`. */
  readonly nodeInfo: (wsUrl: string) => object
  /** The answer to `GET /genesis.json`, geth's form; undefined: there is none. */
  readonly genesis?: string | undefined
  /** Answers `POST /faucet` of this gateway's own pages; undefined: there is none. */
  readonly faucet?: ((request: IncomingMessage) => Promise<FaucetReply>) | undefined
  /** Answers `GET /account/<address>?block=<hash>`; undefined: there is no state to be asked. */
  readonly proofs?: AccountProofs | undefined
  /** Told what an answer failed by. */
  failed?(what: string, error: unknown): void
  /** Origins whose pages may read `/node.json`, `*` for all; pages from here may always. */
  readonly origins: readonly string[]
  /** Open connections at most, WebSockets included. */
  readonly maxConnections: number
}

/** The HTTP server, not listening yet. */
export function createHttpServer(options: GatewayHttpOptions): Server {
  const settings = { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_TIMEOUT }
  const server = createServer(settings, async (request, response) => {
    const { status, headers, body } = await replyTo(request, options).catch((error: unknown) => {
      // Whoever hung up in the middle of a request gets no answer anyway.
      if (!request.socket.destroyed) options.failed?.(`${request.method} ${request.url} failed`, error)
      return line(500, 'Something failed here; the log of the gateway says what.', CLOSE)
    })
    // A 304 has no body, and the length it would tell is the file's.
    const length = status === 304 ? {} : { 'Content-Length': Buffer.byteLength(body) }
    const overTls = webSocketUrl(request, options)?.startsWith('wss:') ? tlsHeaders : {}
    response.writeHead(status, { ...securityHeaders, ...overTls, ...headers, ...length })
    response.end(request.method === 'HEAD' ? undefined : body)
  })
  server.headersTimeout = HEADERS_TIMEOUT
  server.requestTimeout = REQUEST_TIMEOUT
  server.maxConnections = options.maxConnections
  return server
}

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

/** An answer of one line. */
const line = (status: number, text: string, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', ...headers },
  body: `${status} ${STATUS_CODES[status]}: ${text}\n`,
})

async function replyTo(request: IncomingMessage, options: GatewayHttpOptions): Promise<Reply> {
  const path = pathOf(request)
  if (path === FAUCET_PATH && options.faucet !== undefined) return faucetJson(request, options, options.faucet)
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return line(405, 'Only GET and HEAD are answered here.', { Allow: 'GET, HEAD' })
  }
  if (path === '/node.json') return nodeJson(request, options)
  if (path.startsWith(ACCOUNT_PATH) && options.proofs !== undefined)
    return accountJson(request, options, options.proofs)
  if (path === '/genesis.json' && options.genesis !== undefined) return json(request, options, 200, options.genesis)
  if (path === P2P_PATH) {
    return line(426, 'This is a WebSocket that speaks devp2p: connect with one.', { Upgrade: 'websocket' })
  }
  const file = options.page?.get(path)
  if (file !== undefined) return pageReply(request, file)
  return line(404, path === '/' ? options.noPage : 'There is nothing here.')
}

function pageReply({ headers: asked }: IncomingMessage, { body, gzip, etag, headers }: PageFile): Reply {
  // Each encoding is a representation of its own (RFC 9110, section 8.8.3).
  const packed =
    gzip !== undefined && /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(`${asked['accept-encoding'] ?? ''}`)
  const tag = packed ? etag.replace(/"$/, '-gzip"') : etag
  if (asked['if-none-match'] === tag) return { status: 304, headers: { ...headers, ETag: tag }, body: '' }
  return {
    status: 200,
    headers: { ...headers, ETag: tag, ...(packed ? { 'Content-Encoding': 'gzip' } : {}) },
    body: packed ? gzip : body,
  }
}

function nodeJson(request: IncomingMessage, options: GatewayHttpOptions): Reply {
  const wsUrl = webSocketUrl(request, options)
  if (wsUrl === undefined) return line(400, 'The Host header is not a host.')
  return json(request, options, 200, `${JSON.stringify(options.nodeInfo(wsUrl), null, 2)}\n`)
}

/** JSON that pages of allowed origins may read. */
function json({ headers }: IncomingMessage, { origins }: GatewayHttpOptions, status: number, body: string): Reply {
  const { origin = '' } = headers
  const isAllowed = origin !== '' && (origins.includes('*') || origins.includes(origin))
  return {
    status,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      'Cache-Control': 'no-store',
      Vary: 'Origin',
      ...(isAllowed ? { 'Access-Control-Allow-Origin': origin } : {}),
    },
    body,
  }
}

async function accountJson(
  request: IncomingMessage,
  options: GatewayHttpOptions,
  proofs: AccountProofs,
): Promise<Reply> {
  const asked = /^\/account\/0x([0-9a-f]{40})\?block=0x([0-9a-f]{64})$/.exec(request.url ?? '')
  if (asked === null) return line(400, 'Ask for /account/<address>?block=<hash>, both 0x and hex digits.')
  const accountProof = await proofs(asked[1]!, asked[2]!)
  if (accountProof === undefined) return line(404, 'The state after this block is not here.')
  return json(request, options, 200, `${JSON.stringify({ accountProof })}\n`)
}

/** What is left of the request's body is not waited for. */
const CLOSE = { Connection: 'close' }

async function faucetJson(
  request: IncomingMessage,
  options: GatewayHttpOptions,
  faucet: NonNullable<GatewayHttpOptions['faucet']>,
): Promise<Reply> {
  if (request.method !== 'POST') return line(405, 'The faucet is asked by POST.', { Allow: 'POST', ...CLOSE })
  if (!isOwnPage(request, options)) {
    return line(403, 'The faucet is for pages of this gateway; elsewhere there is dev_fund over JSON-RPC.', CLOSE)
  }
  const { status, body } = await faucet(request)
  const { headers } = json(request, options, status, body)
  return { status, headers: status === 200 ? headers : { ...headers, ...CLOSE }, body: `${body}\n` }
}

/** Where the client that sent `request` reaches the WebSocket; undefined when it does not say. */
export function webSocketUrl(
  request: Pick<IncomingMessage, 'headers'>,
  { externalUrl, trustProxy }: HttpReach,
): string | undefined {
  if (externalUrl !== undefined) return externalWebSocketUrl(externalUrl)
  const asked = askedHost(request, trustProxy)
  return asked && `${asked.tls ? 'wss' : 'ws'}://${asked.host}${P2P_PATH}`
}

/** The WebSocket of a gateway that browsers call `url`; a path there is a prefix that the proxy takes off. */
export function externalWebSocketUrl(url: URL): string {
  const prefix = url.pathname.replace(/\/+$/, '')
  return `${url.protocol === 'https:' ? 'wss' : 'ws'}://${url.host}${prefix}${P2P_PATH}`
}
