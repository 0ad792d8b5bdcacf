// A proxy in front of the gateway that rewrites the headers of its answers, as a provider's might. WebSockets pass as they are.
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, request } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

export interface Proxy {
  /** The page behind it. */
  readonly url: string
  close(): Promise<void>
}

/** Listens on a free port of this machine, in front of `port`. */
export async function startProxy(
  port: number,
  rewrite: (headers: OutgoingHttpHeaders) => OutgoingHttpHeaders,
): Promise<Proxy> {
  const upgraded = new Set<Duplex>()
  const server = createServer((asked, answer) => {
    const onward = request({ host: '127.0.0.1', port, method: asked.method, path: asked.url, headers: asked.headers })
    onward.once('response', (answered) => {
      answer.writeHead(answered.statusCode ?? 502, rewrite(answered.headers))
      answered.pipe(answer)
    })
    onward.once('error', (error) => answer.destroy(error))
    onward.end()
  })
  server.on('upgrade', (asked: IncomingMessage, socket: Duplex, head: Buffer) => {
    const onward: Socket = connect(port, '127.0.0.1')
    const headers = Array.from({ length: asked.rawHeaders.length / 2 }, (_, i) =>
      asked.rawHeaders.slice(2 * i, 2 * i + 2).join(': '),
    )
    onward.write([`${asked.method} ${asked.url} HTTP/1.1`, ...headers, '', ''].join('\r\n'))
    onward.write(head)
    onward.pipe(socket).pipe(onward)
    for (const [end, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      upgraded.add(end)
      end.on('error', () => other.destroy())
      end.once('close', () => {
        upgraded.delete(end)
        other.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        for (const end of upgraded) end.destroy()
      }),
  }
}
