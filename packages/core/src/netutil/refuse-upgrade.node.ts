import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** Milliseconds after which a socket is cut that has been refused an upgrade and does not go away. */
const REFUSAL_TIMEOUT = 5_000

/** An HTTP answer that is not an upgrade: `text` is one line for people. */
export interface Refusal {
  readonly status: number
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

/** Answers a request for an upgrade with a status and one line of text, and hangs up. */
export function refuseUpgrade(socket: Duplex, { status, text, headers }: Refusal): void {
  const body = `${text}\n`
  const lines = Object.entries({
    Connection: 'close',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': `${Buffer.byteLength(body)}`,
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  // The HTTP server no longer listens for its errors, and one that nobody listens for ends the process.
  socket.on('error', () => socket.destroy())
  // One that does not read its refusal must not hold the socket.
  if ('setTimeout' in socket && typeof socket.setTimeout === 'function') {
    socket.setTimeout(REFUSAL_TIMEOUT, () => socket.destroy())
  }
  socket.once('finish', () => socket.destroy())
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${lines.join('')}\r\n${body}`)
}
