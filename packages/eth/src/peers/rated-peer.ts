// A peer of the service: what it can be asked for, and what is thought of it.
import type { Hash } from '@ethspan/chain'
import { bytesToHex, type Clock, type Timer } from '@ethspan/core'
import {
  EMPTY_PAUSE_MS,
  LACKING_MS,
  MAX_EMPTY_PAUSE_MS,
  MAX_LACKING_BLOCKS,
  MAX_REQUESTS_PER_KIND,
  RANGE_UPDATE_BLOCKS,
} from '../limits.js'
import type { EthPeer } from '../peer.js'
import type { PeerRate, RequestKind } from './rates.js'

/** A new peer begins with it, and none has more. */
export const FULL_SCORE = 100
/** What answers change. A peer whose score is used up is of no use. Ours: some twenty useless answers without a good one between. */
export const SCORE = { good: 1, partial: -1, empty: -5, timeout: -5, late: -2 } as const

interface Lane {
  underWay: number
  /** Answers that were given up and have not come yet. */
  owed: number
  /** When the last answer came. */
  answeredAt: number
  pausedUntil: number
  nextPause: number
  stall: Timer | undefined
}

export class RatedPeer {
  readonly eth: EthPeer
  readonly rate: PeerRate
  readonly #clock: Clock
  readonly #lanes: Record<RequestKind, Lane> = { headers: newLane(), bodies: newLane(), receipts: newLane() }
  /** Blocks that it did not have, and until when that is believed. */
  readonly #lacking = new Map<string, number>()
  #score = FULL_SCORE
  #seen = 0n

  constructor(eth: EthPeer, rate: PeerRate, clock: Clock) {
    this.eth = eth
    this.rate = rate
    this.#clock = clock
  }

  get id(): string {
    return this.eth.id
  }

  /** From 0 to {@link FULL_SCORE}. */
  get score(): number {
    return this.#score
  }

  rateAnswer(kind: keyof typeof SCORE): void {
    this.#score = Math.min(FULL_SCORE, Math.max(0, this.#score + SCORE[kind]))
  }

  /**
   * Whether it may have this block. What it told last may be so many blocks old as peers tell only now and then; and a peer
   * of eth/68 tells nothing.
   */
  serves(number: bigint): boolean {
    const { range } = this.eth
    if (range === undefined) return true
    const latest = range.latest + RANGE_UPDATE_BLOCKS
    return number >= range.earliest && (number <= latest || number <= this.#seen)
  }

  /** Whether it said itself that it has this block. */
  knows(number: bigint): boolean {
    const { range } = this.eth
    if (range === undefined) return number <= this.#seen
    return number >= range.earliest && (number <= range.latest || number <= this.#seen)
  }

  /** It said in another way that it has this block. */
  sawBlock(number: bigint): void {
    if (number > this.#seen) this.#seen = number
  }

  /** It did not have this block; believed for {@link LACKING_MS}. */
  lacked(hash: Hash): void {
    this.#lacking.set(bytesToHex(hash), this.#clock.now() + LACKING_MS)
    if (this.#lacking.size > MAX_LACKING_BLOCKS) this.#lacking.delete(this.#lacking.keys().next().value!)
  }

  lacks(hash: Hash): boolean {
    if (this.#lacking.size === 0) return false
    const key = bytesToHex(hash)
    const until = this.#lacking.get(key)
    if (until === undefined || until > this.#clock.now()) return until !== undefined
    this.#lacking.delete(key)
    return false
  }

  /** Whether a request of this kind can be sent now. */
  isFree(kind: RequestKind): boolean {
    const { underWay, owed, pausedUntil } = this.#lanes[kind]
    return underWay < MAX_REQUESTS_PER_KIND && owed === 0 && pausedUntil <= this.#clock.now()
  }

  /** Requests of this kind under way. */
  underWay(kind: RequestKind): number {
    return this.#lanes[kind].underWay
  }

  /** A request leaves. @returns what to call when it is over: milliseconds that the peer worked on it alone */
  begin(kind: RequestKind): () => number {
    const lane = this.#lanes[kind]
    const sentAt = this.#clock.now()
    lane.underWay++
    return () => {
      const now = this.#clock.now()
      const ms = now - Math.max(sentAt, lane.answeredAt)
      lane.underWay--
      lane.answeredAt = now
      return ms
    }
  }

  /** An answer with content: no pause is due any more. */
  delivered(kind: RequestKind): void {
    this.#lanes[kind].nextPause = EMPTY_PAUSE_MS
  }

  /** An answer without content: the peer is left alone for a while, for longer each time where it is to blame. */
  pause(kind: RequestKind, isFault = true): void {
    const lane = this.#lanes[kind]
    lane.pausedUntil = this.#clock.now() + lane.nextPause
    if (isFault) lane.nextPause = Math.min(2 * lane.nextPause, MAX_EMPTY_PAUSE_MS)
  }

  /** A request was given up. Until its answer comes the peer is asked for nothing more of the kind. */
  owes(kind: RequestKind, graceMs: number, onGraceOver: () => void): void {
    const lane = this.#lanes[kind]
    lane.owed++
    lane.stall ??= this.#clock.setTimeout(onGraceOver, graceMs)
  }

  /** The answer to a request given up has come. */
  paid(kind: RequestKind): void {
    const lane = this.#lanes[kind]
    if (lane.owed > 0) lane.owed--
    if (lane.owed > 0) return
    lane.stall?.cancel()
    lane.stall = undefined
  }

  /** It is gone. */
  close(): void {
    for (const lane of Object.values(this.#lanes)) lane.stall?.cancel()
  }
}

const newLane = (): Lane => ({
  underWay: 0,
  owed: 0,
  answeredAt: 0,
  pausedUntil: 0,
  nextPause: EMPTY_PAUSE_MS,
  stall: undefined,
})
