import type { Enode } from '../enode/enode.js'
import { EthspanError } from '../errors.js'
import { DisconnectError, DiscReason } from '../peer/disc-reason.js'
import type { Clock, Timer } from '../platform/clock.js'
import type { Logger } from '../platform/logger.js'
import { type Deferred, deferred } from '../platform/wait.js'
import type { DialCheck } from '../transport/transport.js'
import type { Redial } from './options.js'

/** A connection that lived so long was a good one: the pauses of its node's redials begin anew. Ours. */
const GOOD_CONNECTION_MS = 10_000

export interface DialSchedulerOptions {
  /** This node's id; it is not dialed. */
  readonly self: string
  /** Peers that may have been dialed; 0: nothing is dialed. */
  readonly maxDialPeers: number
  /** Dials that may be under way. */
  readonly maxActiveDials: number
  /** The pause between dials of one node, milliseconds. */
  readonly historyExpiration: number
  readonly clock: Clock
  readonly log: Logger
  /** Whether and where a node can be dialed. */
  check(node: Enode): DialCheck
  /** Dials and does the handshakes; resolves when a peer came of it or failed, and never rejects. */
  dial(node: Enode, signal: AbortSignal): Promise<void>
  /** A static node can't be dialed from here. */
  undialable(node: Enode, error: EthspanError): void
}

interface StaticNode {
  readonly node: Enode
  readonly redial: Redial
  /** Dials since the last good connection. */
  attempts: number
}

/**
 * Decides whom to dial when: geth's `dialScheduler`. Static nodes are kept connected for ever; candidates that protocols
 * find fill the slots that are left. Driven by calls and by one timer; nothing here touches a socket.
 */
export class DialScheduler {
  readonly #options: DialSchedulerOptions
  readonly #static = new Map<string, StaticNode>()
  readonly #dialing = new Map<string, { readonly abort: AbortController; readonly done: Promise<void> }>()
  readonly #connected = new Map<string, { readonly dialed: boolean; readonly since: number }>()
  readonly #pendingInbound = new Map<string, number>()
  /** When a node dialed recently may be dialed again. */
  readonly #history = new Map<string, number>()
  /** No entry of the history expires before; Infinity: there is none. */
  #nextExpiry = Number.POSITIVE_INFINITY
  readonly #sources: Promise<void>[] = []
  readonly #stop = new AbortController()
  #dialPeers = 0
  #waitingForSlot: Deferred<void>[] = []
  #timer: Timer | undefined

  constructor(options: DialSchedulerOptions) {
    this.#options = options
  }

  isStatic(id: string): boolean {
    return this.#static.has(id)
  }

  /** Keeps `node` connected from now on. A dial of it as a candidate does not count: whoever adds it expects one now. */
  addStatic(node: Enode, redial: Redial): void {
    const known = this.#static.get(node.id)
    if (known === undefined) this.#history.delete(node.id)
    this.#static.set(node.id, { node, redial, attempts: known?.attempts ?? 0 })
    const check = this.#options.check(node)
    if (!check.ok && !this.#connected.has(node.id)) {
      this.#options.undialable(node, new EthspanError('ERR_DIAL', check.why, { fields: { node: node.toString() } }))
    }
    this.#schedule()
  }

  /**
   * A dial under way ends, and the last one is forgotten: a node that is added again is dialed at once, as whoever adds it
   * expects.
   */
  removeStatic(id: string): void {
    if (this.#static.delete(id)) {
      this.#history.delete(id)
      this.#dialing.get(id)?.abort.abort(new DisconnectError(DiscReason.Requested, 'local'))
    }
    this.#schedule()
  }

