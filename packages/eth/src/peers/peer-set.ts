// The peers of the service: geth's `peerSet`. Requests of sync go through it, so that their outcome is kept in one place.
import {
  type Clock,
  DisconnectError,
  DiscReason,
  Emitter,
  EthspanError,
  type Logger,
  silentLogger,
} from '@ethspan/core'
import { breach } from '../handshake.js'
import { BAD_PEER_BAN_MS, MAX_BANNED_PEERS, SOFT_RESPONSE_BYTES, STALL_GRACE_MS } from '../limits.js'
import { EthMsg } from '../messages/codes.js'
import type { EthPeer } from '../peer.js'
import type { LateAnswer, RequestOptions } from '../requests.js'
import { RatedPeer } from './rated-peer.js'
import { Rates, type RequestKind } from './rates.js'

/** A peer came (`join`), is gone (`leave`), or can be asked for something that it could not before (`change`). */
export class PeerSetEvent extends Event {
  readonly peer: RatedPeer
  constructor(type: 'join' | 'leave' | 'change', peer: RatedPeer) {
    super(type)
    this.peer = peer
  }
}

export interface PeerSetEventMap {
  readonly join: PeerSetEvent
  readonly leave: PeerSetEvent
  readonly change: PeerSetEvent
}

/** What came of requests since the start. */
export interface RequestCounts {
  asked: number
  /** Items of answers. */
  items: number
  bytes: number
  timeouts: number
  empty: number
}

/** How much an answer has. */
export interface AnswerSize {
  readonly items: number
  readonly bytes: number
}

export interface Question<T> {
  readonly kind: RequestKind
  /** Items asked for. */
  readonly items: number
  send(eth: EthPeer, options: RequestOptions): Promise<T>
  size(answer: T): AnswerSize
  /** An answer without content is no fault: nobody said that this peer has it. Default false. */
  readonly isGuess?: boolean
}

const KIND_OF_CODE: Readonly<Record<number, RequestKind>> = {
  [EthMsg.BlockHeaders]: 'headers',
  [EthMsg.BlockBodies]: 'bodies',
  [EthMsg.Receipts]: 'receipts',
}

export class PeerSet extends Emitter<PeerSetEventMap> {
  readonly rates: Rates
  readonly counts: Readonly<Record<RequestKind, RequestCounts>> = {
    headers: noCounts(),
    bodies: noCounts(),
    receipts: noCounts(),
  }
  /** Peers that were ended for bad data since the start. */
  badPeers = 0
  log: Logger = silentLogger
  readonly #clock: Clock
  readonly #peers = new Map<string, RatedPeer>()
  /** Until when a peer is not used, by id. */
  readonly #banned = new Map<string, number>()

  constructor(clock: Clock) {
    super()
    this.#clock = clock
    this.rates = new Rates(clock)
  }

  get size(): number {
    return this.#peers.size
  }

  values(): IterableIterator<RatedPeer> {
    return this.#peers.values()
  }

  get(id: string): RatedPeer | undefined {
    return this.#peers.get(id)
  }

