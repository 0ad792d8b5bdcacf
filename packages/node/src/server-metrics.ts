// What a p2p server counts, under geth's names (p2p/metrics.go, p2p/peer.go, p2p/transport.go). Sums are kept as plain
// numbers and handed on when the metrics are read, so that a message costs two additions.
import {
  type Clock,
  DisconnectError,
  DiscReason,
  type Enode,
  type HandshakeFailEvent,
  type Meter,
  type Peer,
  type Protocol,
  type Server,
  systemClock,
} from '@ethspan/core'
import type { Counter, Metrics } from './metrics.js'

/** A peer that stays so long counts as `success/1min`. Source: geth, `live1min`. */
const GOOD_CONNECTION_MS = 60_000

/** What a server has to be given, and then be attached to. */
export interface ServerMetrics {
  /** The server's option `meter`. */
  readonly meter: Meter
  /** Follows what the server tells by events. Called once. */
  attach(server: Server): void
}

/**
 * Counts a server's peers, dials, serves and traffic in `metrics`. A server has one of these, and a `Metrics` one server.
 * Of peers nothing is a name or a label: the codes of messages are bounded by the protocols' own lengths.
 */
export function serverMetrics(metrics: Metrics, clock: Pick<Clock, 'wallTime'> = systemClock): ServerMetrics {
  const traffic = new TrafficMetrics(metrics)
  metrics.onRead(() => traffic.flush())
  return { meter: traffic, attach: (server) => countConnections(server, metrics, clock) }
}

/** Bytes and messages that were added up and not yet handed on. */
class Sum {
  bytes = 0
  messages = 0
  readonly #bytesTo: Counter
  readonly #messagesTo: Counter | undefined

  constructor(bytesTo: Counter, messagesTo?: Counter) {
    this.#bytesTo = bytesTo
    this.#messagesTo = messagesTo
  }

  flush(): void {
    if (this.bytes > 0) this.#bytesTo.add(this.bytes)
    if (this.messages > 0) this.#messagesTo?.add(this.messages)
    this.bytes = 0
    this.messages = 0
  }
}

type Direction = 'ingress' | 'egress'

const words: Readonly<Record<Direction, string>> = { ingress: 'received', egress: 'sent' }

/** One direction of all traffic. */
class TrafficIn {
  readonly all: Sum
  readonly #direction: Direction
  readonly #metrics: Metrics
  readonly #byProtocol: readonly [bytes: Counter, packets: Counter]
  /** By protocol, then by code. Protocols are the server's own, and so are the lengths that bound the codes. */
  readonly #sums = new Map<Protocol, Sum[]>()

  constructor(direction: Direction, metrics: Metrics) {
    this.#direction = direction
    this.#metrics = metrics
    const did = words[direction]
    const help = `Bytes ${did} by all connections, handshakes and frames included.`
    this.all = new Sum(metrics.counter(`p2p/${direction}`, help))
    const labels = ['protocol', 'version']
    const name = `p2p/protocol/${direction}`
    this.#byProtocol = [
      metrics.counter(name, `Payload bytes ${did}, compressed, by protocol.`, labels),
      metrics.counter(`${name}/packets`, `Messages ${did}, by protocol.`, labels),
    ]
  }

  message(protocol: Protocol, code: number, wireBytes: number): void {
    const sum = this.#sums.get(protocol)?.[code] ?? this.#newSum(protocol, code)
    sum.bytes += wireBytes
    sum.messages++
  }

  flush(): void {
    this.all.flush()
    for (const [{ name, version }, sums] of this.#sums) {
      const labels = { protocol: name, version: `${version}` }
      for (const sum of sums) {
        if (sum === undefined) continue
        const [bytes, packets] = this.#byProtocol
        bytes.add(sum.bytes, labels)
        packets.add(sum.messages, labels)
        sum.flush()
      }
    }
  }

  #newSum(protocol: Protocol, code: number): Sum {
    const { name, version } = protocol
    // geth prints the code as %#02x.
    const hex = code.toString(16).padStart(2, '0')
    const metric = `p2p/${this.#direction}/${name}/${version}/0x${hex}`
    const did = words[this.#direction]
    const sum = new Sum(
      this.#metrics.counter(metric, `Payload bytes ${did}, compressed, of ${name}/${version} message 0x${hex}.`),
      this.#metrics.counter(`${metric}/packets`, `Messages ${did} of ${name}/${version} message 0x${hex}.`),
    )
    let sums = this.#sums.get(protocol)
    if (sums === undefined) {
      sums = []
      this.#sums.set(protocol, sums)
    }
    sums[code] = sum
    return sum
  }
}

class TrafficMetrics implements Meter {
  readonly #in: TrafficIn
  readonly #out: TrafficIn

  constructor(metrics: Metrics) {
    this.#in = new TrafficIn('ingress', metrics)
    this.#out = new TrafficIn('egress', metrics)
  }

  bytesIn(bytes: number): void {
    this.#in.all.bytes += bytes
  }
  bytesOut(bytes: number): void {
    this.#out.all.bytes += bytes
  }
  messageIn(protocol: Protocol, code: number, wireBytes: number): void {
    this.#in.message(protocol, code, wireBytes)
  }
  messageOut(protocol: Protocol, code: number, wireBytes: number): void {
    this.#out.message(protocol, code, wireBytes)
  }

