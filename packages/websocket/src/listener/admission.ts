import type { IncomingMessage } from 'node:http'
import type { Clock } from '@ethspan/core'
import {
  clientAddress,
  type HttpReach,
  isLAN,
  isOwnPage,
  type Netlist,
  parseNetlist,
  type Refusal,
  TokenBuckets,
} from '@ethspan/core/netutil'
import { DEFAULT_RATE, MAX_CONNECTIONS } from '../limits.js'
import type { WebSocketListenerOptions } from './options.js'

/** Seconds; for rates of nearly nothing. */
const MAX_RETRY_AFTER = 3600

const FORBIDDEN_ORIGIN = (origin: string): Refusal => ({
  status: 403,
  text: `Pages from ${JSON.stringify(origin)} may not connect here.`,
})
const FORBIDDEN_ADDRESS: Refusal = { status: 403, text: 'Your address may not connect here.' }
const OTHER_VERSION: Refusal = {
  status: 426,
  text: 'Only version 13 of the WebSocket protocol is spoken here.',
  headers: { 'Sec-WebSocket-Version': '13' },
}
const FULL: Refusal = { status: 503, text: 'All places are taken; try again later.', headers: { 'Retry-After': '30' } }

/** The listener's policy: who may upgrade. One for each `listen`. */
export class Admission {
  readonly #options: WebSocketListenerOptions
  readonly #reach: HttpReach
  readonly #netRestrict: Netlist | undefined
  readonly #rate: { readonly capacity: number; readonly refillPerSecond: number; readonly lan?: boolean }
  readonly #buckets: TokenBuckets
  readonly #maxConnections: number

  constructor(options: WebSocketListenerOptions, clock: Clock) {
    this.#options = options
    const { externalUrl, trustProxy = false } = options
    this.#reach = { externalUrl: externalUrl === undefined ? undefined : new URL(externalUrl), trustProxy }
    this.#netRestrict =
      typeof options.netRestrict === 'string' ? parseNetlist(options.netRestrict) : options.netRestrict
    this.#rate = options.rate ?? DEFAULT_RATE
    this.#buckets = new TokenBuckets({ ...this.#rate, clock })
    this.#maxConnections = options.maxConnections ?? MAX_CONNECTIONS
  }

  /** The address the request comes from. */
  addressOf(request: IncomingMessage): string {
    return clientAddress(request, this.#reach.trustProxy)
  }

  /** Why the upgrade is refused, undefined when it is welcome. Takes one of the address's tokens. */
  refusal(request: IncomingMessage, address: string, connections: number): Refusal | undefined {
    if (request.headers['sec-websocket-version'] !== '13') return OTHER_VERSION
    if (this.#netRestrict !== undefined && !this.#netRestrict.contains(address)) return FORBIDDEN_ADDRESS
    const origin = request.headers.origin
    if (origin !== undefined && !this.#allows(origin, request)) return FORBIDDEN_ORIGIN(origin)
    if (connections >= this.#maxConnections) return FULL
    return this.#throttle(address)
  }

  #allows(origin: string, request: IncomingMessage): boolean {
    const { origins } = this.#options
    if (origins === undefined) return isOwnPage(request, this.#reach)
    return origins.includes('*') || origins.includes(origin)
  }

  #throttle(address: string): Refusal | undefined {
    if (this.#rate.lan !== true && isLAN(address)) return undefined
    if (this.#buckets.take(address)) return undefined
    // The longest wait for a token, a sign to be patient rather than an appointment.
    const seconds = Math.min(MAX_RETRY_AFTER, Math.ceil(1 / this.#rate.refillPerSecond))
    return {
      status: 429,
      text: `Too many connections from your address; try again in ${seconds} s.`,
      headers: { 'Retry-After': `${seconds}` },
    }
  }
}
