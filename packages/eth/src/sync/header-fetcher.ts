// Fetches headers of the skeleton, several answers at a time: the next one by hash, those below it by number.

import type { Hash, Header } from '@ethspan/chain'
import { bytesToHex, type Clock, createPortableCrypto, equalBytes } from '@ethspan/core'
import {
  HEAD_STALL_ROUND_TRIPS,
  HEADERS_MARGIN,
  LACKING_MS,
  MAX_HEADER_REQUESTS,
  MAX_HEADERS_ASK,
  MAX_WAITING_HEADER_BYTES,
} from '../limits.js'
import type { AnswerSize, PeerSet, Question } from '../peers/peer-set.js'
import type { RatedPeer } from '../peers/rated-peer.js'
import type { HashedHeader } from './skeleton-store.js'

export interface HeaderFetcherOptions {
  readonly peers: PeerSet
  readonly clock: Pick<Clock, 'now'>
  /** Something has come, or has come to nothing. */
  readonly onChange: () => void
}

/** The headers that come next. */
export interface HeadersWanted {
  /** Of the first one: the highest number, and the hash that it must have. */
  readonly number: bigint
  readonly hash: Hash
  /** The lowest that is needed as far as is known. */
  readonly bottom: bigint
}

interface Request {
  readonly count: number
  /** Who was asked last, and when. */
  readonly peer: RatedPeer
  readonly sentAt: number
  /** What came first. */
  readonly batch?: Batch
}

interface Batch {
  readonly peer: RatedPeer
  /** Descending, each the parent of the one before. */
  readonly headers: readonly HashedHeader[]
  readonly bytes: number
}

export class HeaderFetcher {
  readonly #options: HeaderFetcherOptions
  /** What was asked, and what came, by the highest number. */
  #requests = new Map<bigint, Request>()
  /** Peers whose headers by number were not those of the target's chain, and until when they are not asked so. */
  #elsewhere = new WeakMap<RatedPeer, number>()
  #waitingBytes = 0
  /** Beyond the bottom more is asked for each time. */
  #beyond = HEADERS_MARGIN

  constructor(options: HeaderFetcherOptions) {
    this.#options = options
  }

  /** Forgets all that is under way: what still comes is passed over. */
  reset(): void {
    this.#requests = new Map()
    this.#elsewhere = new WeakMap()
    this.#waitingBytes = 0
    this.#beyond = HEADERS_MARGIN
  }

  /** The headers from `number` down, if they have come and are the right ones. */
  take(number: bigint, hash: Hash): readonly HashedHeader[] | undefined {
    const batch = this.#requests.get(number)?.batch
    if (batch === undefined) return undefined
    this.#remove(number)
    const [first] = batch.headers
    if (first !== undefined && equalBytes(first.hash, hash)) return batch.headers
    // By number it told of a chain of its own, which is no lie.
    this.#elsewhere.set(batch.peer, this.#options.clock.now() + LACKING_MS)
    return undefined
  }

  /** Asks peers that are free for what is wanted and not asked for yet. */
  schedule(wanted: HeadersWanted): void {
    // Of a target that is no longer followed.
    for (const [start, { batch }] of this.#requests)
      if (batch !== undefined && start > wanted.number) this.#remove(start)
    let number = wanted.number
    for (let isFirst = true; number > 0n && (isFirst || number >= wanted.bottom); isFirst = false) {
      const request = this.#requests.get(number)
      if (request !== undefined) {
        if (isFirst && this.#isLagging(request)) this.#askAnother(request, wanted)
        number -= BigInt(request.batch?.headers.length ?? request.count)
        continue
      }
      if (!isFirst && this.#isFull) return
      const count = this.#countFrom(number, wanted.bottom)
      const peer = this.#pick(number, isFirst ? wanted.hash : undefined)
      if (peer === undefined) return
      void this.#ask(peer, number, count, isFirst ? wanted.hash : undefined)
      number -= BigInt(count)
    }
  }

  #isLagging({ batch, sentAt }: Request): boolean {
    const { peers, clock } = this.#options
    return batch === undefined && sentAt <= clock.now() - HEAD_STALL_ROUND_TRIPS * peers.rates.targetRoundTrip
  }

  /** What everything waits for too long another peer is asked for as well: whichever answer is first counts. */
  #askAnother({ count, peer: before }: Request, { number, hash }: HeadersWanted): void {
    const peer = this.#pick(number, hash, before)
    if (peer !== undefined) void this.#ask(peer, number, count, hash)
  }

  /** Nobody is asked, and nothing waits to be taken. */
  get isIdle(): boolean {
    return this.#requests.size === 0
  }

  get #isFull(): boolean {
    return this.#requests.size >= MAX_HEADER_REQUESTS || this.#waitingBytes >= MAX_WAITING_HEADER_BYTES
  }

