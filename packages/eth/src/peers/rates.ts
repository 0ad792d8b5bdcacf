// How fast peers answer, and so how much to ask of each and how long to wait: geth's p2p/msgrate.
import type { Clock } from '@ethspan/core'
import {
  FIRST_ROUND_TRIP_MS,
  MAX_ROUND_TRIP_MS,
  MAX_TIMEOUT_MS,
  MIN_ROUND_TRIP_MS,
  TIMEOUT_ROUND_TRIPS,
} from '../limits.js'

/** What is asked for; a peer has a speed for each. */
export type RequestKind = 'headers' | 'bodies' | 'receipts'

/** What one measurement changes. Source: geth, `measurementImpact`. */
const MEASUREMENT_IMPACT = 0.1
/** A little more than was measured is asked for, so that no estimate stays below the truth. Source: geth, `capacityOverestimation`. */
const OVERESTIMATION = 1.01
/** What a new look at all peers changes. Source: geth, `tuningImpact`. */
const TUNING_IMPACT = 0.25
/** A little less than the estimate is aimed for: smaller answers make a steadier stream. Source: geth, `rttPushdownFactor`. */
const PUSHDOWN = 0.9
/** Source: geth, `rttMinConfidence`. */
const MIN_CONFIDENCE = 0.1
/** From so many peers on a new one makes nobody less sure. Source: geth, `tuningConfidenceCap`. */
const CONFIDENT_PEERS = 10
/** Items asked for while nothing is measured yet. Ours; geth begins with one. */
const FIRST_ITEMS = 16

/** The speed of one peer. */
export class PeerRate {
  /** Milliseconds. */
  roundTrip: number
  /** Items per second. */
  readonly #speeds = new Map<RequestKind, number>()

  constructor(roundTrip: number) {
    this.roundTrip = roundTrip
  }

  /** Items per second; undefined where nothing was measured. */
  speed(kind: RequestKind): number | undefined {
    return this.#speeds.get(kind)
  }

  /** Items that the peer is expected to deliver within `targetMs`, at least 1. */
  capacity(kind: RequestKind, targetMs: number): number {
    const speed = this.#speeds.get(kind)
    return speed === undefined ? FIRST_ITEMS : Math.ceil(1 + (OVERESTIMATION * speed * targetMs) / 1000)
  }

  /** An answer came after `ms` with so many items. One without, or none at all, sets the speed to 0: then one item is asked for. */
  update(kind: RequestKind, ms: number, items: number): void {
    if (items === 0) {
      this.#speeds.set(kind, 0)
      return
    }
    const measured = (items * 1000) / Math.max(ms, 1)
    const old = this.#speeds.get(kind)
    this.#speeds.set(kind, old === undefined ? measured : mix(old, measured, MEASUREMENT_IMPACT))
    this.roundTrip = mix(this.roundTrip, ms, MEASUREMENT_IMPACT)
  }
}

/** The speeds of all peers, and what follows from them for every request. */
export class Rates {
  readonly #clock: Pick<Clock, 'now'>
  readonly #peers = new Set<PeerRate>()
  #roundTrip = FIRST_ROUND_TRIP_MS
  /** From 0 to 1, how sure the estimate is: less sure, longer timeouts. */
  #confidence = 1
  #tuned: number

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
    this.#tuned = clock.now()
  }

  add(): PeerRate {
    const rate = new PeerRate(this.#median())
    this.#peers.add(rate)
    const count = this.#peers.size
    if (count === 1) this.#confidence = 1
    else if (count < CONFIDENT_PEERS) {
      this.#confidence = Math.max(MIN_CONFIDENCE, (this.#confidence * (count - 1)) / count)
    }
    return rate
  }

  remove(rate: PeerRate): void {
    this.#peers.delete(rate)
  }

  /** Milliseconds that a request should take. */
  get targetRoundTrip(): number {
    this.#tune()
    return this.#roundTrip * PUSHDOWN
  }

  /** Milliseconds after which a request is given up. */
  get timeout(): number {
    this.#tune()
    return Math.min(MAX_TIMEOUT_MS, (TIMEOUT_ROUND_TRIPS * this.#roundTrip) / this.#confidence)
  }

  /** At most once a round trip. */
  #tune(): void {
    const now = this.#clock.now()
    if (now - this.#tuned <= this.#roundTrip) return
    this.#tuned = now
    this.#roundTrip = mix(this.#roundTrip, this.#median(), TUNING_IMPACT)
    this.#confidence += (1 - this.#confidence) / 2
  }

  /** The round trip of the better peers: of n the √n-th. */
  #median(): number {
    const all = [...this.#peers].map(({ roundTrip }) => roundTrip).sort((a, b) => a - b)
    const median = all[all.length === 1 ? 0 : Math.floor(Math.sqrt(all.length))] ?? FIRST_ROUND_TRIP_MS
    return Math.min(MAX_ROUND_TRIP_MS, Math.max(MIN_ROUND_TRIP_MS, median))
  }
}

const mix = (old: number, measured: number, impact: number) => (1 - impact) * old + impact * measured
