import type { Enode } from '../enode/enode.js'
import { asError, EthspanError } from '../errors.js'
import type { Limits } from '../limits.js'
import type { Clock } from '../platform/clock.js'
import type { Logger } from '../platform/logger.js'
import { deferred, withTimeout } from '../platform/wait.js'
import type { MessageReader, RlpxConnection } from '../rlpx/connection.js'
import {
  BASE_PROTOCOL_LENGTH,
  BASE_PROTOCOL_VERSION,
  BaseCode,
  checkBaseSize,
  decodeDisconnect,
  encodeDisconnect,
} from './base-protocol.js'
import { type Cap, capString } from './cap.js'
import { DisconnectError, DiscReason, discReasonText } from './disc-reason.js'
import { type PeerEnd, peerEndOf } from './disc-reason-of.js'
import { Keepalive } from './keepalive.js'
import type { MatchedProtocol } from './match-protocols.js'
import type { MessageTrace, TracedMessage } from './message-trace.js'
import type { Meter } from './meter.js'
import type { Peer } from './peer.js'
import type { PeerInfo } from './peer-info.js'
import { ProtocolRW } from './protocol-rw.js'
import { TrafficMeter } from './traffic.js'

/** How long protocols may take to return once their peer is gone, before they are only logged. Ours. */
const PROTOCOL_RETURN_TIMEOUT_MS = 5_000

export interface RunningPeerInit {
  readonly connection: RlpxConnection
  readonly enode: Enode
  readonly name: string
  readonly caps: readonly Cap[]
  readonly protocols: readonly MatchedProtocol[]
  /** Looked up whenever asked, because both can change while the peer lives. */
  readonly isStatic: () => boolean
  readonly isTrusted: () => boolean
  /** Called once, in the same step in which the peer ends, before its goodbye has left. */
  readonly onEnd: (peer: RunningPeer, end: PeerEnd) => void
  readonly clock: Clock
  readonly limits: Limits
  readonly log: Logger
  readonly meter?: Meter | undefined
  readonly trace?: MessageTrace | undefined
}

/** What the base protocol is called where it stands beside the others. */
const BASE_PROTOCOL = { name: 'p2p', version: BASE_PROTOCOL_VERSION }

/** A peer's life: from the finished handshakes to the goodbye. */
export class RunningPeer implements Peer, MessageReader {
  readonly id: string
  readonly enode: Enode
  readonly name: string
  readonly caps: readonly Cap[]
  readonly protocols: readonly Cap[]
  readonly connectedSince: number
  readonly traffic = new TrafficMeter()

  readonly #init: RunningPeerInit
  readonly #connection: RlpxConnection
  readonly #keepalive: Keepalive
  readonly #running: readonly ProtocolRW[]
  readonly #meter: Meter | undefined
  readonly #trace: MessageTrace | undefined
  readonly #abort = new AbortController()
  readonly #gone = deferred<void>()
  readonly #closed = deferred<void>()
  #returned: Promise<unknown> = Promise.resolve()
  #over = false

  constructor(init: RunningPeerInit) {
    const { connection, enode, clock, limits } = init
    this.#init = init
    this.#connection = connection
    this.#meter = init.meter
    this.#trace = init.trace
    this.id = enode.id
    this.enode = enode
    this.name = init.name
    this.caps = init.caps
    this.protocols = init.protocols.map(({ protocol: { name, version } }) => ({ name, version }))
    this.connectedSince = clock.wallTime()
    this.#keepalive = new Keepalive(connection, clock, limits, (error) => this.#end(error))
    const budget = connection.channel.canPause ? limits.protocolQueueBytes : limits.unpausableQueueBytes
    this.#running = init.protocols.map((matched) => new ProtocolRW(matched, connection, budget, () => this.#onRoom()))
  }

