// The publisher's half of `peers/1`: which of a server's peers are told, and to whom.
import {
  bytesToHex,
  type Clock,
  capString,
  type Peer,
  type PeerAddEvent,
  type PeerDropEvent,
  type Server,
} from '@ethspan/core'
import { cleanText, cutText } from '../text.js'
import { type FeedEntry, peersLimits } from './messages.js'
import { Subscriber } from './subscriber.js'

/** The part of a `Server` that a publisher follows. */
export type PeerSource = Pick<Server, 'peers' | 'addEventListener' | 'removeEventListener'>

/**
 * The URL that `peer` can be dialed at: the one that we dialed, or that it told to listen on. Undefined for a node that only
 * dials, such as a browser: where that one is, is nobody's business.
 */
export function dialableAddress(peer: Peer): string | undefined {
  const { tcpPort, ws } = peer.enode.endpoint
  return ws === undefined && (tcpPort ?? 0) === 0 ? undefined : peer.enode.toString()
}

/** Keeps what there is to tell of a server's peers, and tells subscribers what changes. */
export class Publisher {
  readonly #addressOf: (peer: Peer) => string | undefined
  /** By node id, at most {@link peersLimits.nodes}. */
  readonly #published = new Map<string, FeedEntry>()
  readonly #subscribers = new Set<Subscriber>()

  /** @param addressOf the address that others are told of a peer */
  constructor(addressOf: (peer: Peer) => string | undefined) {
    this.#addressOf = addressOf
  }

  /** How many nodes are published. */
  get size(): number {
    return this.#published.size
  }

  /** How many peers are told of them. */
  get subscribers(): number {
    return this.#subscribers.size
  }

  /** Publishes the peers of `server`, those it has and those to come. Returns what ends it. */
  attach(server: PeerSource): () => void {
    const added = ({ peer }: PeerAddEvent) => this.#show(peer)
    const dropped = ({ peer }: PeerDropEvent) => {
      this.#hide(peer.id)
      // Another connection of the same node, or a peer for which the feed had no place.
      for (const waiting of server.peers) if (waiting !== peer) this.#show(waiting)
    }
    server.addEventListener('peeradd', added)
    server.addEventListener('peerdrop', dropped)
    for (const peer of server.peers) this.#show(peer)
    return () => {
      server.removeEventListener('peeradd', added)
      server.removeEventListener('peerdrop', dropped)
      for (const id of [...this.#published.keys()]) this.#hide(id)
    }
  }

  /** One that may subscribe; it is told nothing before {@link subscribe}. */
  newSubscriber(clock: Clock): Subscriber {
    return new Subscriber(this.#published, clock)
  }

  /** Tells `subscriber` of all nodes, and from now on of what changes. */
  subscribe(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber)
    subscriber.tellAll()
  }

  unsubscribe(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber)
  }

  #show(peer: Peer): void {
    if (this.#published.has(peer.id) || this.#published.size === peersLimits.nodes) return
    const entry = entryOf(peer, this.#addressOf(peer))
    this.#published.set(peer.id, entry)
    for (const subscriber of this.#subscribers) subscriber.tell(peer.id, entry)
  }

  #hide(id: string): void {
    if (!this.#published.delete(id)) return
    for (const subscriber of this.#subscribers) subscriber.tell(id, undefined)
  }
}

/** Cuts what a peer may have told in Hello to what the feed can carry. */
function entryOf(peer: Peer, address: string | undefined): FeedEntry {
  const fits = address !== undefined && new TextEncoder().encode(address).length <= peersLimits.addressBytes
  return {
    id: peer.id,
    publicKey: bytesToHex(peer.enode.publicKey),
    name: cutText(cleanText(peer.name), peersLimits.nameBytes),
    caps: peer.caps
      .filter(({ name }) => /^[!-~]{1,8}$/.test(name))
      .slice(0, peersLimits.caps)
      .map(capString),
    transport: peer.transport,
    inbound: peer.inbound,
    connectedSince: peer.connectedSince,
    address: fits ? address : undefined,
  }
}
