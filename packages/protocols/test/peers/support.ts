import {
  bytesToHex,
  Emitter,
  hexToBytes,
  type Peer,
  PeerAddEvent,
  PeerDropEvent,
  type RlpInput,
  type ServerEventMap,
} from '@ethspan/core'
import { SimClock, settle } from '@ethspan/core/testing'
import { PeerFeed, type PeerFeedChangeEvent } from '../../src/peers/peer-feed.js'
import { connect, fakePeer } from '../fake-peer.js'

/** The part of a server that a feed follows. */
export class FakeServer extends Emitter<Pick<ServerEventMap, 'peeradd' | 'peerdrop'>> {
  peers: Peer[] = []
  add(peer = fakePeer()): Peer {
    this.peers.push(peer)
    this.emit(new PeerAddEvent(peer))
    return peer
  }
  drop(peer: Peer): void {
    this.peers = this.peers.filter((other) => other !== peer)
    this.emit(new PeerDropEvent(peer, 0, 'remote', new Error('gone')))
  }
}

/** Publishes the peers of `server`; returns what ends it. */
export const attach = (feed: PeerFeed, server: FakeServer) =>
  feed.attach(server as unknown as Parameters<PeerFeed['attach']>[0])

/** A publisher and a subscriber that are each other's peer. */
export async function joined() {
  const clock = new SimClock()
  const server = new FakeServer()
  const publisher = new PeerFeed({ publish: true, clock })
  const subscriber = new PeerFeed({ clock })
  const detach = attach(publisher, server)
  const changes: PeerFeedChangeEvent[] = []
  subscriber.addEventListener('change', (event) => changes.push(event))
  const a = { protocol: publisher.protocol, peer: fakePeer() }
  const b = { protocol: subscriber.protocol, peer: fakePeer() }
  const link = connect(a, b, clock)
  await settle()
  return { clock, server, subscriber, changes, detach, via: a.peer.id, close: link.close }
}

/** The public key of {@link entry}, in hex. */
export const key = bytesToHex(fakePeer().enode.publicKey)

/** A node as it travels; `over` replaces fields by their index. */
export const entry = (over: Record<number, RlpInput> = {}): RlpInput[] => {
  const fields: RlpInput[] = [hexToBytes(key), 'name', [['eth', 68]], 'tcp', 1, 1000, '']
  for (const [index, value] of Object.entries(over)) fields[Number(index)] = value
  return fields
}

/** One of many nodes that differ in their keys. */
export const keyed = (index: number) =>
  entry({ 0: Uint8Array.from({ length: 64 }, (_, at) => (at === 0 ? index >> 8 : index & 255)) })
