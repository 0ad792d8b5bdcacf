// One life of the node: a container with one key and one name, its services, and what it tells the page.
import { Enode, type NodeInfo, type Peer, type Server } from '@ethspan/core'
import { type Api, Node, type Service, type Store } from '@ethspan/node'
import {
  Chat,
  type FeedNode,
  PeerFeed,
  type PeerFeedChangeEvent,
  type ChatMessage as ProtocolMessage,
} from '@ethspan/protocols'
import { adminService } from '@ethspan/rpc'
import { webSocket } from '@ethspan/websocket'
import { clean, cleanName, MAX_REASON } from '../text/clean.js'
import { displayName } from '../text/client-name.js'
import { count, shortId } from '../text/format.js'
import type { Answer, GatewayInfo, LogKind, LogTone, NodeEvent, PassedMessage } from './client.js'
import { DialTargets, MAX_TARGETS } from './dial-targets.js'
import { GatewayLink, REDIAL } from './gateway-link.js'
import { buildNetwork } from './network.js'
import { dropWords, errorWords, handshakeWords } from './reasons.js'
import { Timelines } from './timeline.js'

/** Between pings; milliseconds. Core's default is 15 s; the page draws the round trips, so it wants some. */
const PING_INTERVAL = 5000
/** Changes of the network told one by one; past that, as a number. */
const MAX_CHANGES_TOLD = 6
/** At least so long between two drawings of the network; milliseconds. */
const NETWORK_PAUSE = 50

export interface PageNodeOptions {
  readonly privateKey: Uint8Array
  /** For this life alone: the node closes it. */
  readonly store: Store
  /** What it calls itself in Hello. */
  readonly name: string
  /** What it calls itself in the chat. */
  readonly nickname: string
  /** Further ones, in the order of their start. */
  readonly services?: readonly Service[]
  findGateway(): Promise<GatewayInfo>
  foundGateway(gateway: GatewayInfo): void
  emit(event: NodeEvent): void
  log(kind: LogKind, tone: LogTone, text: string, detail?: string): void
}

export class PageNode {
  readonly #options: PageNodeOptions
  readonly #node: Node
  readonly #chat: Chat
  readonly #feed = new PeerFeed()
  readonly #link: GatewayLink
  readonly #targets: DialTargets
  readonly #timelines = new Timelines()
  /** The nodes each publisher told of. */
  readonly #told = new Map<string, Set<string>>()
  #networkTimer: ReturnType<typeof setTimeout> | undefined

