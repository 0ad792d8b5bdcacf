// Servers for the sockets' tests, in Node.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { StatsServer } from '../src/server/index.js'
import type { SocketServers } from './socket-suite.js'
import { SECRET } from './support.js'

const behaviours: { readonly [name in Exclude<keyof SocketServers, 'nobody'>]: (ws: WebSocket, data: string) => void } =
  {
    echo: (ws, data) => ws.send(data),
    refusing: (ws) => ws.close(1008, 'wrong secret'),
    binary: (ws) => ws.send(Buffer.from('{}')),
    abrupt: (ws) => ws.terminate(),
  }

export interface RunningServers extends SocketServers {
  /** `host:port` of a stats server that lets pages of any origin watch. */
  readonly stats: string
  close(): Promise<void>
}

/** Opens them on a free port. */
export async function startSocketServers(): Promise<RunningServers> {
  const http = createServer()
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false })
  sockets.shouldHandle = ({ url = '' }) => Object.hasOwn(behaviours, url.slice(1))
  sockets.on('connection', (ws, { url = '' }) => {
    ws.on('error', () => {})
    ws.on('message', (data) => behaviours[url.slice(1) as keyof typeof behaviours](ws, data.toString()))
  })
  const statsHttp = createServer()
  const stats = new StatsServer({ secrets: [SECRET], origins: ['*'] })
  stats.attach(statsHttp)
  // Its port is free again, and nobody's, for as long as the tests run.
  const empty = createServer()
  for (const server of [http, statsHttp, empty]) {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
  }
  const portOf = (server: typeof http) => (server.address() as AddressInfo).port
  const [host, statsHost, nobody] = [http, statsHttp, empty].map((server) => `127.0.0.1:${portOf(server)}`)
  await new Promise((resolve) => empty.close(resolve))
  return {
    echo: `ws://${host}/echo`,
    refusing: `ws://${host}/refusing`,
    binary: `ws://${host}/binary`,
    abrupt: `ws://${host}/abrupt`,
    nobody: `ws://${nobody}/api`,
    stats: statsHost!,
    async close() {
      stats.close()
      for (const client of sockets.clients) client.terminate()
      await Promise.all([http, statsHttp].map((server) => new Promise((resolve) => server.close(resolve))))
    },
  }
}
