import { createCrypto } from '#crypto'
import type { Enode } from '../enode/enode.js'
import { LocalNode } from '../enode/local-node.js'
import { asError, EthspanError } from '../errors.js'
import type { Hello } from '../peer/base-protocol.js'
import { DisconnectError, DiscReason } from '../peer/disc-reason.js'
import type { PeerEnd } from '../peer/disc-reason-of.js'
import type { Peer } from '../peer/peer.js'
import type { PeerInfo } from '../peer/peer-info.js'
import type { WaitOptions } from '../peer/protocol.js'
import { RunningPeer } from '../peer/running-peer.js'
import { ourHello } from '../peer/say-hello.js'
import { Emitter } from '../platform/emitter.js'
import { abortable } from '../platform/wait.js'
import { MeteredChannel } from '../transport/metered-channel.js'
import type { Channel, DialCheck } from '../transport/transport.js'
import { type AdmissionState, admit } from './admission.js'
import { asEnode, type CheckedOptions, checkOptions } from './check-options.js'
import { dialNode, findTransport } from './dial-node.js'
import { DialScheduler } from './dial-scheduler.js'
import { replaces } from './duplicates.js'
import {
  DialEvent,
  DialFailEvent,
  HandshakeFailEvent,
  PeerAddEvent,
  PeerDropEvent,
  type ServerEventMap,
} from './events.js'
import { inboundEnode } from './inbound-enode.js'
import { type NodeInfo, nodeInfoOf } from './info.js'
import { type OpenListeners, openListeners } from './listeners.js'
import type { Redial, ServerOptions } from './options.js'
import { type HandshakenConnection, type SetupContext, SetupError, setupConn } from './setup-conn.js'

type State = 'stopped' | 'starting' | 'running' | 'stopping'

/** What exists between `start` and `stop`. */
interface Running {
  readonly setup: Omit<SetupContext, 'checkpoint' | 'addPeer'>
  readonly listeners: OpenListeners
  readonly scheduler: DialScheduler
  readonly stop: AbortController
  /** Connections in handshake. */
  readonly handshakes: Set<Promise<void>>
}

/**
 * Accepts and dials connections, makes peers of them and runs the protocols on them: geth's `p2p.Server`. What carries the
 * bytes is up to the transports it is given.
 */
export class Server extends Emitter<ServerEventMap> {
  readonly #options: CheckedOptions
  readonly #localNode: LocalNode
  readonly #static = new Map<string, { readonly node: Enode; readonly redial: Redial }>()
  readonly #trusted = new Set<string>()
  readonly #peers = new Map<string, RunningPeer>()
  /** Peers that ended and still say goodbye, or whose protocols have not returned. */
  readonly #leaving = new Set<Promise<void>>()
  #state: State = 'stopped'
  /** The start or stop that is under way. */
  #change: Promise<void> = Promise.resolve()
  #running: Running | undefined
  #pendingInbound = 0

