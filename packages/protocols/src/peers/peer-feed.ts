// The protocol `peers/1`, specified in docs/peers-protocol.md: who is connected to a node, told to those who ask.
import {
  type Clock,
  Emitter,
  type MsgReader,
  type MsgReadWriter,
  type Peer,
  type Protocol,
  type Rate,
  systemClock,
  TokenBucket,
} from '@ethspan/core'
import { sideBySide } from '../side-by-side.js'
import { takeInTurn } from '../take-in-turn.js'
import { Feed, type FeedChange, type FeedNode } from './feed.js'
import { breach, decodeMessage, PeersMsg, peersLimits } from './messages.js'
import { dialableAddress, type PeerSource, Publisher } from './publisher.js'
import type { Subscriber } from './subscriber.js'

/** What a subscriber reads from one publisher. A faster one fills its queue, which core bounds. */
const readRate: Rate = { capacity: 2048, refillPerSecond: 512 }

/** A feed changed. */
export class PeerFeedChangeEvent extends Event {
  /** The id of the publisher. */
  readonly via: string
  /** New nodes, and known ones of which something changed. */
  readonly added: readonly FeedNode[]
  readonly removed: readonly FeedNode[]
  constructor(via: string, added: readonly FeedNode[], removed: readonly FeedNode[]) {
    super('change')
    this.via = via
    this.added = added
    this.removed = removed
  }
}

export interface PeerFeedOptions {
  /** Tells peers that ask who is connected to this node (see {@link PeerFeed.attach}). Default false. */
  readonly publish?: boolean
  /** Asks peers who is connected to them. Default: the opposite of `publish`. */
  readonly subscribe?: boolean
  /**
   * The address that others are told of a peer. Default {@link dialableAddress}. A public gateway gives its own, to keep the
   * addresses of its local network to itself.
   */
  readonly addressOf?: (peer: Peer) => string | undefined
  readonly clock?: Clock
}

/**
 * The protocol `peers/1`: a publisher tells subscribers at once who joins and leaves it.
 *
 * ```ts
 * const feed = new PeerFeed({ publish: true })
 * const server = new Server({ …, protocols: [feed.protocol] })
 * feed.attach(server)
 * ```
 */
export class PeerFeed extends Emitter<{ change: PeerFeedChangeEvent }> {
  readonly protocol: Protocol
  readonly #publish: boolean
  readonly #subscribe: boolean
  readonly #clock: Clock
  readonly #publisher: Publisher
  /** By publisher, at most {@link peersLimits.publishers}. */
  readonly #feeds = new Map<string, Feed>()

  constructor(options: PeerFeedOptions = {}) {
    super()
    this.#publish = options.publish ?? false
    this.#subscribe = options.subscribe ?? !this.#publish
    this.#clock = options.clock ?? systemClock
    this.#publisher = new Publisher(options.addressOf ?? dialableAddress)
    this.protocol = {
      name: 'peers',
      version: 1,
      length: 4,
      run: (peer, rw) => this.#run(peer, rw),
      nodeInfo: () => ({ publishing: this.#publisher.size, subscribers: this.#publisher.subscribers }),
    }
  }

  /** What the publishers among this node's peers tell; a node known to two of them is there twice, `via` differs. */
  get nodes(): readonly FeedNode[] {
    return [...this.#feeds.values()].flatMap((feed) => feed.nodes)
  }

  /** Publishes the peers of `server`, those it has and those to come. Returns what ends it. */
  attach(server: PeerSource): () => void {
    return this.#publisher.attach(server)
  }

  async #run(peer: Peer, rw: MsgReadWriter): Promise<void> {
    const isAsked = this.#subscribe && this.#feeds.size < peersLimits.publishers
    const feed = isAsked ? new Feed(peer.id, this.#clock) : undefined
    const subscriber = this.#publisher.newSubscriber(this.#clock)
    if (feed !== undefined) this.#feeds.set(peer.id, feed)
    try {
      await sideBySide(
        peer,
        (signal) => this.#read(peer.id, feed, subscriber, rw, signal),
        async (signal) => {
          if (feed !== undefined) await rw.send(PeersMsg.Subscribe, [], { signal })
          await subscriber.write(rw, signal)
        },
      )
    } finally {
      this.#publisher.unsubscribe(subscriber)
      // A peer that came back with the same id may have a feed of its own by now.
      if (feed !== undefined && this.#feeds.get(peer.id) === feed) {
        this.#feeds.delete(peer.id)
        this.#changed(peer.id, { added: [], removed: feed.nodes })
      }
    }
  }

  async #read(
    via: string,
    feed: Feed | undefined,
    subscriber: Subscriber,
    rw: MsgReader,
    signal: AbortSignal,
  ): Promise<void> {
    const bucket = new TokenBucket(readRate, this.#clock)
    let isSubscribed = false
    for await (const { code, payload } of rw) {
      const items = decodeMessage(code, payload)
      if (!(await takeInTurn(bucket, 1 + items.length, this.#clock, signal))) return
      if (code === PeersMsg.Subscribe) {
        if (isSubscribed) throw breach('subscribed twice')
        isSubscribed = true
        if (this.#publish) this.#publisher.subscribe(subscriber)
      } else {
        if (feed === undefined) throw breach('told of its peers without being asked')
        this.#changed(via, feed.take(code, items))
      }
    }
  }

  #changed(via: string, { added, removed }: FeedChange): void {
    if (added.length + removed.length > 0) this.emit(new PeerFeedChangeEvent(via, added, removed))
  }
}
