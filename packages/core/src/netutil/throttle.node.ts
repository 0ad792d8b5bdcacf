import { parseIp } from '../enode/ip.js'
import { EthspanError } from '../errors.js'
import type { Clock } from '../platform/clock.js'
import { type Rate, TokenBucket } from '../platform/token-bucket.js'
import { isLAN, plainIp } from './netlist.node.js'

/** geth's `inboundThrottleTime`, p2p/server.go. */
const INBOUND_INTERVAL_MS = 30_000
/** About 8 MB at most. More distinct addresses within one interval are a flood that throttling by address can't stop. */
const MAX_ADDRESSES = 65_536

export interface InboundThrottleOptions {
  readonly clock: Pick<Clock, 'now'>
  /** Milliseconds between two admissions of one address. Default 30,000, as geth. */
  readonly intervalMs?: number
  /** How many addresses are remembered; past it the oldest is forgotten. Default 65,536. */
  readonly maxAddresses?: number
}

/** Lets one inbound connection per interval through from each address outside of the local network, geth's `checkInboundConn`. */
export class InboundThrottle {
  readonly #clock: Pick<Clock, 'now'>
  readonly #intervalMs: number
  readonly #maxAddresses: number
  /** Address to the time from which on it is welcome again; in the order of these times. */
  readonly #history = new Map<string, number>()

  constructor(options: InboundThrottleOptions) {
    this.#clock = options.clock
    this.#intervalMs = atLeast('intervalMs', options.intervalMs ?? INBOUND_INTERVAL_MS, 0)
    this.#maxAddresses = atLeast('maxAddresses', options.maxAddresses ?? MAX_ADDRESSES, 1)
  }

  /** Whether a connection from `ip` may go on now. A refused one does not put the next off. */
  admit(ip: string): boolean {
    if (isLAN(ip)) return true
    const now = this.#clock.now()
    const address = plainIp(ip)
    for (const [old, until] of this.#history) {
      if (until > now) break
      this.#history.delete(old)
    }
    if (this.#history.has(address)) return false
    if (this.#history.size >= this.#maxAddresses) this.#history.delete(this.#history.keys().next().value!)
    this.#history.set(address, now + this.#intervalMs)
    return true
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#history.size
  }
}

export interface TokenBucketsOptions extends Rate {
  readonly clock: Pick<Clock, 'now'>
  /** How many addresses are remembered; past it the one longest unseen is forgotten. Default 65,536. */
  readonly maxAddresses?: number
}

/**
 * A token bucket for each address: bursts up to `capacity`, `refillPerSecond` on average. An IPv6 address counts as its
 * /64, which is the least that one subscriber has.
 */
export class TokenBuckets {
  readonly #clock: Pick<Clock, 'now'>
  readonly #rate: Rate
  readonly #maxAddresses: number
  /** Least recently seen first. */
  readonly #buckets = new Map<string, TokenBucket>()

  constructor(options: TokenBucketsOptions) {
    this.#clock = options.clock
    this.#rate = {
      capacity: atLeast('capacity', options.capacity, 1),
      refillPerSecond: atLeast('refillPerSecond', options.refillPerSecond, 0),
    }
    this.#maxAddresses = atLeast('maxAddresses', options.maxAddresses ?? MAX_ADDRESSES, 1)
  }

  /** Takes `tokens` of the address's bucket; false, and none is taken, when it holds less. */
  take(ip: string, tokens = 1): boolean {
    const key = bucketKey(ip)
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#rate, this.#clock)
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > this.#maxAddresses) this.#buckets.delete(this.#buckets.keys().next().value!)
    return bucket.tryTake(tokens)
  }

  /** How many addresses are remembered. */
  get size(): number {
    return this.#buckets.size
  }
}

function bucketKey(ip: string): string {
  const address = plainIp(ip)
  const bytes = parseIp(address)
  return bytes?.length === 16 ? bytes.subarray(0, 8).join('.') : address
}

function atLeast(name: string, value: number, least: number): number {
  if (value >= least) return value
  throw new EthspanError('ERR_INVALID_OPTION', `${name} is ${value}, it must be ${least} or more`, {
    fields: { [name]: value },
  })
}