  /** @throws {EthspanError} ERR_INVALID_OPTION, ERR_INVALID_KEY, ERR_INVALID_ENODE: one line for whoever set it up. */
  constructor(options: ServerOptions) {
    super()
    this.#options = checkOptions(options)
    const { privateKey, clock, attributes, protocols } = this.#options
    const entries = Object.assign({}, attributes, ...protocols.map((protocol) => protocol.attributes ?? {}))
    // Milliseconds since 1970, as geth: newer than any record this node has signed before, without storage.
    this.#localNode = new LocalNode(privateKey, { seq: BigInt(Math.floor(clock.wallTime())), entries })
    for (const node of this.#options.staticNodes) this.addPeer(node)
    for (const node of this.#options.trustedNodes) this.addTrustedPeer(node)
  }

  /** This node as others can reach it. */
  get self(): Enode {
    return this.#localNode.node.withEndpoint(this.#running?.listeners.endpoint ?? {})
  }

  /** This node's record, to which services add entries. */
  get localNode(): LocalNode {
    return this.#localNode
  }

  get peers(): readonly Peer[] {
    return [...this.#peers.values()]
  }

  get peerCount(): number {
    return this.#peers.size
  }

  /**
   * Opens the listeners and begins to dial. A server that was stopped can be started again.
   * @throws {EthspanError} ERR_STATE unless stopped; ERR_LISTEN or ERR_ABORTED, after which nothing is left open.
   */
  async start({ signal }: WaitOptions = {}): Promise<void> {
    if (this.#state !== 'stopped') throw new EthspanError('ERR_STATE', `the server can't start: it is ${this.#state}`)
    this.#state = 'starting'
    this.#change = this.#start(signal)
    await this.#change
  }

  /** Says goodbye to every peer and closes everything; resolves when nothing is left. Safe to call in any state. */
  async stop(): Promise<void> {
    if (this.#state === 'starting') await this.#change.catch(() => undefined)
    if (this.#state === 'running') {
      this.#state = 'stopping'
      this.#change = this.#stop(this.#running as Running)
    }
    if (this.#state === 'stopping') await this.#change
  }

  async #start(signal: AbortSignal | undefined): Promise<void> {
    try {
      const { createCrypto: create = createCrypto, transports, clock, log } = this.#options
      const crypto = await abortable(create(), signal)
      const listeners = await openListeners(transports, (channel) => this.#accept(channel), { clock, log }, signal)
      await this.#announce(listeners)
      const setup = { ...this.#options, crypto, ourHello: () => this.#hello() }
      const scheduler = this.#makeScheduler()
      this.#running = { setup, listeners, scheduler, stop: new AbortController(), handshakes: new Set() }
      this.#state = 'running'
      this.#beginToDial(scheduler)
    } catch (error) {
      this.#state = 'stopped'
      throw error
    }
  }

  /** Puts the listeners' addresses into the node's record, or closes them where it has no room. */
  async #announce(listeners: OpenListeners): Promise<void> {
    try {
      for (const [key, value] of Object.entries(listeners.entries)) this.#localNode.set(key, value)
    } catch (error) {
      for (const key of Object.keys(listeners.entries)) this.#localNode.delete(key)
      await listeners.close()
      throw error
    }
  }

  async #stop({ listeners, scheduler, handshakes, stop }: Running): Promise<void> {
    const quitting = new DisconnectError(DiscReason.Quitting, 'local')
    stop.abort(quitting)
    const peers = [...this.#peers.values()]
    await Promise.all([
      listeners.close(),
      scheduler.stop(quitting),
      ...handshakes,
      ...peers.map((peer) => peer.disconnect(DiscReason.Quitting)),
    ])
    await Promise.all(this.#leaving)
    for (const key of Object.keys(listeners.entries)) this.#localNode.delete(key)
    this.#running = undefined
    this.#state = 'stopped'
  }

  /**
   * Connects to `node` and keeps it connected until `removePeer`. Default of `redial`: the limit `dialHistoryExpiration`
   * between two dials, as geth.
   * @throws {EthspanError} ERR_INVALID_ENODE. A node that can't be dialed from here shows in a `dialfail` event.
   */
  addPeer(node: Enode | string, options: { readonly redial?: Redial } = {}): void {
    const enode = asEnode(node)
    const { dialHistoryExpiration: pause } = this.#options.limits
    const entry = { node: enode, redial: options.redial ?? { first: pause, max: pause } }
    this.#static.set(enode.id, entry)
    this.#running?.scheduler.addStatic(entry.node, entry.redial)
  }

  /** Stops redialing a node and disconnects it; resolves when it is gone. @throws {EthspanError} ERR_INVALID_ENODE. */
  async removePeer(node: Enode | string): Promise<void> {
    const { id } = asEnode(node)
    this.#static.delete(id)
    this.#running?.scheduler.removeStatic(id)
    await this.#peers.get(id)?.disconnect(DiscReason.Requested)
  }

  /** Lets a node in above the limits from now on. @throws {EthspanError} ERR_INVALID_ENODE. */
  addTrustedPeer(node: Enode | string): void {
    this.#trusted.add(asEnode(node).id)
  }

  /** Takes the privilege back; a connection that stands goes on. @throws {EthspanError} ERR_INVALID_ENODE. */
  removeTrustedPeer(node: Enode | string): void {
    this.#trusted.delete(asEnode(node).id)
  }

  /** This node in plain data, shaped as geth's `admin_nodeInfo`. */
  nodeInfo(): NodeInfo {
    const { name, protocols } = this.#options
    const { listeners, setup } = this.#running ?? {}
    return nodeInfoOf({ name, protocols, self: this.self, listeners, crypto: setup?.crypto.name ?? '' })
  }

  /** All peers in plain data, ordered by id, shaped as geth's `admin_peers`. */
  peersInfo(): PeerInfo[] {
    return [...this.#peers.values()].map((peer) => peer.info()).sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  #hello(): Hello {
    const { name, protocols } = this.#options
    const caps = protocols.map((protocol) => ({ name: protocol.name, version: protocol.version }))
    return ourHello({ name, caps, listenPort: this.self.endpoint.tcpPort ?? 0, publicKey: this.#localNode.publicKey })
  }

  #makeScheduler(): DialScheduler {
    const { clock, log, limits, maxPendingOutbound } = this.#options
    return new DialScheduler({
      self: this.#localNode.id,
      maxDialPeers: this.#maxDialPeers,
      maxActiveDials: maxPendingOutbound,
      historyExpiration: limits.dialHistoryExpiration,
      clock,
      log,
      check: (node) => this.#check(node),
      dial: (node, signal) => this.#dial(node, signal),
      undialable: (node, error) => this.emit(new DialFailEvent(node, error, undefined)),
    })
  }

  #beginToDial(scheduler: DialScheduler): void {
    for (const { node, redial } of this.#static.values()) scheduler.addStatic(node, redial)
    const { protocols, dialCandidates } = this.#options
    for (const source of dialCandidates) scheduler.addCandidates(source)
    for (const protocol of protocols) {
      if (protocol.dialCandidates !== undefined) scheduler.addCandidates((wait) => protocol.dialCandidates!(wait))
    }
  }

  get #maxDialPeers(): number {
    const { maxPeers, dialRatio, noDial } = this.#options
    return noDial || maxPeers === 0 ? 0 : Math.max(1, Math.floor(maxPeers / dialRatio))
  }

  #check(node: Enode): DialCheck {
    return findTransport(this.#options.transports, node).check
  }

  async #dial(node: Enode, signal: AbortSignal): Promise<void> {
    this.emit(new DialEvent(node))
    try {
      const channel = await dialNode(this.#options, node, signal)
      await this.#setup(channel, node, signal)
    } catch (cause) {
      if (signal.aborted) return
      const error =
        cause instanceof EthspanError ? cause : new EthspanError('ERR_DIAL', asError(cause).message, { cause })
      this.#options.log.debug('dial failed', { node: node.toString(), error })
      this.emit(new DialFailEvent(node, error, this.#running?.scheduler.retryIn(node.id)))
    }
  }

  #accept(channel: Channel): void {
    const running = this.#running
    if (running === undefined || this.#state !== 'running') {
      channel.destroy()
      return
    }
    if (this.#pendingInbound >= this.#options.maxPendingInbound) {
      channel.destroy()
      const detail = `${this.#pendingInbound} inbound connections are in handshake`
      const error = new DisconnectError(DiscReason.TooManyPeers, 'local', { detail })
      this.#handshakeFailed(channel, new SetupError('admission', undefined, error))
      return
    }
    this.#pendingInbound++
    const setup = this.#setup(channel, undefined, running.stop.signal).finally(() => {
      this.#pendingInbound--
      running.handshakes.delete(setup)
    })
    running.handshakes.add(setup)
  }

  /** Makes a peer of a channel, or tells why not. Never rejects. */
  async #setup(bare: Channel, dialed: Enode | undefined, signal: AbortSignal): Promise<void> {
    const { meter } = this.#options
    const channel = meter === undefined ? bare : new MeteredChannel(bare, meter)
    const { setup, scheduler } = this.#running as Running
    const { inbound } = channel
    let pending: string | undefined
    try {
      const context: SetupContext = {
        ...setup,
        checkpoint: ({ id }) => {
          this.#checkAdmission(id, inbound)
          if (!inbound) return
          pending = id
          scheduler.inboundPending(id)
        },
        addPeer: (handshaken) => this.#addPeer(handshaken, signal),
      }
      await setupConn(context, channel, dialed, signal)
    } catch (error) {
      if (signal.aborted) return
      this.#handshakeFailed(
        channel,
        error instanceof SetupError ? error : new SetupError('hello', dialed, asError(error)),
      )
    } finally {
      if (pending !== undefined) scheduler.inboundCompleted(pending)
    }
  }

  #handshakeFailed(channel: Channel, { stage, node, cause }: SetupError): void {
    const { inbound, transport, remoteAddress } = channel
    const retryIn = inbound || node === undefined ? undefined : this.#running?.scheduler.retryIn(node.id)
    this.#options.log.debug('handshake failed', { stage, remoteAddress, node: node?.id, error: cause })
    this.emit(new HandshakeFailEvent({ stage, inbound, transport, remoteAddress, node, error: cause, retryIn }))
  }

  #checkAdmission(id: string, inbound: boolean): void {
    const { maxPeers } = this.#options
    const others = [...this.#peers.values()].filter((peer) => peer.id !== id)
    const state: AdmissionState = {
      self: this.#localNode.id,
      maxPeers,
      maxInbound: maxPeers - this.#maxDialPeers,
      peers: others.length,
      inboundPeers: others.filter((peer) => peer.inbound).length,
    }
    const refusal = admit({ id, inbound, trusted: this.#trusted.has(id) }, state)
    if (refusal !== undefined) throw new DisconnectError(refusal, 'local')
  }

  /** From the last check to the entry in `#peers` there is no await: what was checked still holds. */
  async #addPeer({ connection, enode, hello, protocols }: HandshakenConnection, signal: AbortSignal): Promise<void> {
    const { id } = enode
    const { inbound } = connection.channel
    const { clock, limits, log, meter, trace } = this.#options
    for (let existing = this.#peers.get(id); existing !== undefined; existing = this.#peers.get(id)) {
      const timeout = limits.duplicateProbeTimeout
      const replace = await replaces({ id, inbound, signal }, existing, { self: this.#localNode.id, timeout })
      if (!replace) throw new DisconnectError(DiscReason.AlreadyConnected, 'local')
      if (this.#peers.get(id) === existing) existing.disconnect(DiscReason.AlreadyConnected)
    }
    this.#checkAdmission(id, inbound)
    if (connection.error !== undefined) throw connection.error
    signal.throwIfAborted()

    const peer = new RunningPeer({
      connection,
      enode: inbound ? inboundEnode(enode, connection.channel, hello) : enode,
      name: hello.name,
      caps: hello.caps,
      protocols,
      isStatic: () => this.#static.has(id),
      isTrusted: () => this.#trusted.has(id),
      onEnd: (ended, end) => this.#dropPeer(ended, end),
      clock,
      limits,
      log,
      meter,
      trace,
    })
    this.#peers.set(id, peer)
    this.#running?.scheduler.peerAdded(id, !inbound)
    log.debug('peer added', { peer: id, name: peer.name, remoteAddress: peer.remoteAddress })
    this.emit(new PeerAddEvent(peer))
    peer.start()
  }

  #dropPeer(peer: RunningPeer, { reason, side, error }: PeerEnd): void {
    this.#peers.delete(peer.id)
    const left = peer.closed.finally(() => this.#leaving.delete(left))
    this.#leaving.add(left)
    // Asked before the scheduler hears of it, because it may dial at once, which begins the next pause.
    const retryIn = this.#running?.scheduler.retryIn(peer.id)
    this.#running?.scheduler.peerRemoved(peer.id)
    this.#options.log.debug('peer dropped', { peer: peer.id, reason, side, error })
    this.emit(new PeerDropEvent(peer, reason, side, error, retryIn))
  }
}