  flush(): void {
    this.#in.flush()
    this.#out.flush()
  }
}

/** Kinds of failed handshakes, as geth's `markDialError` and `markServeError` tell them apart. */
const kinds = {
  saturated: 'there were too many peers',
  known: 'the node was connected already',
  self: 'it was this node itself',
  useless: 'no protocol was shared',
  'id/unexpected': 'the node had another identity',
  'rlpx/enc': 'the encryption handshake failed',
  'rlpx/proto': 'the exchange of Hello failed',
  other: 'it failed for another reason',
} as const

type Kind = keyof typeof kinds

const kindOfReason: Readonly<Record<number, Kind>> = {
  [DiscReason.TooManyPeers]: 'saturated',
  [DiscReason.AlreadyConnected]: 'known',
  [DiscReason.Self]: 'self',
  [DiscReason.UselessPeer]: 'useless',
  [DiscReason.UnexpectedIdentity]: 'id/unexpected',
}

/** Which of geth's kinds a failed handshake is. */
export function kindOfFailure({ stage, error }: Pick<HandshakeFailEvent, 'stage' | 'error'>): Kind {
  const isGoodbye = error instanceof DisconnectError
  const kind = isGoodbye ? kindOfReason[error.reason] : undefined
  if (kind !== undefined) return kind
  if (stage === 'hello') return 'rlpx/proto'
  return stage === 'encryption' && !isGoodbye ? 'rlpx/enc' : 'other'
}

/** How connections of one direction end: geth's `p2p/dials` and `p2p/serves`. */
class Attempts {
  readonly begun: Counter
  readonly success: Counter
  readonly success1min: Counter
  readonly #errors: ReadonlyMap<Kind, Counter>

  constructor(metrics: Metrics, name: string, what: string, begun: string) {
    this.begun = metrics.counter(name, begun)
    this.success = metrics.counter(`${name}/success`, `${what} that became peers.`)
    this.success1min = metrics.counter(`${name}/success/1min`, `${what} that were peers for a minute.`)
    const errors = Object.entries(kinds).map(
      ([kind, why]) =>
        [kind as Kind, metrics.counter(`${name}/error/${kind}`, `${what} that came to nothing: ${why}.`)] as const,
    )
    this.#errors = new Map(errors)
  }

  failed(event: HandshakeFailEvent): void {
    this.#errors.get(kindOfFailure(event))?.add()
  }
}

function countConnections(server: Server, metrics: Metrics, clock: Pick<Clock, 'wallTime'>): void {
  const dials = new Attempts(metrics, 'p2p/dials', 'Dials', 'Dials that were begun.')
  const serves = new Attempts(metrics, 'p2p/serves', 'Accepted connections', 'Accepted connections that are decided.')
  const unreachable = metrics.counter(
    'p2p/dials/error/connection',
    'Dials that reached nothing: no connection came of it.',
  )
  const lasting = new WeakSet<Peer>()
  /** A node that no transport can dial fails without a dial. */
  const dialed = new WeakSet<Enode>()

  const of = (inbound: boolean) => (inbound ? serves : dials)
  const checkAge = (peer: Peer) => {
    if (lasting.has(peer) || clock.wallTime() - peer.connectedSince < GOOD_CONNECTION_MS) return
    lasting.add(peer)
    of(peer.inbound).success1min.add()
  }
  server.addEventListener('dial', ({ node }) => {
    dialed.add(node)
    dials.begun.add()
  })
  server.addEventListener('dialfail', ({ node }) => {
    if (dialed.delete(node)) unreachable.add()
  })
  server.addEventListener('handshakefail', (event) => {
    if (event.inbound) serves.begun.add()
    of(event.inbound).failed(event)
  })
  server.addEventListener('peeradd', ({ peer }) => {
    if (peer.inbound) serves.begun.add()
    of(peer.inbound).success.add()
  })
  server.addEventListener('peerdrop', ({ peer }) => checkAge(peer))

  const readPeers = peerGauges(metrics)
  metrics.onRead(() => {
    const { peers } = server
    for (const peer of peers) checkAge(peer)
    readPeers(peers)
  })
}

function peerGauges(metrics: Metrics): (peers: readonly Peer[]) => void {
  const all = metrics.gauge('p2p/peers', 'Peers that are connected.')
  const inbound = metrics.gauge('p2p/peers/inbound', 'Peers that connected to this node.')
  const outbound = metrics.gauge('p2p/peers/outbound', 'Peers that this node dialed.')
  const help =
    'Seconds that the last ping of each peer took: the fastest (0), the median (0.5), the slowest (1). NaN: none.'
  const roundTrip = metrics.gauge('p2p/peers/rtt/seconds', help, ['quantile'])
  return (peers) => {
    const accepted = peers.filter((peer) => peer.inbound).length
    all.set(peers.length)
    inbound.set(accepted)
    outbound.set(peers.length - accepted)
    const times = peers.flatMap(({ roundTripTime }) => roundTripTime ?? []).sort((a, b) => a - b)
    for (const quantile of [0, 0.5, 1]) {
      const time = times[Math.round((times.length - 1) * quantile)]
      roundTrip.set((time ?? Number.NaN) / 1000, { quantile: `${quantile}` })
    }
  }
}
