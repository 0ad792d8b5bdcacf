import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  asError,
  type Channel,
  EthspanError,
  type Listener,
  type Transport,
  type TransportContext,
} from '@ethspan/core'
import { hostPort, parseNetlist, pathOf, type Refusal, refuseUpgrade, TokenBuckets } from '@ethspan/core/netutil'
import { type WebSocket, WebSocketServer } from 'ws'
import { WebSocketChannel } from '../channel.js'
import { CLOSE_TIMEOUT, MAX_RECEIVED_MESSAGE } from '../limits.js'
import { wrapSocket } from '../socket/socket.node.js'
import { Admission } from './admission.js'
import { addressOf, startServer } from './http.js'
import { DEFAULT_HOST, DEFAULT_PATH, DEFAULT_PORT, type WebSocketListenerOptions } from './options.js'

export type { WebSocketListenerOptions } from './options.js'

const NOT_HERE: Refusal = { status: 404, text: 'There is no WebSocket here.' }

/**
 * Listens for WebSockets with `ws`, on an HTTP server of its own or on one that is there already. Node only; it does not
 * dial. Whom it lets in is its options' matter; refusals are an HTTP status with one line of text.
 * @throws {EthspanError} ERR_INVALID_OPTION
 */
export function webSocketListener(options: WebSocketListenerOptions = {}): Transport {
  checkOptions(options)
  return {
    name: 'ws',
    check: () => ({ ok: false, why: 'This transport listens only.' }),
    async dial() {
      throw new EthspanError('ERR_DIAL', 'the WebSocket listener does not dial', {
        hint: 'Give the server webSocket() of @ethspan/websocket as well.',
      })
    },
    listen: (accept, context) => listen(options, accept, context),
  }
}

const listen = async (
  options: WebSocketListenerOptions,
  accept: (channel: Channel) => void,
  { clock, log }: TransportContext,
): Promise<Listener> => {
  const path = options.path ?? DEFAULT_PATH
  const maxPayload = options.maxPayload ?? MAX_RECEIVED_MESSAGE
  const admission = new Admission(options, clock)
  const shared = options.server
  const server = shared ?? (await startServer(options.host ?? DEFAULT_HOST, options.port ?? DEFAULT_PORT, path))
  const url = options.externalUrl ?? addressOf(server, path).url
  // A variable, because the types of `ws` do not know `closeTimeout`.
  const wsOptions = {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload,
    closeTimeout: CLOSE_TIMEOUT,
  }
  const sockets = new WebSocketServer(wsOptions)
  let connections = 0

  const welcome = (ws: WebSocket, request: IncomingMessage, address: string) => {
    connections++
    ws.once('close', () => connections--)
    const { localAddress = '', localPort = 0, remotePort = 0, remoteAddress = '' } = request.socket
    // The port is the connection's own; a proxy does not tell the client's.
    const remote = hostPort(address || remoteAddress, remotePort)
    const socket = wrapSocket(ws, hostPort(localAddress, localPort), remote)
    const channel = new WebSocketChannel(socket, { inbound: true, clock, maxPayload })
    try {
      accept(channel)
    } catch (error) {
      channel.destroy(asError(error))
      throw error
    }
  }

  const answer = (request: IncomingMessage, socket: Duplex, head: Buffer, ours: boolean) => {
    const address = admission.addressOf(request)
    const refusal = ours ? admission.refusal(request, address, connections) : NOT_HERE
    if (refusal === undefined) {
      sockets.handleUpgrade(request, socket, head, (ws) => welcome(ws, request, address))
      return
    }
    log.debug('refused a WebSocket', { address, status: refusal.status, why: refusal.text })
    refuseUpgrade(socket, refusal)
  }
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const ours = pathOf(request) === path
    // Somebody else who shares the server may want it; without anybody it would hang for ever.
    if (!ours && server.listenerCount('upgrade') > 1) return
    socket.on('error', () => socket.destroy())
    try {
      answer(request, socket, head, ours)
    } catch (error) {
      // Thrown on, it would end the process: we are called by the HTTP server.
      log.error('a request for a WebSocket failed', { error })
      socket.destroy()
    }
  }
  // After it listens, an error is a connection that could not be taken, such as for want of file descriptors.
  const onError = (error: Error) => log.warn('the WebSocket listener had an error', { error })
  server.on('upgrade', onUpgrade)
  if (shared === undefined) server.on('error', onError)

  return {
    addresses: [{ transport: 'ws', address: url, endpoint: { ws: url } }],
    async close() {
      server.off('upgrade', onUpgrade)
      if (shared === undefined) closeOwn(server)
    },
  }
}

/** Its close event would wait for the accepted WebSockets too, which live on; the port is free at once. */
const closeOwn = (server: Server): void => {
  server.close()
  server.closeAllConnections()
}

const checkOptions = (options: WebSocketListenerOptions): void => {
  const fail = (message: string) => {
    throw new EthspanError('ERR_INVALID_OPTION', message)
  }
  const { path, port, server, host, externalUrl, maxConnections, maxPayload, netRestrict, rate } = options
  if (path !== undefined && !/^\/[^?#\s]*$/.test(path)) fail(`path ${JSON.stringify(path)} does not start with /`)
  if (server !== undefined && (host !== undefined || port !== undefined))
    fail('host and port are the given server’s own')
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65535))
    fail(`port ${port} is not 0 to 65535`)
  if (externalUrl !== undefined && !/^wss?:$/.test(URL.canParse(externalUrl) ? new URL(externalUrl).protocol : '')) {
    fail(`externalUrl ${JSON.stringify(externalUrl)} is not a ws:// or wss:// URL`)
  }
  for (const [name, value] of Object.entries({ maxConnections, maxPayload })) {
    if (value !== undefined && !(Number.isInteger(value) && value > 0))
      fail(`${name} ${value} is not a positive number`)
  }
  // Both throw for what they can't read, and here rather than when the server starts.
  if (typeof netRestrict === 'string') parseNetlist(netRestrict)
  if (rate !== undefined) new TokenBuckets({ ...rate, clock: { now: () => 0 } })
}
