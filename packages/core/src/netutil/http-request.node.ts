// What an HTTP request says of who sends it and what it is sent to, and what of that can be believed. What follows from it,
// such as which other pages are let in, is the matter of whoever answers.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { hostname } from 'node:os'
import { isLoopback, parseIp } from '../enode/ip.js'
import { plainIp } from './netlist.node.js'

/** Characters of a Host header: the longest DNS name and a port. */
const MAX_HOST_LENGTH = 259

/** What is read of a request. */
export interface HttpRequest {
  readonly headers: IncomingHttpHeaders
  readonly socket: Pick<Socket, 'localAddress' | 'remoteAddress'>
}

/** How clients reach a server, as whoever runs it says. */
export interface HttpReach {
  /** The URL under which browsers reach it, such as a proxy's. Undefined: what each request says. */
  readonly externalUrl: URL | undefined
  /** Behind a reverse proxy: believe X-Forwarded-For, -Host and -Proto. Never where clients reach the port directly. */
  readonly trustProxy: boolean
}

/** The path of a request, without its query. */
export const pathOf = ({ url = '' }: Pick<IncomingMessage, 'url'>): string => url.split('?', 1)[0] ?? ''

/** The address that a request comes from; behind a proxy that is trusted, the one that the proxy saw. */
export function clientAddress({ headers, socket }: HttpRequest, trustProxy: boolean): string {
  const forwarded = trustProxy ? lastOf(headers['x-forwarded-for']) : undefined
  const seen = plainIp(forwarded ?? '')
  return parseIp(seen) === undefined ? plainIp(socket.remoteAddress ?? '') : seen
}

/** What a client calls the server: the `host` or `host:port` that it asks for, and whether by TLS. */
export interface AskedHost {
  readonly host: string
  readonly tls: boolean
}

/** What the client that sent this calls the server; undefined where it does not say, or says what is no host. */
export function askedHost({ headers }: Pick<HttpRequest, 'headers'>, trustProxy: boolean): AskedHost | undefined {
  const forwarded = (name: string) => (trustProxy ? lastOf(headers[name]) : undefined)
  const host = forwarded('x-forwarded-host') ?? headers.host
  if (host === undefined || !isHost(host)) return undefined
  return { host, tls: forwarded('x-forwarded-proto') === 'https' }
}

/**
 * Whether a page of this server's own host sent the request: browsers say where a page is from, and let no page say otherwise.
 * On loopback a name counts only if it is the machine's own: whoever owns another may have pointed it here while their page was
 * open (DNS rebinding), and then that is a page of this host to the browser. So a proxy on the same machine that passes its
 * client's Host on has to be trusted, or its URL named.
 */
export function isOwnPage(request: HttpRequest, { externalUrl, trustProxy }: HttpReach): boolean {
  const { origin = '' } = request.headers
  if (!URL.canParse(origin)) return false
  const page = new URL(origin)
  if (externalUrl?.host === page.host) return true
  // Under the page's scheme, so that a default port counts the same whether it is written or not.
  const own = `${page.protocol}//${askedHost(request, trustProxy)?.host ?? ''}`
  if (!URL.canParse(own) || new URL(own).host !== page.host) return false
  return trustProxy || !isLoopback(plainIp(request.socket.localAddress ?? '')) || isOwnName(page.hostname)
}

/** Whether nobody but this machine can say where a host leads: an address, a name of loopback, the machine's name. */
function isOwnName(host: string): boolean {
  if (isLoopback(host) || host === hostname().toLowerCase()) return true
  return parseIp(host.replace(/^\[(.*)\]$/, '$1')) !== undefined
}

/** Each proxy appends to such a header; only the last entry is our own proxy's word. */
function lastOf(header: string | string[] | undefined): string | undefined {
  return [header ?? []].flat().join(',').split(',').at(-1)?.trim() || undefined
}

/** A name or an IPv4 address, or an IPv6 address in brackets; then perhaps a port. */
function isHost(text: string): boolean {
  if (text.length > MAX_HOST_LENGTH || !/^([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i.test(text)) return false
  return URL.canParse(`http://${text}`)
}
