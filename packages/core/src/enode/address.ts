// The parts of node addresses, read the same way wherever they stand: in a URL, in a record, in an option.
import { EthspanError } from '../errors.js'
import type { Endpoint } from './endpoint.js'
import { formatIp, isHostName, parseIp, urlHost } from './ip.js'

/** Characters of a node address or a WebSocket URL: what browsers and proxies take without question. */
export const MAX_ADDRESS_LENGTH = 2048

/** How each form looks, for error messages. */
export const ADDRESS_FORMS = {
  enode: 'enode://<128 hex digits>@<host>:<port>',
  'enode+ws': 'enode+ws://<128 hex digits>@<host>:<port>/<path>',
  'enode+wss': 'enode+wss://<128 hex digits>@<host>:<port>/<path>',
} as const

/** `part` of an address is wrong; `form` is how the address should look. */
export function invalidAddress(part: string, problem: string, form: string, cause?: unknown): EthspanError {
  return new EthspanError('ERR_INVALID_ENODE', `${problem}; expected ${form}`, { fields: { part }, cause })
}

/** Text from outside, quoted on one line and cut to a length that a person reads. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
}

/** Host and port of `host:port` as they were written; `port` is undefined where there is no colon. */
export function splitHostPort(text: string, form: string): { host: string; port: string | undefined } {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(text)
  const port = match?.[3]
  if (!match || port?.includes(':')) {
    throw invalidAddress('host', `the host in ${quote(text)} can't be read (an IPv6 address stands in brackets)`, form)
  }
  const [, bracketed, plain] = match
  if (bracketed !== undefined && !(bracketed.includes(':') && parseIp(bracketed))) {
    throw invalidAddress('host', `${quote(bracketed)} in brackets is not an IPv6 address`, form)
  }
  return { host: bracketed ?? plain!, port }
}

/** The canonical text of an IP address or host name; a name keeps its case, as in geth. */
export function readHost(text: string, form: string): string {
  const ip = parseIp(text)
  if (ip) return formatIp(ip)
  if (!isHostName(text)) throw invalidAddress('host', `${quote(text)} is neither an IP address nor a host name`, form)
  return text
}

/** A decimal port from `min` to 65535. */
export function readPort(text: string | undefined, what: string, min: number, form: string): number {
  // Leading zeros count for nothing, as in geth; the length is bounded by the address's.
  const port = text !== undefined && /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (text === undefined || text === '') throw invalidAddress(what, `the ${what} is missing`, form)
  if (!(port >= min && port <= 65535)) {
    throw invalidAddress(what, `the ${what} ${quote(text)} is not a number from ${min} to 65535`, form)
  }
  return port
}

/**
 * The canonical form of a WebSocket URL: lower-case host, canonical IP address, no default port, dot segments resolved.
 * @throws {EthspanError} ERR_INVALID_ENODE for another scheme, a user name, a fragment, characters outside of RFC 3986, a
 * host that is none, or more than {@link MAX_ADDRESS_LENGTH} characters.
 */
export function readWebSocketUrl(
  text: string,
  form = 'ws://<host>:<port>/<path> or wss://<host>:<port>/<path>',
): string {
  checkText(text, form)
  const match = /^(wss?):\/\/([^/?#]*)([^#]*)(#.*)?$/i.exec(text)
  if (!match) throw invalidAddress('scheme', `${quote(text)} is not a WebSocket URL`, form)
  const [, scheme, authority, tail, fragment] = match
  if (fragment !== undefined) throw invalidAddress('fragment', 'a WebSocket URL has no fragment (#…)', form)
  if (authority!.includes('@')) throw invalidAddress('user', 'a WebSocket URL here has no user name', form)
  const { host, port } = splitHostPort(authority!, form)
  const canonicalHost = urlHost(readHost(host, form))
  const portText = port === undefined ? '' : `:${readPort(port, 'port', 1, form)}`
  // The rest of the path rules (dot segments, default ports) are the URL standard's.
  const url = `${scheme}://${canonicalHost}${portText}${tail}`
  try {
    return new URL(url).href
  } catch (cause) {
    throw invalidAddress('url', `${quote(text)} is not a URL`, form, cause)
  }
}

/** Refuses what no address contains before anything else looks at it. */
export function checkText(text: string, form: string): void {
  if (text.length > MAX_ADDRESS_LENGTH) {
    throw invalidAddress(
      'length',
      `an address has at most ${MAX_ADDRESS_LENGTH} characters, this one has ${text.length}`,
      form,
    )
  }
  // Unreserved, reserved and percent (RFC 3986, section 2); backslash, blanks and the like are read differently by everyone.
  const stray = /[^A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]/.exec(text)
  if (stray) throw invalidAddress('characters', `${quote(stray[0])} can't be part of an address`, form)
}

/**
 * `endpoint` with every part in canonical form; a port of 0 means none.
 * @throws {EthspanError} ERR_INVALID_ENODE
 */
export function checkEndpoint(endpoint: Endpoint): Endpoint {
  const { host, tcpPort, udpPort, ws } = endpoint
  return {
    ...(host === undefined ? {} : { host: readHost(host, 'an IP address or a host name') }),
    ...checkPort('tcpPort', tcpPort),
    ...checkPort('udpPort', udpPort),
    ...(ws === undefined ? {} : { ws: readWebSocketUrl(ws) }),
  }
}

function checkPort(name: 'tcpPort' | 'udpPort', port: number | undefined): Endpoint {
  if (port === undefined || port === 0) return {}
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw invalidAddress(name, `the ${name} ${port} is out of range`, 'an integer from 1 to 65535')
  }
  return { [name]: port }
}
