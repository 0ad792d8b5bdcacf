// The port for browsers: the page over HTTP, and devp2p over WebSocket, on one HTTP server.
import type { Server as HttpServer } from 'node:http'
import type { Transport } from '@ethspan/core'
import type { Service } from '@ethspan/node'
import { type WebSocketListenerOptions, webSocketListener } from '@ethspan/websocket/listener'
import { listen, type OpenHttp } from './listen.js'

export interface WebPortOptions {
  readonly http: HttpServer
  readonly host: string
  readonly port: number
  /** How WebSockets are let in. */
  readonly webSocket: Omit<WebSocketListenerOptions, 'server' | 'host' | 'port'>
}

/** The port opens with the p2p server, as its listener; the page closes with the services, before the peers are told goodbye. */
export interface WebPort {
  readonly transport: Transport
  readonly service: Service
  /** Where it listens. Undefined before. */
  readonly open: OpenHttp | undefined
  /** Ends whatever is left, such as a WebSocket that never became a peer. Idempotent. */
  close(): Promise<void>
}

export function webPort({ http, host, port, webSocket }: WebPortOptions): WebPort {
  let open: OpenHttp | undefined
  const listener = webSocketListener({ ...webSocket, server: http })
  /** Takes nobody new. WebSockets that stand live on: they are peers, whose goodbye is the p2p server's. */
  const refuse = () => {
    http.close()
    http.closeAllConnections()
  }
  return {
    transport: {
      ...listener,
      async listen(accept, context) {
        open = await listen(http, host, port)
        const inner = await listener.listen?.(accept, context)
        return {
          addresses: inner?.addresses ?? [],
          async close() {
            await inner?.close()
            refuse()
          },
        }
      },
    },
    service: { name: 'web', stop: refuse },
    get open() {
      return open
    },
    async close() {
      await open?.close()
    },
  }
}
