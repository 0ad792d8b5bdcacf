import { lookup } from 'node:dns'
import { connect, createServer, isIP, type LookupFunction, type Server, type TcpNetConnectOpts } from 'node:net'
import {
  abortError,
  type Channel,
  type DialCheck,
  type Endpoint,
  type Enode,
  EthspanError,
  type Listener,
  type Transport,
  type TransportContext,
} from '@ethspan/core'
import { type Netlist, parseNetlist } from '@ethspan/core/netutil'
import { dialError, formatAddress, listenError } from './address.js'
import { inboundAdmission, outside } from './admission.js'
import { TcpChannel } from './channel.js'

/** geth's port. */
const DEFAULT_PORT = 30303
/** Only this machine, unless asked. */
const DEFAULT_HOST = '127.0.0.1'
/** geth's `inboundThrottleTime`. */
const THROTTLE_INTERVAL_MS = 30_000
/** Bytes that wait in this process for the system from which on `write` says to wait: a few large frames, bounded per peer. */
const WRITE_HIGH_WATER_MARK = 256 * 1024

export interface TcpOptions {
  /** Where to listen. Without it the transport only dials. */
  readonly listen?: {
    /** Address of this machine, or `0.0.0.0` or `::` for all of them. Default `127.0.0.1`. */
    readonly host?: string
    /** Default 30303; 0 takes any free one. */
    readonly port?: number
  }
  /** What others are told to dial, where it is not what is listened on: behind NAT, or when listening on all addresses. */
  readonly advertise?: { readonly host?: string; readonly port?: number }
  /** Networks that may connect and be dialed, as text (`10.0.0.0/8, fd00::/8`) or list. Default: all. */
  readonly netRestrict?: string | Netlist
  /**
   * Each address outside of the local network may connect once in `intervalMs`. Default 30,000 ms, as geth. False: no
   * throttle, such as behind a proxy where all connections come from one address.
   */
  readonly throttle?: { readonly intervalMs?: number } | false
}

/**
 * The TCP transport: dials nodes that have a host and a TCP port, and listens where told to. TCP_NODELAY is on, the chunks
 * of one write leave together, and who does not read is not read from.
 * @throws {EthspanError} ERR_INVALID_OPTION for a port out of range or a network that can't be read
 */
export function tcp(options: TcpOptions = {}): Transport {
  const { listen, advertise = {}, throttle = {} } = options
  const netRestrict = typeof options.netRestrict === 'string' ? parseNetlist(options.netRestrict) : options.netRestrict
  const port = checkPort('listen.port', listen?.port ?? DEFAULT_PORT, 0)
  if (advertise.port !== undefined) checkPort('advertise.port', advertise.port, 1)
  const intervalMs = throttle === false ? false : (throttle.intervalMs ?? THROTTLE_INTERVAL_MS)

  const check = (node: Enode): DialCheck => {
    const { host, tcpPort } = node.endpoint
    if (host === undefined || tcpPort === undefined) {
      return { ok: false, why: 'the node has no host and TCP port to be dialed at' }
    }
    if (netRestrict !== undefined && isIP(host) !== 0 && !netRestrict.contains(host)) {
      return { ok: false, why: outside(host, netRestrict) }
    }
    return { ok: true, address: formatAddress(host, tcpPort) }
  }

  return {
    name: 'tcp',
    check,
    dial(node, { signal }) {
      const target = check(node)
      const { host, tcpPort } = node.endpoint
      if (target.ok && host !== undefined && tcpPort !== undefined) {
        return dial({ host, port: tcpPort, address: target.address, netRestrict, signal })
      }
      return Promise.reject(new EthspanError('ERR_DIAL', target.ok ? 'the node has no address' : target.why))
    },
    async listen(accept, context) {
      if (listen === undefined) return undefined
      const admit = inboundAdmission({ netRestrict, intervalMs, clock: context.clock })
      return listenOn({ host: listen.host ?? DEFAULT_HOST, port, advertise, admit, accept, context })
    },
  }
}

interface Dial {
  readonly host: string
  readonly port: number
  /** For messages. */
  readonly address: string
  readonly netRestrict: Netlist | undefined
  readonly signal: AbortSignal
}

