import type { Enode } from '../enode/enode.js'
import { abortError, EthspanError } from '../errors.js'
import type { Channel, DialCheck, Listener, Transport } from '../transport/transport.js'
import { MemoryChannel } from './memory-channel.js'

export interface MemoryNetworkOptions {
  /** Bytes under way in one direction from which on `write` returns false. Default 64 KiB, about what a socket takes. */
  readonly highWaterMark?: number
  /**
   * Cuts, joins or alters what is sent before the other end is handed it; `from` is the sending side. Default: handed on
   * as written. Whatever it returns is delivered in order.
   */
  readonly chunk?: (bytes: Uint8Array, from: 'dialer' | 'listener') => readonly Uint8Array[]
}

export interface MemoryTransportOptions {
  /** `host:port` (IPv6 in brackets) to listen on; dials of an enode with this host and TCP port arrive here. Default: only dials. */
  readonly address?: string
  /** False: its channels ignore `pause`, as in a browser. Default true. */
  readonly canPause?: boolean
}

/** One connection of a {@link MemoryNetwork}. */
export interface MemoryLink {
  readonly dialer: Channel
  readonly listener: Channel
  /** From now on nothing passes and neither end is told, as when a cable is pulled: both stay half open. */
  cut(): void
}

interface Place {
  readonly accept: (channel: Channel) => void
  readonly canPause: boolean
}

const DEFAULT_HIGH_WATER_MARK = 64 * 1024
const FIRST_EPHEMERAL_PORT = 49152

/** A network that lives in this process: its transports meet by `host:port`, without sockets, time or threads. */
export class MemoryNetwork {
  readonly #options: MemoryNetworkOptions
  readonly #places = new Map<string, Place>()
  readonly #silent = new Set<string>()
  readonly #links = new Set<MemoryLink>()
  #nextPort = FIRST_EPHEMERAL_PORT

  constructor(options: MemoryNetworkOptions = {}) {
    this.#options = options
  }

  /** The connections of which at least one end is open, oldest first. Empty when nothing was leaked. */
  get links(): readonly MemoryLink[] {
    return [...this.#links]
  }

  /** Addresses that are listened on now. Empty when nothing was leaked. */
  get listening(): readonly string[] {
    return [...this.#places.keys()]
  }

  /** Dials of `address` neither succeed nor fail from now on, as behind a firewall that drops; `silent` false ends it. */
  blackhole(address: string, silent = true): void {
    if (silent) this.#silent.add(address)
    else this.#silent.delete(address)
  }

  /** Two channels joined to each other, without transports or an address. */
  pair(options: { readonly canPause?: boolean } = {}): { dialer: Channel; listener: Channel; link: MemoryLink } {
    const canPause = options.canPause ?? true
    const link = this.#connect(`127.0.0.1:${this.#nextPort++}`, 'memory:0', canPause, canPause)
    return { dialer: link.dialer, listener: link.listener, link }
  }

  /** A transport on this network. Its channels carry bytes in the order sent, handed over by microtask. */
  transport(options: MemoryTransportOptions = {}): Transport {
    const { address, canPause = true } = options
    const localHost = address === undefined ? '127.0.0.1' : parseAddress(address).host
    return {
      name: 'memory',
      check,
      dial: (node, { signal }) => this.#dial(node, localHost, canPause, signal),
      listen: async (accept) => (address === undefined ? undefined : this.#listen(address, canPause, accept)),
    }
  }

  async #listen(address: string, canPause: boolean, accept: (channel: Channel) => void): Promise<Listener> {
    if (this.#places.has(address)) {
      throw new EthspanError('ERR_LISTEN', `${address} is taken by another listener`, { fields: { address } })
    }
    const { host, port } = parseAddress(address)
    const place: Place = { accept, canPause }
    this.#places.set(address, place)
    return {
      addresses: [{ transport: 'memory', address, endpoint: { host, tcpPort: port } }],
      close: async () => {
        if (this.#places.get(address) === place) this.#places.delete(address)
      },
    }
  }

  async #dial(node: Enode, localHost: string, canPause: boolean, signal: AbortSignal): Promise<Channel> {
    if (signal.aborted) throw abortError(signal)
    const target = check(node)
    if (!target.ok) throw new EthspanError('ERR_DIAL', target.why)
    if (this.#silent.has(target.address)) await aborted(signal)
    // A connection takes a moment in which the caller may give up.
    await undefined
    if (signal.aborted) throw abortError(signal)
    const place = this.#places.get(target.address)
    if (place === undefined) {
      throw new EthspanError('ERR_DIAL', `nothing listens on ${target.address}`, {
        fields: { address: target.address },
      })
    }
    const local = formatAddress(localHost, this.#nextPort++)
    const link = this.#connect(local, target.address, canPause, place.canPause)
    place.accept(link.listener)
    return link.dialer
  }

  #connect(local: string, remote: string, dialerPauses: boolean, listenerPauses: boolean): MemoryLink {
    const { highWaterMark = DEFAULT_HIGH_WATER_MARK, chunk } = this.#options
    const gone = () => {
      if (dialer.isClosed && listener.isClosed) this.#links.delete(link)
    }
    const end = (inbound: boolean): MemoryChannel =>
      new MemoryChannel(
        {
          inbound,
          localAddress: inbound ? remote : local,
          remoteAddress: inbound ? local : remote,
          canPause: inbound ? listenerPauses : dialerPauses,
          highWaterMark,
          split: (bytes) => chunk?.(bytes, inbound ? 'listener' : 'dialer') ?? [bytes],
        },
        gone,
      )
    const dialer = end(false)
    const listener = end(true)
    MemoryChannel.join(dialer, listener)
    const link: MemoryLink = {
      dialer,
      listener,
      cut: () => {
        dialer.cut()
        listener.cut()
      },
    }
    this.#links.add(link)
    return link
  }
}

function check(node: Enode): DialCheck {
  const { host, tcpPort } = node.endpoint
  if (host === undefined || tcpPort === undefined || tcpPort === 0) {
    return { ok: false, why: 'the node has no host and TCP port to be dialed at' }
  }
  return { ok: true, address: formatAddress(host, tcpPort) }
}

function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

function parseAddress(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':')
  const port = Number(address.slice(colon + 1))
  if (colon < 1 || !Number.isInteger(port) || port < 1 || port > 65535) {
    throw new EthspanError('ERR_INVALID_OPTION', `"${address}" is not host:port`, { fields: { address } })
  }
  return { host: address.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(abortError(signal)), { once: true })
  })
}
