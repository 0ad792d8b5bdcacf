// Requests for a WebSocket: where they come from, and how they are refused.
import { type IncomingMessage, STATUS_CODES } from 'node:http'
import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { plainIp } from '@ethspan/core/netutil'

/** An HTTP answer that is not an upgrade: `text` is one line for people. */
export interface Refusal {
  readonly status: 403 | 404 | 429 | 503
  readonly text: string
}

/** Milliseconds after which a socket is cut that has been refused and does not go away. */
const REFUSAL_TIMEOUT = 5_000

/** The path of a request, without its query. */
export const pathOf = (request: IncomingMessage): string => (request.url ?? '').split('?', 1)[0] ?? ''

/** The address a request comes from; behind a proxy that is trusted, the one that the proxy saw. */
export function addressOf(request: IncomingMessage, trustProxy: boolean): string {
  const socket = plainIp(request.socket.remoteAddress ?? '')
  if (!trustProxy) return socket
  // Each proxy appends whom it talked to; only the last entry is our own proxy's word.
  const last = plainIp(lastOf(request.headers['x-forwarded-for']))
  return isIP(last) === 0 ? socket : last
}

export interface OriginPolicy {
  readonly origins: readonly string[] | undefined
  readonly externalUrl: URL | undefined
  readonly trustProxy: boolean
}

/** Whether the page that asks may watch. What is no browser names no origin, and may. */
export function isOriginAllowed({ headers }: IncomingMessage, policy: OriginPolicy): boolean {
  const { origin } = headers
  if (origin === undefined) return true
  const { origins, externalUrl, trustProxy } = policy
  if (origins !== undefined) return origins.includes('*') || origins.includes(origin)
  if (!URL.canParse(origin)) return false
  const page = new URL(origin)
  if (externalUrl?.host === page.host) return true
  const host = (trustProxy && lastOf(headers['x-forwarded-host'])) || headers.host || ''
  // Under the page's scheme, so that a default port counts the same whether it is written or not.
  const own = `${page.protocol}//${host}`
  return URL.canParse(own) && new URL(own).host === page.host
}

/** What geth sends as its origin, and others after it; no page is served there that could dial. */
const REPORTER_ORIGIN = 'http://localhost'

/** Whether who asks is a program, or a page that may watch. */
export const isOwnReporter = (request: IncomingMessage, policy: OriginPolicy): boolean =>
  request.headers.origin === REPORTER_ORIGIN || isOriginAllowed(request, policy)

const lastOf = (header: string | string[] | undefined): string =>
  ([header ?? []].flat().join(',').split(',').at(-1) ?? '').trim()

/** Answers a request for an upgrade with a status and one line of text, and hangs up. */
export function refuse(socket: Duplex, { status, text }: Refusal): void {
  const body = `${text}\n`
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ]
  // One that does not read its refusal must not hold the socket.
  if ('setTimeout' in socket && typeof socket.setTimeout === 'function') {
    socket.setTimeout(REFUSAL_TIMEOUT, () => socket.destroy())
  }
  socket.once('finish', () => socket.destroy())
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}
