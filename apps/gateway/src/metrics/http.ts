// A port of its own for whoever watches over the node: metrics, and whether it is up. Never a path of the public web port.
import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { asError, type Logger, silentLogger } from '@ethspan/core'
import { listen } from '../listen.js'
import type { PrometheusMetrics } from './registry.js'

/** geth's `--metrics.port`. */
export const DEFAULT_METRICS_PORT = 6060
/** Metrics tell how busy a node is and with what: nobody else's business. geth's has no default. */
export const DEFAULT_METRICS_HOST = '127.0.0.1'
/** geth's path. */
export const METRICS_PATH = '/debug/metrics/prometheus'

/** Milliseconds until a request is here whole. A scraper's is one packet. */
const REQUEST_TIMEOUT = 5_000
/** Connections at most: some scrapers, some health checks, and none of theirs that hang can keep the next one out for long. */
const MAX_CONNECTIONS = 32
/** Bytes of a request's line and headers. */
const MAX_HEADER_BYTES = 8 * 1024

export interface MetricsServerOptions {
  readonly metrics: PrometheusMetrics
  /** Default {@link DEFAULT_METRICS_HOST}. */
  readonly host?: string
  /** Default {@link DEFAULT_METRICS_PORT}; 0 for any free one. */
  readonly port?: number
  /** Whether the node runs and listens: what `/readyz` answers. */
  readonly ready: () => boolean
  readonly log?: Logger
}

/** An open metrics port. */
export interface MetricsServer {
  /** Its URL, such as `http://127.0.0.1:6060/`. */
  readonly address: string
  readonly port: number
  /** Closes it with every connection that is left. Idempotent. */
  close(): Promise<void>
}

/**
 * Opens the metrics port: `/debug/metrics/prometheus`, `/healthz` (200 while the process answers) and `/readyz` (200 while
 * the node runs and listens, else 503). Open it before the node starts and close it after the node has stopped.
 * @throws {EthspanError} ERR_LISTEN
 */
export async function startMetrics(options: MetricsServerOptions): Promise<MetricsServer> {
  const { host = DEFAULT_METRICS_HOST, port = DEFAULT_METRICS_PORT, log = silentLogger } = options
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    answer(request, response, options).catch((error: unknown) => {
      log.error('the metrics could not be read', { error: asError(error) })
      line(response, 500, 'The metrics could not be read; the log says why.')
    })
  })
  server.headersTimeout = REQUEST_TIMEOUT
  server.requestTimeout = REQUEST_TIMEOUT
  server.maxConnections = MAX_CONNECTIONS
  const open = await listen(server, host, port, { forWhom: 'for metrics', flag: '--metrics.' })
  return { address: open.url, port: open.port, close: open.close }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { metrics, ready }: MetricsServerOptions,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('Allow', 'GET, HEAD')
    return line(response, 405, 'Only GET and HEAD are answered here.')
  }
  switch ((request.url ?? '/').split('?', 1)[0]) {
    case METRICS_PATH:
      return send(response, 200, metrics.contentType, await metrics.text())
    case '/healthz':
      return line(response, 200, 'The process is up.')
    case '/readyz':
      return ready() ? line(response, 200, 'The node runs.') : line(response, 503, 'The node does not run now.')
    default:
      return line(response, 404, `There are ${METRICS_PATH}, /healthz and /readyz.`)
  }
}

const line = (response: ServerResponse, status: number, text: string) =>
  send(response, status, 'text/plain; charset=utf-8', `${status} ${STATUS_CODES[status]}: ${text}\n`)

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  })
  // Node leaves out the body of an answer to HEAD.
  response.end(body)
}
