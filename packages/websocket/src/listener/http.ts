import { createServer, type Server } from 'node:http'
import { Server as TlsServer } from 'node:tls'
import { EthspanError } from '@ethspan/core'
import { hostPort, pathOf } from '@ethspan/core/netutil'
import { HEADERS_TIMEOUT } from '../limits.js'

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