function dial({ host, port, address, netRestrict, signal }: Dial): Promise<Channel> {
  if (signal.aborted) return Promise.reject(abortError(signal))
  return new Promise((resolve, reject) => {
    // Node hands the options on to the stream, which takes the mark; its types do not say so.
    const socketOptions: TcpNetConnectOpts & { readonly writableHighWaterMark: number } = {
      host,
      port,
      autoSelectFamily: true,
      allowHalfOpen: false,
      writableHighWaterMark: WRITE_HIGH_WATER_MARK,
      ...(netRestrict === undefined ? {} : { lookup: restrictedLookup(netRestrict) }),
    }
    const socket = connect(socketOptions)
    const settled = () => {
      signal.removeEventListener('abort', onAbort)
      socket.off('connect', onConnect)
      socket.off('error', onError)
    }
    const onConnect = () => {
      settled()
      resolve(new TcpChannel(socket, false))
    }
    const onError = (error: Error) => {
      settled()
      reject(error instanceof EthspanError ? error : dialError(address, error))
    }
    const onAbort = () => {
      settled()
      socket.destroy()
      reject(abortError(signal))
    }
    socket.on('connect', onConnect)
    socket.on('error', onError)
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

/** Looks a name up and keeps what the net restriction permits, so that nothing else is ever connected to. */
function restrictedLookup(netRestrict: Netlist): LookupFunction {
  return (name, options, callback) => {
    lookup(name, { ...options, all: true }, (error, found) => {
      const permitted = error === null ? found.filter(({ address }) => netRestrict.contains(address)) : []
      const first = permitted[0]
      if (error !== null) callback(error, '', 0)
      else if (first === undefined) callback(new EthspanError('ERR_DIAL', outside(name, netRestrict)), '', 0)
      else if (options.all) callback(null, permitted)
      else callback(null, first.address, first.family)
    })
  }
}

interface ListenOn {
  readonly host: string
  readonly port: number
  readonly advertise: { readonly host?: string; readonly port?: number }
  readonly admit: (ip: string) => string | undefined
  readonly accept: (channel: Channel) => void
  readonly context: TransportContext
}

async function listenOn({ host, port, advertise, admit, accept, context }: ListenOn): Promise<Listener> {
  const { log } = context
  const server = createServer(
    { allowHalfOpen: false, pauseOnConnect: true, highWaterMark: WRITE_HIGH_WATER_MARK },
    (socket) => {
      // Gone before it was looked at.
      if (socket.remoteAddress === undefined) return void socket.destroy()
      const why = admit(socket.remoteAddress)
      if (why === undefined) return accept(new TcpChannel(socket, true))
      log.debug('refused an inbound connection', { transport: 'tcp', why })
      socket.destroy()
    },
  )
  await bind(server, host, port)
  server.on('error', (error) => log.error("can't accept connections", { transport: 'tcp', error }))

  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new EthspanError('ERR_LISTEN', `${host} is not a TCP address`)
  const endpoint: Endpoint = {
    host: advertise.host ?? dialableHost(bound.address),
    tcpPort: advertise.port ?? bound.port,
  }
  return {
    addresses: [{ transport: 'tcp', address: formatAddress(bound.address, bound.port), endpoint }],
    close: () =>
      new Promise((resolve) => {
        // Node calls back once all connections are over. The listening socket is closed in the next turn.
        server.close()
        setImmediate(resolve)
      }),
  }
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) => reject(listenError(host, port, error))
    server.once('error', onError)
    server.listen({ host, port }, () => {
      server.off('error', onError)
      resolve()
    })
  })
}

/** All addresses are none to dial: from this machine the loopback one is right, for others `advertise` says it. */
const dialableHost = (bound: string) => (bound === '0.0.0.0' || bound === '::' ? '127.0.0.1' : bound)

function checkPort(name: string, port: number, least: number): number {
  if (Number.isInteger(port) && port >= least && port <= 65535) return port
  throw new EthspanError('ERR_INVALID_OPTION', `${name} is ${port}, it must be an integer from ${least} to 65535`, {
    fields: { [name]: port },
  })
}