  /** Not into what was asked for already, nor far below the bottom. */
  #countFrom(number: bigint, bottom: bigint): number {
    let count = number < MAX_HEADERS_ASK ? Number(number) : MAX_HEADERS_ASK
    for (const start of this.#requests.keys()) {
      if (start < number) count = Math.min(count, Number(number - start))
    }
    if (number >= bottom) return Math.min(count, Number(number - bottom) + 1)
    this.#beyond = Math.min(2 * this.#beyond, MAX_HEADERS_ASK)
    return Math.min(count, this.#beyond)
  }

  /** The best of the peers that are free and may have it, but not this one. */
  #pick(number: bigint, hash: Hash | undefined, except?: RatedPeer): RatedPeer | undefined {
    const now = this.#options.clock.now()
    let best: RatedPeer | undefined
    for (const peer of this.#options.peers.values()) {
      if (peer === except || !peer.isFree('headers') || !peer.serves(number)) continue
      if (hash === undefined ? (this.#elsewhere.get(peer) ?? 0) > now : peer.lacks(hash)) continue
      if (best === undefined || isBetter(peer, best, number)) best = peer
    }
    return best
  }

  async #ask(peer: RatedPeer, number: bigint, count: number, hash: Hash | undefined): Promise<void> {
    const { peers, clock, onChange } = this.#options
    const requests = this.#requests
    const request: Request = { count, peer, sentAt: clock.now() }
    requests.set(number, request)
    const question = headersQuestion(hash ?? number, count, { isGuess: !peer.knows(number) })
    const headers = await peers.ask(peer, question)
    const { keccak256 } = await createPortableCrypto()
    if (requests !== this.#requests) {
      // Another target since, for which this peer is free now.
      onChange()
      return
    }
    const linked = headers?.map((header) => ({ hash: keccak256(header.raw), header })) ?? []
    const fault = answerFault(linked, hash ?? number)
    if (fault !== undefined) peers.endBad(peer, fault, { number })
    const current = requests.get(number)
    if (fault !== undefined || linked.length === 0) {
      if (current === request) requests.delete(number)
      if (headers?.length === 0) {
        if (hash === undefined) this.#elsewhere.set(peer, clock.now() + LACKING_MS)
        else peer.lacked(hash)
      }
    } else if (current !== undefined && current.batch === undefined) {
      const bytes = bytesOf(headers!)
      requests.set(number, { ...current, batch: { peer, headers: linked, bytes } })
      this.#waitingBytes += bytes
    }
    onChange()
  }

  #remove(number: bigint): void {
    this.#waitingBytes -= this.#requests.get(number)?.batch?.bytes ?? 0
    this.#requests.delete(number)
  }
}

/** Headers from this block on down. */
export const headersQuestion = (
  origin: bigint | Hash,
  count: number,
  { isGuess }: { readonly isGuess: boolean },
): Question<Header[]> => ({
  kind: 'headers',
  items: count,
  isGuess,
  send: (eth, options) => eth.getBlockHeaders({ origin, limit: count, reverse: true }, options),
  size: (headers): AnswerSize => ({ items: headers.length, bytes: bytesOf(headers) }),
})

/** What is wrong with headers, whatever chain they are of; completes "the peer …". */
export function answerFault(headers: readonly HashedHeader[], origin: bigint | Hash): string | undefined {
  const [first] = headers
  if (first === undefined) return undefined
  if (typeof origin === 'bigint') {
    if (first.header.number !== origin) return `sent header ${first.header.number} where ${origin} was asked for`
  } else if (!equalBytes(first.hash, origin)) {
    return `sent another header than the one asked for, whose hash is 0x${bytesToHex(origin)}`
  }
  for (const [i, { hash, header }] of headers.entries()) {
    const child = headers[i - 1]?.header
    if (child !== undefined && !equalBytes(child.parentHash, hash)) {
      return `sent headers that are not linked: ${header.number} is not the parent of ${child.number}`
    }
  }
  return undefined
}

/** Which of two peers to ask first: who says that it has the block, has less to do, did better, is faster. */
function isBetter(a: RatedPeer, b: RatedPeer, number: bigint): boolean {
  if (a.knows(number) !== b.knows(number)) return a.knows(number)
  const [x, y] = [a.underWay('headers'), b.underWay('headers')]
  if (x !== y) return x < y
  if (a.score !== b.score) return a.score > b.score
  return (a.rate.speed('headers') ?? 0) > (b.rate.speed('headers') ?? 0)
}

const bytesOf = (headers: readonly Header[]): number => headers.reduce((bytes, { raw }) => bytes + raw.length, 0)
