import type { Enode } from '../enode/enode.js'
import type { EthspanError } from '../errors.js'
import type { DiscReason, DiscSide } from '../peer/disc-reason.js'
import type { Peer } from '../peer/peer.js'

/** Where a connection failed before it became a peer. */
export type HandshakeStage = 'admission' | 'encryption' | 'hello'

/** A peer joined. */
export class PeerAddEvent extends Event {
  readonly peer: Peer
  constructor(peer: Peer) {
    super('peeradd')
    this.peer = peer
  }
}

/** A peer is gone. */
export class PeerDropEvent extends Event {
  readonly peer: Peer
  readonly reason: DiscReason
  /** Which side gave the reason. */
  readonly side: DiscSide
  /** What happened in detail. */
  readonly error: Error
  /** Milliseconds until this node is dialed again, 0 for at once; undefined when it won't be. */
  readonly retryIn: number | undefined
  constructor(peer: Peer, reason: DiscReason, side: DiscSide, error: Error, retryIn?: number) {
    super('peerdrop')
    this.peer = peer
    this.reason = reason
    this.side = side
    this.error = error
    this.retryIn = retryIn
  }
}

/** A dial begins. */
export class DialEvent extends Event {
  readonly node: Enode
  constructor(node: Enode) {
    super('dial')
    this.node = node
  }
}

/** No channel to a node could be opened. */
export class DialFailEvent extends Event {
  readonly node: Enode
  readonly error: EthspanError
  /** Milliseconds until this node is dialed again; undefined when it won't be. */
  readonly retryIn: number | undefined
  constructor(node: Enode, error: EthspanError, retryIn: number | undefined) {
    super('dialfail')
    this.node = node
    this.error = error
    this.retryIn = retryIn
  }
}

/** A channel was opened or accepted, but no peer came of it. */
export class HandshakeFailEvent extends Event {
  readonly stage: HandshakeStage
  readonly inbound: boolean
  readonly transport: string
  readonly remoteAddress: string
  /** The node that was dialed, or that proved its key; undefined before that. */
  readonly node: Enode | undefined
  readonly error: Error
  /** As on {@link DialFailEvent}; undefined for inbound connections too. */
  readonly retryIn: number | undefined
  constructor(init: Omit<HandshakeFailEvent, keyof Event>) {
    super('handshakefail')
    this.stage = init.stage
    this.inbound = init.inbound
    this.transport = init.transport
    this.remoteAddress = init.remoteAddress
    this.node = init.node
    this.error = init.error
    this.retryIn = init.retryIn
  }
}

/** What a {@link Server} tells its listeners. */
export interface ServerEventMap {
  peeradd: PeerAddEvent
  peerdrop: PeerDropEvent
  dial: DialEvent
  dialfail: DialFailEvent
  handshakefail: HandshakeFailEvent
}
