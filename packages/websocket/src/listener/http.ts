import { createServer, type IncomingMessage, type Server, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { Server as TlsServer } from 'node:tls'
import { EthspanError } from '@ethspan/core'
import { HEADERS_TIMEOUT, REFUSAL_TIMEOUT } from '../limits.js'
import { hostPort } from '../socket/socket.node.js'
import type { Refusal } from './admission.js'

/** The path of a request, without its query. */
export const pathOf = (request: IncomingMessage): string => (request.url ?? '').split('?', 1)[0] ?? ''

/** A server of our own, whose one use is the upgrade; started on `host:port`. */
export const startServer = async (host: string, port: number, path: string): Promise<Server> => {
  const server = createServer(
    { headersTimeout: HEADERS_TIMEOUT, requestTimeout: HEADERS_TIMEOUT },
    (request, response) => {
      const here = pathOf(request) === path
      const text = here ? 'This is a WebSocket: connect with one.' : 'There is nothing here.'
      response.writeHead(here ? 426 : 404, {
        'Content-Type': 'text/plain; charset=utf-8',
        Connection: here ? 'Upgrade, close' : 'close',
        ...(here ? { Upgrade: 'websocket' } : {}),
      })
      response.end(`${text}\n`)
    },
  )
  await new Promise<void>((resolve, reject) => {
    const failed = (cause: Error) => reject(listenError(host, port, cause))
    server.once('error', failed)
    server.listen(port, host, () => {
      server.off('error', failed)
      resolve()
    })
  })
  return server
}

const listenError = (host: string, port: number, cause: Error): EthspanError => {
  const code = 'code' in cause ? cause.code : undefined
  const where = hostPort(host, port)
  const why =
    code === 'EADDRINUSE' ? 'another program listens there' : code === 'EACCES' ? 'it is not allowed' : cause.message
  return new EthspanError('ERR_LISTEN', `can't listen for WebSockets on ${where}: ${why}`, {
    fields: { host, port, code },
    hint: code === 'EADDRINUSE' ? 'Stop it, or choose another port.' : undefined,
    cause,
  })
}

/** `host:port` of a listening server, and the URL of a WebSocket at `path` on it. */
export const addressOf = (server: Server, path: string): { readonly local: string; readonly url: string } => {
  const address = server.address()
  if (address === null || typeof address === 'string') {
    throw new EthspanError('ERR_LISTEN', 'the HTTP server to share does not listen on a port', {
      hint: 'Call its listen and wait for it first, or give externalUrl.',
    })
  }
  const scheme = server instanceof TlsServer ? 'wss' : 'ws'
  // Nobody can dial "any address". As in geth, loopback stands for what is not known.
  const host = address.address === '0.0.0.0' || address.address === '::' ? '127.0.0.1' : address.address
  return { local: hostPort(address.address, address.port), url: `${scheme}://${hostPort(host, address.port)}${path}` }
}

/** Answers a request for an upgrade with a status and one line of text, and hangs up. */
export const refuse = (socket: Duplex, { status, text, headers }: Refusal): void => {
  const body = `${text}\n`
  const lines = Object.entries({
    Connection: 'close',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': `${Buffer.byteLength(body)}`,
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  // One that does not read its refusal must not hold the socket.
  if ('setTimeout' in socket && typeof socket.setTimeout === 'function') {
    socket.setTimeout(REFUSAL_TIMEOUT, () => socket.destroy())
  }
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`)
}