  get inbound(): boolean {
    return this.#connection.channel.inbound
  }
  get static(): boolean {
    return this.#init.isStatic()
  }
  get trusted(): boolean {
    return this.#init.isTrusted()
  }
  get transport(): string {
    return this.#connection.channel.transport
  }
  get remoteAddress(): string {
    return this.#connection.channel.remoteAddress
  }
  get localAddress(): string {
    return this.#connection.channel.localAddress
  }
  get roundTripTime(): number | undefined {
    return this.#keepalive.roundTripTime
  }
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /**
   * Starts the pings and the protocols; called once. A peer that is over, because a listener ended it when it was announced
   * or because it says goodbye right behind its Hello, reaches no protocol.
   */
  start(): void {
    if (this.#over) return
    this.#returned = Promise.all(this.#running.map((rw) => this.#run(rw)))
    this.#keepalive.start()
    this.#connection.read(this)
  }

  ping({ timeout, signal }: { readonly timeout?: number; readonly signal?: AbortSignal } = {}): Promise<number> {
    if (this.#over) return Promise.reject(this.signal.reason)
    return this.#keepalive.ping(timeout ?? this.#init.limits.idleReadTimeout, signal)
  }

  /** Resolves when the connection is gone and the protocols have returned. */
  get closed(): Promise<void> {
    return this.#closed.promise
  }

  disconnect(reason: DiscReason = DiscReason.Requested): Promise<void> {
    this.#end(new DisconnectError(reason, 'local'))
    return this.#gone.promise
  }

  info(): PeerInfo {
    const { record } = this.enode
    const { roundTripTime } = this
    return {
      ...(record === undefined ? {} : { enr: record.toString() }),
      enode: this.enode.toString(),
      id: this.id,
      name: this.name,
      caps: this.caps.map(capString),
      network: {
        localAddress: this.localAddress,
        remoteAddress: this.remoteAddress,
        inbound: this.inbound,
        trusted: this.trusted,
        static: this.static,
        transport: this.transport,
      },
      protocols: Object.fromEntries(
        this.#running.map(({ protocol }) => [
          protocol.name,
          protocol.peerInfo?.(this.id) ?? { version: protocol.version },
        ]),
      ),
      connectedSince: this.connectedSince,
      ...(roundTripTime === undefined ? {} : { roundTripTime }),
      traffic: {
        ...this.traffic.snapshot(),
        byProtocol: Object.fromEntries(this.#running.map((rw) => [capString(rw.protocol), rw.traffic.snapshot()])),
      },
    }
  }

  message(code: number, payload: Uint8Array, wireBytes: number): void {
    this.traffic.received(wireBytes)
    if (code < BASE_PROTOCOL_LENGTH) {
      this.#tell('in', undefined, code, wireBytes)
      this.#baseMessage(code, payload)
      return
    }
    const rw = this.#owner(code)
    if (rw === undefined) {
      throw new EthspanError('ERR_PROTOCOL', `message code ${code} belongs to no shared protocol`, { fields: { code } })
    }
    this.#tell('in', rw, code, wireBytes)
    rw.traffic.received(wireBytes)
    this.#meter?.messageIn(rw.protocol, code - rw.offset, wireBytes)
    rw.inbox.push({ code: code - rw.offset, payload, receivedAt: this.#connection.lastReceivedAt })
    if (rw.inbox.full) this.#tooFull(rw)
  }

  sent(code: number, wireBytes: number): void {
    this.traffic.sent(wireBytes)
    const rw = this.#owner(code)
    this.#tell('out', rw, code, wireBytes)
    if (rw === undefined) return
    rw.traffic.sent(wireBytes)
    this.#meter?.messageOut(rw.protocol, code - rw.offset, wireBytes)
  }

  /** The connection's last word: it broke, or what came can't be understood. */
  ended(error: Error): void {
    this.#end(error)
  }

  #owner(code: number): ProtocolRW | undefined {
    for (const rw of this.#running) if (rw.owns(code)) return rw
    return undefined
  }

  #tell(direction: TracedMessage['direction'], rw: ProtocolRW | undefined, code: number, wireBytes: number): void {
    if (this.#trace === undefined) return
    const { name, version } = rw?.protocol ?? BASE_PROTOCOL
    this.#trace(this, { direction, protocol: name, version, code: code - (rw?.offset ?? 0), wireBytes })
  }

  #baseMessage(code: number, payload: Uint8Array): void {
    checkBaseSize(`base protocol message ${code}`, payload)
    switch (code) {
      case BaseCode.Ping:
        this.#keepalive.receivedPing()
        break
      case BaseCode.Pong:
        this.#keepalive.receivedPong()
        break
      case BaseCode.Disconnect:
        throw new DisconnectError(decodeDisconnect(payload), 'remote')
      case BaseCode.Hello:
        throw new EthspanError('ERR_PROTOCOL', 'a second Hello')
      default:
        // Codes 4 to 15 are for later versions of the base protocol; geth ignores them too.
        this.#init.log.debug('ignored a base protocol message', { peer: this.id, code })
    }
  }

  #tooFull(rw: ProtocolRW): void {
    if (this.#connection.channel.canPause) {
      this.#connection.pause()
      return
    }
    const detail = `${capString(rw.protocol)} does not keep up with its messages, and this transport can't be paused`
    throw new DisconnectError(DiscReason.SubprotocolError, 'local', { detail })
  }

  #onRoom(): void {
    if (this.#running.every((rw) => !rw.inbox.full)) this.#connection.resume()
  }

  async #run(rw: ProtocolRW): Promise<void> {
    const { log } = this.#init
    const name = capString(rw.protocol)
    // Not inside `start`, which is not done yet.
    await undefined
    if (this.#over) return
    try {
      await rw.protocol.run(this, rw)
      this.#end(new DisconnectError(DiscReason.Quitting, 'local', { detail: `${name} returned` }))
    } catch (cause) {
      const error = asError(cause)
      if (this.#over) {
        if (error !== this.signal.reason)
          log.debug('a protocol failed after its peer had gone', { peer: this.id, name, error })
      } else if (error instanceof DisconnectError) this.#end(error)
      else {
        const detail = `${name}: ${error.message}`
        this.#end(new DisconnectError(DiscReason.SubprotocolError, 'local', { detail, cause }))
      }
    }
  }

  #end(error: Error): void {
    if (this.#over) return
    this.#over = true
    const end = peerEndOf(error)
    this.#keepalive.stop(error)
    for (const rw of this.#running) rw.inbox.end(error)
    this.#abort.abort(error)
    this.#init.onEnd(this, end)
    const goodbye =
      end.side === 'local' ? { code: BaseCode.Disconnect, payload: encodeDisconnect(end.reason) } : undefined
    this.#init.log.debug('peer ends', { peer: this.id, reason: discReasonText(end.reason), side: end.side })
    this.#connection.close(error, goodbye).then(this.#gone.resolve)
    Promise.all([this.#gone.promise, this.#allReturned()]).then(() => this.#closed.resolve())
  }

  async #allReturned(): Promise<void> {
    try {
      await withTimeout(this.#returned, this.#init.clock, PROTOCOL_RETURN_TIMEOUT_MS, 'returning from the protocols')
    } catch (error) {
      this.#init.log.warn('a protocol still runs on a peer that is gone', { peer: this.id, error })
    }
  }
}
