import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test, vi } from 'vitest'
import { refuseUpgrade } from '../../src/netutil/netutil.node.js'

const refusal = { status: 503, text: 'All places are taken.', headers: { 'Retry-After': '30' } }

test('a refusal is a status, its headers and one line of text, and ends the connection', async () => {
  const server = createServer().on('upgrade', (_, socket) => refuseUpgrade(socket, refusal))
  onTestFinished(() => void server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  onTestFinished(() => void client.destroy())
  client.write('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
  expect((await text(client)).split('\r\n')).toEqual([
    'HTTP/1.1 503 Service Unavailable',
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Length: 22',
    'Retry-After: 30',
    '',
    'All places are taken.\n',
  ])
})

/** A socket that takes no bytes. */
class Stuck extends Duplex {
  readonly setTimeout = vi.fn<(ms: number, late: () => void) => void>()
  override _read(): void {}
  override _write(): void {}
}

test('one that does not read its refusal is cut after five seconds', () => {
  const socket = new Stuck()
  refuseUpgrade(socket, refusal)
  expect(socket.destroyed).toBe(false)
  const [ms, late] = socket.setTimeout.mock.calls[0]!
  late()
  expect([ms, socket.destroyed]).toEqual([5_000, true])
})

test('one that breaks while it is refused ends nothing but itself', () => {
  const socket = new Stuck()
  refuseUpgrade(socket, refusal)
  // Thrown by the emitter where nobody listens.
  socket.emit('error', new Error('read ECONNRESET'))
  expect(socket.destroyed).toBe(true)
})
