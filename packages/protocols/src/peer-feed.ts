// The protocol `peers/1`, specified in docs/peers-protocol.md: who is connected to a node, told to those who ask.
import {
  bytesToHex,
  type Clock,
  capString,
  decodeRlp,
  Emitter,
  Enode,
  EthspanError,
  equalBytes,
  expectBytes,
  expectList,
  expectText,
  expectUint,
  hexToBytes,
  keccak256,
  type MsgReader,
  type MsgReadWriter,
  type MsgWriter,
  type Peer,
  type PeerAddEvent,
  type PeerDropEvent,
  type Protocol,
  type RlpInput,
  type RlpItem,
  type Server,
  systemClock,
} from '@ethspan/core'
import { sideBySide } from './side-by-side.js'
import { cleanText, cutText } from './text.js'
import { type Rate, TokenBucket } from './token-bucket.js'
import { Wakeup } from './wakeup.js'

/** Message codes of `peers/1`. */
export const PeersMsg = { Subscribe: 0x00, Snapshot: 0x01, Add: 0x02, Remove: 0x03 } as const

/** Limits of `peers/1`; all but the rates are part of the protocol. */
export const peersLimits = {
  /** Nodes in one feed, and so in one Snapshot. Ten times geth's default for maxPeers. */
  nodes: 512,
  /** Nodes in one Add or Remove; more changes than that are told by a Snapshot. */
  changes: 64,
  /** Bytes of a client's name. A Hello (2048 bytes) could hold more, a table can't. */
  nameBytes: 128,
  /** Capabilities of one node. */
  caps: 32,
  /** Bytes of a capability's name. Source: rlpx.md, "Hello" (at most 8 ASCII characters). */
  capNameBytes: 8,
  /** Bytes of a transport's name. */
  transportBytes: 16,
  /** Bytes of an address; an enode URL has some 160. */
  addressBytes: 512,
  /** Bytes of one message. */
  messageBytes: 1024 * 1024,
  /** Publishers that one node listens to; feeds of more peers are not asked for. */
  publishers: 16,
} as const

/** What a publisher sends to one subscriber: a node or a message is one token. Half of what a subscriber accepts. */
const sendRate: Rate = { capacity: 1024, perSecond: 256 }
/** What a subscriber reads from one publisher. A faster one fills its queue, which core bounds. */
const readRate: Rate = { capacity: 2048, perSecond: 512 }

const publicKeyBytes = 64
/** Longest age of a connection, in milliseconds: 2^42 is 139 years. */
const maxAge = 2 ** 42

/** A node as a publisher tells of it. */
export interface FeedNode {
  /** keccak256 of the public key, 64 hex digits. */
  readonly id: string
  /** 128 hex digits. */
  readonly publicKey: string
  /** The client's name, cleaned by {@link cleanText}. */
  readonly name: string
  /** Such as `chat/1`. */
  readonly caps: readonly string[]
  /** How it is connected to the publisher: `tcp`, `ws`, … */
  readonly transport: string
  /** Whether it dialed the publisher. */
  readonly inbound: boolean
  /** Milliseconds since 1970, by this node's clock. */
  readonly connectedSince: number
  /** The enode URL it can be dialed at, where it told one. */
  readonly address: string | undefined
  /** The id of the publisher. */
  readonly via: string
}

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

/** The part of a `Server` that a publisher follows. */
export type PeerSource = Pick<Server, 'peers' | 'addEventListener' | 'removeEventListener'>

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
 * The URL that `peer` can be dialed at: the one that we dialed, or that it told to listen on. Undefined for a node that only
 * dials, such as a browser: where that one is, is nobody's business.
 */
export function dialableAddress(peer: Peer): string | undefined {
  const { tcpPort, ws } = peer.enode.endpoint
  return ws === undefined && (tcpPort ?? 0) === 0 ? undefined : peer.enode.toString()
}

