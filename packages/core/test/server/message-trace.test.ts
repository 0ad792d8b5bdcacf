import { expect, test } from 'vitest'
import { deferred, generatePrivateKey, type MessageTrace, type Protocol, Server } from '../../src/index.js'
import { MemoryNetwork } from '../../src/testing/index.js'

test('a trace is told of each message with its peer, from the first protocol message to the goodbye', async () => {
  const network = new MemoryNetwork()
  const seen: string[] = []
  const trace: MessageTrace = (peer, { direction, protocol, version, code, wireBytes }) => {
    expect(peer.id).toBe(listener.self.id)
    seen.push(`${direction} ${protocol}/${version} ${code} ${wireBytes}`)
  }
  const answered = deferred<void>()
  const protocol = (run: Protocol['run']): Protocol => ({ name: 'echo', version: 7, length: 2, run })
  const listener = new Server({
    privateKey: generatePrivateKey(),
    protocols: [
      protocol(async (_peer, rw) => {
        for await (const msg of rw) await rw.write(1, msg.payload)
      }),
    ],
    transports: [network.transport({ address: '127.0.0.1:30303' })],
  })
  const dialer = new Server({
    privateKey: generatePrivateKey(),
    protocols: [
      protocol(async (peer, rw) => {
        await rw.send(0, 'hello')
        await rw.read()
        await peer.ping()
        answered.resolve()
        for await (const _ of rw);
      }),
    ],
    trace,
    transports: [network.transport()],
  })
  await listener.start()
  await dialer.start()
  dialer.addPeer(listener.self)
  await answered.promise
  await dialer.stop()
  await listener.stop()
  // "hello" is 6 bytes of RLP; snappy puts its length and a tag in front. A Ping is an empty list, the reason a list of one.
  expect(seen.filter((line) => line.includes('echo'))).toEqual(['out echo/7 0 8', 'in echo/7 1 8'])
  expect(seen).toContain('out p2p/5 2 3')
  expect(seen).toContain('in p2p/5 3 3')
  expect(seen.at(-1)).toBe('out p2p/5 1 4')
})
