import { EthspanError } from '../errors.js'
import type { Limits } from '../limits.js'
import type { Clock, Timer } from '../platform/clock.js'
import { abortable, type Deferred, deferred, withTimeout } from '../platform/wait.js'
import type { RlpxConnection } from '../rlpx/connection.js'
import { BaseCode, EMPTY_LIST } from './base-protocol.js'
import { DisconnectError, DiscReason } from './disc-reason.js'

/** Pongs owed while the transport takes nothing. Ours: more means a peer that pings and does not read. */
const MAX_PINGS_UNANSWERED = 16

/** A timer that fires so much late was held up: a hidden tab, a sleeping machine. It proves nothing about the peer. */
const LATE_TIMER_MS = 1_000

/** What a peer gets to prove itself after a late timer. */
const SECOND_CHANCE_MS = 5_000

/**
 * Pings a peer, times the replies, answers its pings when they arrive, and judges silence by timestamps rather than by
 * ticks. `onSilent` is called once when the peer sent nothing for `idleReadTimeout`.
 */
export class Keepalive {
  /** Milliseconds of the last answered ping. */
  roundTripTime: number | undefined
  readonly #connection: RlpxConnection
  readonly #clock: Clock
  readonly #limits: Limits
  readonly #onSilent: (error: Error) => void
  #timer: Timer | undefined
  #stopped = false
  #pingSentAt: number | undefined
  #lastPingAt: number
  #chance: { readonly heardAt: number; readonly until: number } | undefined
  #unanswered = 0
  #pongs: Deferred<void>[] = []

  constructor(connection: RlpxConnection, clock: Clock, limits: Limits, onSilent: (error: Error) => void) {
    this.#connection = connection
    this.#clock = clock
    this.#limits = limits
    this.#onSilent = onSilent
    this.#lastPingAt = clock.now() - limits.pingInterval
  }

  /** Sends the first ping at once, so that the round-trip time is known early. */
  start(): void {
    this.#tick(this.#clock.now())
  }

  stop(error: Error): void {
    this.#stopped = true
    this.#timer?.cancel()
    for (const pong of this.#pongs.splice(0)) pong.reject(error)
  }

  /** Resolves with the milliseconds until the next Pong. Pings on the way are not doubled. */
  async ping(timeout: number, signal?: AbortSignal): Promise<number> {
    const start = this.#clock.now()
    const pong = deferred<void>()
    this.#pongs.push(pong)
    if (this.#pingSentAt === undefined) this.#sendPing()
    try {
      await withTimeout(abortable(pong.promise, signal), this.#clock, timeout, 'the answer to a ping')
    } finally {
      this.#pongs = this.#pongs.filter((other) => other !== pong)
    }
    return this.#clock.now() - start
  }

  /** @throws {DisconnectError} for a peer that pings without reading the answers. */
  receivedPing(): void {
    if (this.#connection.blocked) {
      this.#unanswered++
      if (this.#unanswered > MAX_PINGS_UNANSWERED) {
        throw new DisconnectError(DiscReason.ProtocolError, 'local', { detail: 'pings without reading the answers' })
      }
    } else this.#unanswered = 0
    this.#connection.writeNow(BaseCode.Pong, EMPTY_LIST)
  }

  receivedPong(): void {
    if (this.#pingSentAt !== undefined) this.roundTripTime = this.#clock.now() - this.#pingSentAt
    this.#pingSentAt = undefined
    for (const pong of this.#pongs.splice(0)) pong.resolve()
  }

  #sendPing(): void {
    this.#lastPingAt = this.#clock.now()
    this.#pingSentAt ??= this.#lastPingAt
    this.#connection.writeNow(BaseCode.Ping, EMPTY_LIST)
  }

  #tick(expectedAt: number): void {
    const now = this.#clock.now()
    if (now - this.#lastPingAt >= this.#limits.pingInterval) {
      if (this.#connection.blocked) this.#lastPingAt = now
      else this.#sendPing()
    }
    const silentAt = this.#silentAt(now, now - expectedAt > LATE_TIMER_MS)
    if (silentAt <= now) {
      this.#onSilent(this.#silence())
      return
    }
    // Sending a ping can find the connection broken.
    if (this.#stopped) return
    const next = Math.min(silentAt, this.#lastPingAt + this.#limits.pingInterval)
    this.#timer = this.#clock.setTimeout(() => this.#tick(next), next - now)
  }

  /** When the peer's silence becomes too long, if nothing comes before. */
  #silentAt(now: number, late: boolean): number {
    // While the socket is paused the peer is not silent: we do not listen.
    if (this.#connection.paused) return now + this.#limits.idleReadTimeout
    const heardAt = this.#connection.lastReceivedAt
    const due = heardAt + this.#limits.idleReadTimeout
    if (this.#chance?.heardAt === heardAt) return this.#chance.until
    if (due > now || !late) return due
    this.#chance = { heardAt, until: now + SECOND_CHANCE_MS }
    return this.#chance.until
  }

  #silence(): Error {
    const timeout = this.#limits.idleReadTimeout
    const cause = new EthspanError('ERR_TIMEOUT', `the peer sent nothing for ${timeout} ms`, { fields: { timeout } })
    return new DisconnectError(DiscReason.ReadTimeout, 'local', { cause })
  }
}