/** What a publisher says of a node. */
interface Entry extends Omit<FeedNode, 'via'> {}

interface Subscriber {
  readonly wakeup: Wakeup
  /** Node ids with what to say of them; undefined: gone. At most {@link peersLimits.changes}, past that `resync` is set. */
  readonly changes: Map<string, Entry | undefined>
  resync: boolean
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
  readonly #addressOf: (peer: Peer) => string | undefined
  readonly #clock: Clock
  /** By publisher, then by node id. */
  readonly #feeds = new Map<string, Map<string, FeedNode>>()
  readonly #published = new Map<string, Entry>()
  readonly #subscribers = new Set<Subscriber>()

  constructor(options: PeerFeedOptions = {}) {
    super()
    this.#publish = options.publish ?? false
    this.#subscribe = options.subscribe ?? !this.#publish
    this.#addressOf = options.addressOf ?? dialableAddress
    this.#clock = options.clock ?? systemClock
    this.protocol = {
      name: 'peers',
      version: 1,
      length: 4,
      run: (peer, rw) => this.#run(peer, rw),
      nodeInfo: () => ({ publishing: this.#published.size, subscribers: this.#subscribers.size }),
    }
  }

  /** What the publishers among this node's peers tell; a node known to two of them is there twice, `via` differs. */
  get nodes(): readonly FeedNode[] {
    return [...this.#feeds.values()].flatMap((feed) => [...feed.values()])
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

  // ---- publishing ----

  #show(peer: Peer): void {
    if (this.#published.has(peer.id) || this.#published.size === peersLimits.nodes) return
    const entry = entryOf(peer, this.#addressOf(peer))
    this.#published.set(peer.id, entry)
    this.#tell(peer.id, entry)
  }

  #hide(id: string): void {
    if (this.#published.delete(id)) this.#tell(id, undefined)
  }

  #tell(id: string, entry: Entry | undefined): void {
    for (const subscriber of this.#subscribers) {
      if (!subscriber.resync) subscriber.changes.set(id, entry)
      if (subscriber.changes.size > peersLimits.changes) {
        // It reads slower than nodes come and go: from here on only the latest state counts.
        subscriber.resync = true
        subscriber.changes.clear()
      }
      subscriber.wakeup.notify()
    }
  }

  /** Sends what there is to tell, as fast as the subscriber takes it, until the signal fires. */
  async #write(subscriber: Subscriber, subscribes: boolean, rw: MsgWriter, signal: AbortSignal): Promise<void> {
    if (subscribes) await rw.send(PeersMsg.Subscribe, [], { signal })
    const bucket = new TokenBucket(sendRate, this.#clock)
    while (!signal.aborted) {
      await subscriber.wakeup.wait(signal)
      while (subscriber.resync || subscriber.changes.size > 0) {
        const cost = 1 + (subscriber.resync ? this.#published.size : subscriber.changes.size)
        if (!(await bucket.take(cost, signal))) return
        await this.#sendNext(subscriber, rw, signal)
      }
    }
  }

  async #sendNext(subscriber: Subscriber, rw: MsgWriter, signal: AbortSignal): Promise<void> {
    const encode = (entry: Entry) => encodeEntry(entry, this.#clock.wallTime())
    if (subscriber.resync) {
      subscriber.resync = false
      return rw.send(PeersMsg.Snapshot, [...this.#published.values()].map(encode), { signal })
    }
    const changes = [...subscriber.changes]
    subscriber.changes.clear()
    const gone = changes.flatMap(([id, entry]) => (entry === undefined ? [hexToBytes(id)] : []))
    const here = changes.flatMap(([, entry]) => (entry === undefined ? [] : [encode(entry)]))
    if (gone.length > 0) await rw.send(PeersMsg.Remove, gone, { signal })
    if (here.length > 0) await rw.send(PeersMsg.Add, here, { signal })
  }

  // ---- both sides of one peer ----

  async #run(peer: Peer, rw: MsgReadWriter): Promise<void> {
    const feed = this.#subscribe && this.#feeds.size < peersLimits.publishers ? new Map<string, FeedNode>() : undefined
    const subscriber: Subscriber = { wakeup: new Wakeup(), changes: new Map(), resync: false }
    if (feed !== undefined) this.#feeds.set(peer.id, feed)
    try {
      await sideBySide(
        peer,
        (signal) => this.#read(peer.id, feed, subscriber, rw, signal),
        (signal) => this.#write(subscriber, feed !== undefined, rw, signal),
      )
    } finally {
      this.#subscribers.delete(subscriber)
      // A peer that came back with the same id may have a feed of its own by now.
      if (feed !== undefined && this.#feeds.get(peer.id) === feed) {
        this.#feeds.delete(peer.id)
        this.#changed(peer.id, [], [...feed.values()])
      }
    }
  }

  async #read(
    via: string,
    feed: Map<string, FeedNode> | undefined,
    subscriber: Subscriber,
    rw: MsgReader,
    signal: AbortSignal,
  ): Promise<void> {
    const bucket = new TokenBucket(readRate, this.#clock)
    let hasSnapshot = false
    for await (const { code, payload } of rw) {
      const items = decodeMessage(code, payload)
      if (!(await bucket.take(1 + items.length, signal))) return
      if (code === PeersMsg.Subscribe) {
        this.#subscribed(subscriber)
        continue
      }
      if (feed === undefined) throw breach('told of its peers without being asked')
      if (!hasSnapshot && code !== PeersMsg.Snapshot) throw breach('told of changes before the first snapshot')
      hasSnapshot = true
      if (code === PeersMsg.Remove) this.#remove(via, feed, items)
      else this.#put(via, feed, items, code === PeersMsg.Snapshot)
    }
  }

  #subscribed(subscriber: Subscriber): void {
    if (this.#subscribers.has(subscriber) || subscriber.resync) throw breach('subscribed twice')
    subscriber.resync = true
    if (!this.#publish) return
    this.#subscribers.add(subscriber)
    subscriber.wakeup.notify()
  }

  #remove(via: string, feed: Map<string, FeedNode>, items: readonly RlpItem[]): void {
    const removed: FeedNode[] = []
    for (const item of items) {
      const id = bytesToHex(expectBytes(item, 'node id', 32))
      const node = feed.get(id)
      // Unknown: it came and went while this node was slow to read.
      if (node !== undefined) removed.push(node)
      feed.delete(id)
    }
    this.#changed(via, [], removed)
  }

  #put(via: string, feed: Map<string, FeedNode>, items: readonly RlpItem[], isSnapshot: boolean): void {
    const told = new Map<string, FeedNode>()
    for (const item of items) {
      const node = { ...decodeEntry(item, this.#clock.wallTime()), via }
      if (told.has(node.id)) throw breach('told of one node twice in one message')
      told.set(node.id, node)
    }
    const removed = isSnapshot ? [...feed.values()].filter(({ id }) => !told.has(id)) : []
    for (const { id } of removed) feed.delete(id)
    const added = [...told.values()].filter((node) => !isSame(feed.get(node.id), node))
    for (const node of added) feed.set(node.id, node)
    if (feed.size > peersLimits.nodes) throw breach(`told of more than ${peersLimits.nodes} nodes`)
    this.#changed(via, added, removed)
  }

  #changed(via: string, added: readonly FeedNode[], removed: readonly FeedNode[]): void {
    if (added.length + removed.length > 0) this.emit(new PeerFeedChangeEvent(via, added, removed))
  }
}

const breach = (what: string) => new EthspanError('ERR_PROTOCOL', `peers/1: the peer ${what}`)

// ---- on the wire ----

const maxItems: Record<number, number> = {
  [PeersMsg.Subscribe]: 0,
  [PeersMsg.Snapshot]: peersLimits.nodes,
  [PeersMsg.Add]: peersLimits.changes,
  [PeersMsg.Remove]: peersLimits.changes,
}
/** A message is a list of nodes, a node has a list of caps, a cap is a list. */
const messageDepth = 4
/** Of a node: its own list and six fields, the list of caps, and for each cap a list of two. */
const itemsPerNode = 8 + 3 * peersLimits.caps

function decodeMessage(code: number, payload: Uint8Array): readonly RlpItem[] {
  if (payload.length > peersLimits.messageBytes) throw breach(`sent a message of ${payload.length} bytes`)
  const max = maxItems[code]
  if (max === undefined) throw breach(`sent the unknown message code ${code}`)
  const item = decodeRlp(payload, { maxDepth: messageDepth, maxItems: 1 + max * itemsPerNode })
  // An Add or Remove that tells nothing would be a way to keep the reader busy.
  const min = code === PeersMsg.Add || code === PeersMsg.Remove ? 1 : 0
  return expectList(item, 'message', { min, max })
}

function encodeEntry(entry: Entry, now: number): RlpInput {
  return [
    hexToBytes(entry.publicKey),
    entry.name,
    entry.caps.map((cap) => {
      const slash = cap.lastIndexOf('/')
      return [cap.slice(0, slash), Number(cap.slice(slash + 1))]
    }),
    entry.transport,
    entry.inbound,
    Math.min(maxAge, Math.max(0, Math.round(now - entry.connectedSince))),
    entry.address ?? '',
  ]
}

function decodeEntry(item: RlpItem, now: number): Entry {
  const [key, name, caps, transport, inbound, age, address, ...rest] = expectList(item, 'node', { min: 7 })
  if (rest.length > 0) throw breach('told of a node with unknown fields')
  const publicKey = expectBytes(key, 'public key', publicKeyBytes)
  return {
    id: bytesToHex(keccak256(publicKey)),
    publicKey: bytesToHex(publicKey),
    name: cleanText(expectText(name, 'client name', peersLimits.nameBytes)),
    caps: expectList(caps, 'capabilities', { max: peersLimits.caps }).map(decodeCap),
    transport: expectWord(transport, 'transport', peersLimits.transportBytes),
    inbound: expectUint(inbound, 'direction', 1) === 1,
    connectedSince: now - expectUint(age, 'age', maxAge),
    address: decodeAddress(expectText(address, 'address', peersLimits.addressBytes), publicKey),
  }
}

function decodeCap(item: RlpItem): string {
  const [name, version] = expectList(item, 'capability', { min: 2, max: 2 })
  return capString({
    name: expectWord(name, 'capability name', peersLimits.capNameBytes),
    version: expectUint(version, 'capability version'),
  })
}

/** Visible ASCII without spaces, at least one character. */
function expectWord(item: RlpItem | undefined, what: string, maxBytes: number): string {
  const word = expectText(item, what, maxBytes)
  if (!/^[!-~]+$/.test(word)) throw breach(`told of a node whose ${what} is not a word`)
  return word
}

function decodeAddress(address: string, publicKey: Uint8Array): string | undefined {
  if (address === '') return undefined
  const node = Enode.parse(address)
  if (!equalBytes(node.publicKey, publicKey)) throw breach("told of a node with another node's address")
  return node.toString()
}

/** Cuts what a peer may have told in Hello to what the feed can carry. */
function entryOf(peer: Peer, address: string | undefined): Entry {
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

/** Ages are rounded and travel: the same connection is told with some difference. */
const ageTolerance = 5_000

function isSame(a: FeedNode | undefined, b: FeedNode): boolean {
  if (a === undefined || Math.abs(a.connectedSince - b.connectedSince) > ageTolerance) return false
  return JSON.stringify({ ...a, connectedSince: 0 }) === JSON.stringify({ ...b, connectedSince: 0 })
}