  /** Takes nodes from `source` whenever a dial slot is free. */
  addCandidates(source: (options: { readonly signal: AbortSignal }) => AsyncIterable<Enode>): void {
    if (!this.#stop.signal.aborted) this.#sources.push(this.#readCandidates(source))
  }

  peerAdded(id: string, dialed: boolean): void {
    this.#connected.set(id, { dialed, since: this.#options.clock.now() })
    if (dialed) this.#dialPeers++
    this.#schedule()
  }

  peerRemoved(id: string): void {
    const connection = this.#connected.get(id)
    if (connection === undefined) return
    this.#connected.delete(id)
    if (connection.dialed) this.#dialPeers--
    const known = this.#static.get(id)
    if (known !== undefined && this.#options.clock.now() - connection.since >= GOOD_CONNECTION_MS) known.attempts = 0
    this.#schedule()
  }

  /** A node that is just connecting to us is not dialed meanwhile. */
  inboundPending(id: string): void {
    this.#pendingInbound.set(id, (this.#pendingInbound.get(id) ?? 0) + 1)
  }

  inboundCompleted(id: string): void {
    const others = (this.#pendingInbound.get(id) ?? 0) - 1
    if (others > 0) this.#pendingInbound.set(id, others)
    else this.#pendingInbound.delete(id)
    this.#schedule()
  }

  /** Milliseconds until a static node is dialed again; undefined for others. */
  retryIn(id: string): number | undefined {
    if (!this.#static.has(id)) return undefined
    return Math.max(0, (this.#history.get(id) ?? 0) - this.#options.clock.now())
  }

  /** Ends all dials for this reason and resolves when they have ended. */
  async stop(reason: Error): Promise<void> {
    this.#stop.abort(reason)
    this.#timer?.cancel()
    for (const { abort } of this.#dialing.values()) abort.abort(reason)
    for (const slot of this.#waitingForSlot.splice(0)) slot.resolve()
    await Promise.all([...[...this.#dialing.values()].map(({ done }) => done), ...this.#sources])
  }

  #freeSlots(): number {
    const { maxDialPeers, maxActiveDials } = this.#options
    return Math.min((maxDialPeers - this.#dialPeers) * 2, maxActiveDials) - this.#dialing.size
  }

  /** Why `node` should not be dialed now; undefined: it should. */
  #refusal(node: Enode): string | undefined {
    const { id } = node
    if (id === this.#options.self) return 'it is this node'
    if (this.#dialing.has(id)) return 'it is being dialed'
    if (this.#connected.has(id)) return 'it is connected'
    if (this.#pendingInbound.has(id)) return 'it is just connecting to us'
    if (this.#history.has(id)) return 'it was dialed recently'
    const check = this.#options.check(node)
    return check.ok ? undefined : check.why
  }

  #schedule(): void {
    if (this.#stop.signal.aborted) return
    this.#expireHistory()
    for (const known of this.#static.values()) {
      if (this.#freeSlots() <= 0) break
      if (this.#refusal(known.node) === undefined) this.#dialStatic(known)
    }
    while (this.#freeSlots() > 0 && this.#waitingForSlot.length > 0) this.#waitingForSlot.shift()?.resolve()
    this.#rearm()
  }

  #dialStatic(known: StaticNode): void {
    const { first, max } = known.redial
    const pause = Math.min(first * 2 ** Math.min(known.attempts, 30), max)
    known.attempts++
    // To the end of the line, so that with few slots all nodes get their turn.
    this.#static.delete(known.node.id)
    this.#static.set(known.node.id, known)
    this.#dial(known.node, pause)
  }

  #dial(node: Enode, pause: number): void {
    const until = this.#options.clock.now() + pause
    this.#history.set(node.id, until)
    this.#nextExpiry = Math.min(this.#nextExpiry, until)
    const abort = new AbortController()
    const done = deferred<void>()
    // Listed before it begins: whoever hears of the dial can already stop it.
    this.#dialing.set(node.id, { abort, done: done.promise })
    this.#options.dial(node, abort.signal).finally(() => {
      this.#dialing.delete(node.id)
      done.resolve()
      this.#schedule()
    })
  }

  #expireHistory(): void {
    const now = this.#options.clock.now()
    // Not on every call: candidates that can't be reached can fill the history quickly.
    if (this.#nextExpiry > now) return
    this.#nextExpiry = Number.POSITIVE_INFINITY
    for (const [id, until] of this.#history) {
      if (until <= now) this.#history.delete(id)
      else this.#nextExpiry = Math.min(this.#nextExpiry, until)
    }
  }

  #rearm(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#history.size === 0 || this.#stop.signal.aborted) return
    const { clock } = this.#options
    this.#timer = clock.setTimeout(() => this.#schedule(), Math.max(0, this.#nextExpiry - clock.now()))
  }

  async #readCandidates(source: (options: { readonly signal: AbortSignal }) => AsyncIterable<Enode>): Promise<void> {
    const { signal } = this.#stop
    const { log, historyExpiration } = this.#options
    try {
      for await (const node of source({ signal })) {
        while (this.#freeSlots() <= 0 && !signal.aborted) await this.#slot()
        if (signal.aborted) return
        const refusal = this.#refusal(node)
        if (refusal === undefined) {
          this.#dial(node, historyExpiration)
          this.#rearm()
        } else log.trace('discarded a dial candidate', { node: node.id, why: refusal })
      }
    } catch (error) {
      if (!signal.aborted) log.warn('a source of dial candidates failed', { error })
    }
  }

  #slot(): Promise<void> {
    const slot = deferred<void>()
    this.#waitingForSlot.push(slot)
    return slot.promise
  }
}