  /** @throws {DisconnectError} `UselessPeer` for one that was ended for bad data a short while ago. */
  add(eth: EthPeer): RatedPeer {
    const until = this.#banned.get(eth.id)
    if (until !== undefined && until > this.#clock.now()) {
      throw new DisconnectError(DiscReason.UselessPeer, 'local', { detail: 'it sent bad data a short while ago' })
    }
    const before = this.#peers.get(eth.id)
    // Another connection to the same node, which takes its place.
    if (before !== undefined) this.remove(before.eth)
    const peer = new RatedPeer(eth, this.rates.add(), this.#clock)
    this.#peers.set(eth.id, peer)
    this.emit(new PeerSetEvent('join', peer))
    return peer
  }

  remove(eth: EthPeer): void {
    const peer = this.#peers.get(eth.id)
    if (peer?.eth !== eth) return
    this.#peers.delete(eth.id)
    this.rates.remove(peer.rate)
    peer.close()
    this.emit(new PeerSetEvent('leave', peer))
  }

  /** A peer told a new range, or of a new block. */
  changed(eth: EthPeer): void {
    const peer = this.#peers.get(eth.id)
    if (peer !== undefined) this.emit(new PeerSetEvent('change', peer))
  }

  /** An answer came after its request had been given up. */
  lateAnswer(eth: EthPeer, { code, name, lateBy }: LateAnswer): void {
    const peer = this.#peers.get(eth.id)
    if (peer?.eth !== eth) return
    this.log.debug('a peer answered late', { peer: peer.id, answer: name, lateBy })
    const kind = KIND_OF_CODE[code]
    if (kind !== undefined) peer.paid(kind)
    this.#rate(peer, 'late')
    this.emit(new PeerSetEvent('change', peer))
  }

  /**
   * Asks a peer, and keeps how it went. Undefined where no answer came: in time, or because the peer is gone. What an answer
   * without content is about is for the caller to tell the peer (`lacked`).
   */
  async ask<T>(peer: RatedPeer, { kind, items, send, size, isGuess = false }: Question<T>): Promise<T | undefined> {
    const counts = this.counts[kind]
    counts.asked++
    const { timeout } = this.rates
    const end = peer.begin(kind)
    let answer: T
    try {
      answer = await send(peer.eth, { timeout })
    } catch (error) {
      end()
      // Whatever it was, the same question would fail at once for the same reason.
      peer.pause(kind)
      if (error instanceof EthspanError && error.code === 'ERR_TIMEOUT') {
        counts.timeouts++
        this.log.debug('a peer does not answer', { peer: peer.id, kind, timeout })
        peer.rate.update(kind, timeout, 0)
        peer.owes(kind, STALL_GRACE_MS, () => this.#drop(peer, `owes ${kind} for more than ${STALL_GRACE_MS} ms`))
        this.#rate(peer, 'timeout')
      }
      return undefined
    }
    const ms = end()
    const got = size(answer)
    counts.items += got.items
    counts.bytes += got.bytes
    if (got.items > 0 || !isGuess) peer.rate.update(kind, ms, got.items)
    if (got.items === 0) {
      counts.empty++
      peer.pause(kind, !isGuess)
      if (!isGuess) this.#rate(peer, 'empty')
    } else {
      peer.delivered(kind)
      // An answer that is full has fewer items through no fault of the peer's.
      const isPartial = got.items < items && got.bytes < SOFT_RESPONSE_BYTES / 2
      this.#rate(peer, isPartial ? 'partial' : 'good')
    }
    return answer
  }

  /** Ends a peer for bad data; it is not used again for {@link BAD_PEER_BAN_MS}. `reason` completes "the peer …". */
  endBad(peer: RatedPeer, reason: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.badPeers++
    this.log.warn(`a peer is ended for bad data: it ${reason}`, {
      peer: peer.id,
      enode: peer.eth.peer.enode.toString(),
      ...fields,
    })
    this.#banned.delete(peer.id)
    this.#banned.set(peer.id, this.#clock.now() + BAD_PEER_BAN_MS)
    if (this.#banned.size > MAX_BANNED_PEERS) this.#banned.delete(this.#banned.keys().next().value!)
    peer.eth.fail(breach(reason))
    // At once, not only when the connection is gone: nothing more is asked of it.
    this.remove(peer.eth)
  }

  #rate(peer: RatedPeer, kind: Parameters<RatedPeer['rateAnswer']>[0]): void {
    peer.rateAnswer(kind)
    if (peer.score === 0 && !peer.eth.peer.trusted) this.#drop(peer, 'gave too many useless answers')
  }

  #drop(peer: RatedPeer, detail: string): void {
    this.log.info(`a peer is of no use: it ${detail}`, { peer: peer.id })
    peer.eth.fail(new DisconnectError(DiscReason.UselessPeer, 'local', { detail }))
    this.remove(peer.eth)
  }
}

const noCounts = (): RequestCounts => ({ asked: 0, items: 0, bytes: 0, timeouts: 0, empty: 0 })