  constructor(options: PageNodeOptions) {
    this.#options = options
    const { privateKey, store, name, nickname, emit } = options
    this.#chat = new Chat({ privateKey, name: nickname })
    this.#node = new Node({
      name: 'ethspan-tab',
      privateKey,
      store,
      p2p: {
        name,
        transports: [webSocket()],
        // A page only dials, so no place is kept for those who would dial it.
        dialRatio: 1,
        limits: { pingInterval: PING_INTERVAL },
        trace: (peer, message) => this.#timelines.note(peer.id, message, Date.now()),
      },
    })
    this.#node.register({ name: 'peer-feed', protocols: [this.#feed.protocol] })
    this.#node.register({ name: 'chat', protocols: [this.#chat.protocol] })
    this.#node.register(adminService(this.#node))
    for (const service of options.services ?? []) this.#node.register(service)
    this.#node.register({ name: 'page', start: ({ server }) => this.#listen(server) })
    this.#targets = new DialTargets(() => emit({ type: 'targets', targets: this.#targets.list() }))
    this.#link = new GatewayLink({
      find: options.findGateway,
      add: (url) => this.#server.addPeer(url, { redial: REDIAL }),
      remove: (url) => this.#remove(Enode.parse(url)),
      now: () => Date.now(),
      later: (callback, ms) => {
        const timer = setTimeout(callback, ms)
        return () => clearTimeout(timer)
      },
      state: (state) => emit({ type: 'state', state }),
      found: (gateway, changed) => this.#foundGateway(gateway, changed),
      isConnected: (id) => this.isConnected(id),
    })
  }

  get #server(): Server {
    return this.#node.server
  }

  get info(): NodeInfo {
    return this.#server.nodeInfo()
  }

  apis(): readonly Api[] {
    return this.#node.apis()
  }

  messages(id: string): readonly PassedMessage[] {
    return this.#timelines.of(id)
  }

  /** @throws {EthspanError} when the node can't start. */
  async start(): Promise<void> {
    await this.#node.start()
    this.#drawNetwork()
  }

  async stop(): Promise<void> {
    this.#link.stop()
    await this.#node.stop()
    // Peers that leave draw the network anew; by then it is the next node's.
    clearTimeout(this.#networkTimer)
  }

  connect(): Promise<void> {
    return this.#link.start()
  }

  /** Keeps a connection to `node` until `disconnect`. */
  dial(node: Enode, url: string): Answer {
    if (this.#link.is(node.id)) {
      void this.connect()
      return { ok: true }
    }
    if (this.#targets.full) return { ok: false, why: `No more than ${MAX_TARGETS} nodes are kept connected by URL.` }
    this.#options.log('dial', 'plain', `Dialing ${shortId(node.id)}, as you asked.`, shortUrl(url))
    this.#targets.add(node.id, url)
    this.#server.addPeer(node, { redial: REDIAL })
    return { ok: true }
  }

  isConnected(id: string): boolean {
    return this.#server.peers.some((peer) => peer.id === id)
  }

  disconnect(id: string): void {
    if (this.#link.is(id)) {
      this.#link.drop()
      this.#options.emit({ type: 'state', state: { phase: 'disconnected' } })
      return
    }
    const peer = this.#server.peers.find((candidate) => candidate.id === id)
    const url = this.#targets.remove(id)
    if (url !== undefined) this.#remove(Enode.parse(url))
    else if (peer !== undefined) this.#remove(peer.enode)
  }

  /** @throws {EthspanError} saying what is wrong with the text. */
  say(text: string): void {
    this.#chat.send(text)
  }

  get hears(): boolean {
    return this.#chat.neighbours > 0
  }

  #listen(server: Server): void {
    const { log, emit } = this.#options
    server.addEventListener('dial', ({ node }) => {
      if (this.#link.is(node.id)) this.#link.dialing()
      this.#targets.dialing(node.id)
    })
    server.addEventListener('dialfail', ({ node: { id }, error, retryIn = 0 }) => {
      if (this.#link.is(id)) this.#link.failed('the gateway could not be reached', retryIn)
      // To a page, a browser tells neither from the other.
      const why = `it could not be reached, or does not let pages from ${location.origin} in`
      this.#targets.failed(id, why, retryIn, Date.now())
      log('dial', 'bad', `${this.#dialed(id)} could not be reached.`, errorWords(error))
    })
    server.addEventListener('handshakefail', ({ node, stage, error, retryIn = 0 }) => {
      if (node === undefined) return
      const why = handshakeWords(stage)
      if (this.#link.is(node.id)) this.#link.rejected(`the gateway did not become a peer: ${why}`, retryIn)
      this.#targets.failed(node.id, why, retryIn, Date.now())
      log('dial', 'bad', `${this.#dialed(node.id)} did not become a peer.`, errorWords(error))
    })
    server.addEventListener('peeradd', ({ peer }) => {
      this.#timelines.began(peer.id)
      if (this.#link.is(peer.id)) this.#link.connected()
      this.#targets.connected(peer.id)
      log('peer', 'good', `Connected to ${called(peer)} over ${peer.transport}.`)
      this.#measure(peer)
      this.#peersChanged()
    })
    server.addEventListener('peerdrop', ({ peer, reason, side, error, retryIn = 0 }) => {
      this.#timelines.ended(peer.id)
      this.#told.delete(peer.id)
      const why = dropWords(reason, side)
      if (this.#link.is(peer.id)) this.#link.failed(`the gateway is gone: ${why}`, retryIn)
      this.#targets.failed(peer.id, why, retryIn, Date.now())
      log('peer', 'bad', `Connection to ${called(peer)} ended: ${why}.`, errorWords(error))
      this.#peersChanged()
    })
    this.#feed.addEventListener('change', (event) => this.#networkChanged(event))
    this.#chat.addEventListener('message', ({ message }) => emit({ type: 'chat', message: this.#toPage(message) }))
  }

  #dialed(id: string): string {
    if (this.#link.is(id)) return 'The gateway'
    return this.#targets.has(id) ? shortId(id) : `${shortId(id)}, known from before,`
  }

  #foundGateway(gateway: GatewayInfo, changed: boolean): void {
    const name = displayName(gateway.name)
    const text = changed
      ? `The gateway came back as another node, ${name} (${shortId(gateway.id)}).`
      : `Found the gateway, ${name} (${shortId(gateway.id)}).`
    this.#options.log('dial', 'plain', text, shortUrl(gateway.dial))
    this.#options.foundGateway(gateway)
    this.#drawNetwork()
  }

  /** Measures the first round trip at once; the pings that follow have their own pace. */
  #measure(peer: Peer): void {
    peer.ping({ signal: peer.signal }).then(
      () => this.#emitPeers(),
      (error: unknown) => this.#options.log('peer', 'bad', `${called(peer)} did not answer a ping.`, errorWords(error)),
    )
  }

  #remove(node: Enode): void {
    this.#server
      .removePeer(node)
      .catch((error: unknown) => this.#options.log('peer', 'bad', 'Could not disconnect.', errorWords(error)))
  }

  #emitPeers(): void {
    this.#options.emit({ type: 'peers', peers: this.#server.peersInfo() })
  }

  #peersChanged(): void {
    this.#emitPeers()
    this.#drawNetwork()
  }

  #networkChanged({ via, added, removed }: PeerFeedChangeEvent): void {
    const teller = this.#server.peers.find((peer) => peer.id === via)
    // When the teller itself is gone, its nodes are out of sight, which is not the same as gone.
    if (teller !== undefined) this.#logChanges(teller, added, removed)
    this.#drawNetwork()
  }

  #logChanges(teller: Peer, added: readonly FeedNode[], removed: readonly FeedNode[]): void {
    const { log } = this.#options
    const self = this.#server.self.id
    const known = this.#told.get(teller.id)
    // What is known and told again has changed in some detail, which the log need not know.
    const joined = added.filter(({ id }) => id !== self && known?.has(id) !== true)
    const left = removed.filter(({ id }) => id !== self)
    const ids = known ?? new Set<string>()
    for (const { id } of added) ids.add(id)
    for (const { id } of removed) ids.delete(id)
    this.#told.set(teller.id, ids)
    if (known === undefined) {
      log('network', 'plain', `${called(teller)} tells of ${count(joined.length, 'other node')}.`)
    } else if (joined.length + left.length > MAX_CHANGES_TOLD) {
      log('network', 'plain', `${count(joined.length, 'node')} joined the network, ${left.length} left.`)
    } else {
      for (const node of left) log('network', 'plain', `${called(node)} left the network.`)
      for (const node of joined) log('network', 'good', `${called(node)} joined the network over ${node.transport}.`)
    }
  }

  /** A gateway can tell of changes faster than anyone can look; they are drawn together. */
  #drawNetwork(): void {
    this.#networkTimer ??= setTimeout(() => {
      this.#networkTimer = undefined
      this.#options.emit({ type: 'network', network: this.#network() })
    }, NETWORK_PAUSE)
  }

  #network() {
    const told = new Map<string, FeedNode[]>()
    for (const node of this.#feed.nodes) {
      const list = told.get(node.via)
      if (list === undefined) told.set(node.via, [node])
      else list.push(node)
    }
    const peers = this.#server.peers.map((peer) => {
      const { id, name, transport } = peer
      return { id, name, transport, caps: peer.info().caps }
    })
    const self = { id: this.#server.self.id, name: this.#options.name, caps: ['chat/1', 'peers/1'] }
    return buildNetwork({ self, gatewayId: this.#link.gateway?.id, peers, told })
  }

  #toPage(message: ProtocolMessage) {
    const { id, origin, name, text, sentAt, receivedAt, isHistory } = message
    const own = origin === this.#server.self.id
    return { id, from: origin, name, text, at: isHistory ? sentAt : receivedAt, own, isHistory }
  }
}

/** A node's URL, fit to be read: of the key, only its ends. */
const shortUrl = (url: string): string => clean(url.replace(/[0-9a-f]{128}/i, shortId), MAX_REASON)

/** A node's name and id, fit to stand in a sentence. */
const called = ({ id, name }: { id: string; name: string }): string =>
  `${cleanName(displayName(name))} (${shortId(id)})`
