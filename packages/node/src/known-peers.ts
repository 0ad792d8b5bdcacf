// The service that every node has: it remembers the peers the node had, and dials them again after a restart.
import {
  type Clock,
  DisconnectError,
  DiscReason,
  Enode,
  type Logger,
  type Peer,
  type Server,
  type Timer,
} from '@ethspan/core'
import type { Service, ServiceContext, Store } from './service.js'

/** Enough to fill the dialed third of 50 peer slots some times over, and little to read at a start. */
export const MAX_KNOWN_PEERS = 100
/** Milliseconds. A node that nobody here has seen for a month has most likely moved. */
export const MAX_KNOWN_AGE = 30 * 24 * 3600_000
/** Milliseconds after the first round through the list; more than the 35 s in which the server dials no node twice. */
export const ROUND_PAUSE = 60_000
/** Milliseconds. Each round doubles the pause up to here, because who did not answer is seldom back a minute later. */
export const MAX_ROUND_PAUSE = 16 * ROUND_PAUSE

/** Whoever was sent away for these reasons is not worth another dial. */
const HOPELESS: ReadonlySet<DiscReason> = new Set([
  DiscReason.UselessPeer,
  DiscReason.IncompatibleVersion,
  DiscReason.InvalidIdentity,
  DiscReason.UnexpectedIdentity,
  DiscReason.Self,
])

interface KnownPeer {
  readonly node: Enode
  /** Milliseconds since 1970. */
  readonly lastSeen: number
  /** We reached it at this address ourselves; else the address is what it said. */
  readonly dialed: boolean
}

/** Remembers peers in the store, at most {@link MAX_KNOWN_PEERS}, and offers them as dial candidates. */
export class KnownPeers implements Service {
  readonly name = 'known-peers'
  readonly #known = new Map<string, KnownPeer>()
  /** Ids of which the store does not know the latest. */
  readonly #changed = new Set<string>()
  #writing: Promise<void> = Promise.resolve()
  #isWriting = false
  #context: { readonly server: Server; readonly store: Store; readonly clock: Clock; readonly log: Logger } | undefined

  async start({ server, store, clock, log, signal }: ServiceContext): Promise<void> {
    this.#context = { server, store, clock, log }
    await this.#load()
    server.addEventListener('peeradd', ({ peer }) => this.#remember(peer), { signal })
    server.addEventListener(
      'peerdrop',
      ({ peer, reason, side }) => {
        // Whoever was sent away by the user of this node shall not come back by itself.
        if (HOPELESS.has(reason) || (reason === DiscReason.Requested && side === 'local')) this.#forget(peer.id)
        else this.#remember(peer)
      },
      { signal },
    )
    server.addEventListener(
      'handshakefail',
      ({ node, inbound, error }) => {
        const hopeless = error instanceof DisconnectError && HOPELESS.has(error.reason)
        if (node !== undefined && !inbound && hopeless) this.#forget(node.id)
      },
      { signal },
    )
    // Peers that came before this service was up.
    for (const peer of server.peers) this.#remember(peer)
  }

  async stop(): Promise<void> {
    await this.#writing
    // The last write is this one, so that its failure is the stop's.
    this.#isWriting = true
    for (const peer of this.#context?.server.peers ?? []) this.#remember(peer)
    await this.#write()
  }

  /** All known peers, the ones seen last first, round after round. The dial scheduler leaves out who is connected. */
  async *dialCandidates({ signal }: { readonly signal: AbortSignal }): AsyncIterable<Enode> {
    const { clock } = this.#context!
    for (let ms = ROUND_PAUSE; !signal.aborted; ms = Math.min(2 * ms, MAX_ROUND_PAUSE)) {
      const round = [...this.#known.values()].sort((a, b) => b.lastSeen - a.lastSeen)
      for (const { node } of round) yield node
      await pause(clock, ms, signal)
    }
  }

  async #load(): Promise<void> {
    const { store, clock, log } = this.#context!
    const oldest = clock.wallTime() - MAX_KNOWN_AGE
    for await (const [id, bytes] of store.iterator()) {
      const peer = decode(bytes)
      if (peer !== undefined && peer.node.id === id && peer.lastSeen >= oldest) this.#known.set(id, peer)
      else this.#forget(id)
    }
    this.#evict()
    log.debug('known peers', { count: this.#known.size })
  }

  #remember(peer: Peer): void {
    const { id, enode, inbound } = peer
    const { clock } = this.#context!
    const known = this.#known.get(id)
    // An address that was dialed is worth more than one that was told.
    const node = inbound && known?.dialed ? known.node : enode
    if (!isDialable(node)) return
    this.#known.set(id, { node, lastSeen: clock.wallTime(), dialed: !inbound || known?.dialed === true })
    this.#save(id)
    this.#evict()
  }

  #forget(id: string): void {
    this.#known.delete(id)
    this.#save(id)
  }

  /** Those go first who came to us and told an address: anybody can send many of them to push out the others. */
  #evict(): void {
    while (this.#known.size > MAX_KNOWN_PEERS) {
      const [first] = [...this.#known].sort(
        ([, a], [, b]) => Number(a.dialed) - Number(b.dialed) || a.lastSeen - b.lastSeen,
      )
      this.#forget(first![0])
    }
  }

  #save(id: string): void {
    this.#changed.add(id)
    if (this.#isWriting) return
    this.#isWriting = true
    this.#writing = this.#write()
      .catch((error) => this.#context?.log.warn('could not keep the known peers', { error }))
      .finally(() => {
        this.#isWriting = false
      })
  }

  /** One batch at a time; what changes meanwhile is in the next. */
  async #write(): Promise<void> {
    while (this.#changed.size > 0) {
      const ids = [...this.#changed]
      this.#changed.clear()
      await this.#context!.store.batch(
        ids.map((id) => {
          const peer = this.#known.get(id)
          return peer === undefined ? { type: 'del', key: id } : { type: 'put', key: id, value: encode(peer) }
        }),
      )
    }
  }
}

const isDialable = ({ endpoint: { host, tcpPort = 0, ws } }: Enode) =>
  ws !== undefined || (host !== undefined && tcpPort > 0)

const encode = ({ node, lastSeen, dialed }: KnownPeer): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ urls: node.urls, lastSeen, dialed }))

/** Undefined for what is none, as another version or a broken disk may have left it. */
function decode(bytes: Uint8Array): KnownPeer | undefined {
  try {
    const { urls, lastSeen, dialed } = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>
    if (!Array.isArray(urls) || urls.length === 0 || typeof lastSeen !== 'number') return undefined
    // Each URL tells one way to the node.
    const nodes = urls.map((url) => Enode.parse(String(url)))
    const node = nodes[0]!.withEndpoint(Object.assign({}, ...nodes.map(({ endpoint }) => endpoint)))
    return { node, lastSeen, dialed: dialed === true }
  } catch {
    return undefined
  }
}

/** Resolves after `ms` milliseconds or when the signal fires. */
function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    let timer: Timer | undefined
    const end = () => {
      timer?.cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', end)
    timer = clock.setTimeout(end, ms)
  })
}
