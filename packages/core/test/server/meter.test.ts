import { expect, test } from 'vitest'
import { deferred, generatePrivateKey, type Meter, type Protocol, Server } from '../../src/index.js'
import { MemoryNetwork } from '../../src/testing/index.js'

/** Counts in sums, and in a line for each message. */
function sums() {
  const bytes = { in: 0, out: 0 }
  const messages: string[] = []
  const meter: Meter = {
    bytesIn: (count) => {
      bytes.in += count
    },
    bytesOut: (count) => {
      bytes.out += count
    },
    messageIn: ({ name, version }, code, wireBytes) => messages.push(`in ${name}/${version} ${code} ${wireBytes}`),
    messageOut: ({ name, version }, code, wireBytes) => messages.push(`out ${name}/${version} ${code} ${wireBytes}`),
  }
  return { bytes, messages, meter }
}

test('a meter is told of every byte and of the messages of protocols, the same on both sides', async () => {
  const network = new MemoryNetwork()
  const listenerSums = sums()
  const dialerSums = sums()
  const echo: Protocol = {
    name: 'echo',
    version: 7,
    length: 300,
    async run(_peer, rw) {
      for await (const msg of rw) await rw.write(299, msg.payload)
    },
  }
  const answered = deferred<void>()
  const ask: Protocol = {
    ...echo,
    async run(_peer, rw) {
      await rw.send(1, 'hello')
      await rw.read()
      answered.resolve()
      for await (const _ of rw);
    },
  }
  const listener = new Server({
    privateKey: generatePrivateKey(),
    protocols: [echo],
    meter: listenerSums.meter,
    transports: [network.transport({ address: '127.0.0.1:30303' })],
  })
  const dialer = new Server({
    privateKey: generatePrivateKey(),
    protocols: [ask],
    meter: dialerSums.meter,
    transports: [network.transport()],
  })
  await listener.start()
  await dialer.start()
  dialer.addPeer(listener.self)
  await answered.promise
  // "hello" is 6 bytes of RLP; snappy puts its length and a tag in front.
  expect(dialerSums.messages).toEqual(['out echo/7 1 8', 'in echo/7 299 8'])
  expect(listenerSums.messages).toEqual(['in echo/7 1 8', 'out echo/7 299 8'])
  const [dialed] = dialer.peers
  const [accepted] = listener.peers
  expect(dialed?.info().traffic.byProtocol).toEqual({
    'echo/7': { messagesIn: 1, messagesOut: 1, bytesIn: 8, bytesOut: 8 },
  })
  expect(accepted?.info().traffic.byProtocol).toEqual(dialed?.info().traffic.byProtocol)
  await dialer.stop()
  await listener.stop()
  expect(dialerSums.bytes.in).toBe(listenerSums.bytes.out)
  expect(dialerSums.bytes.out).toBe(listenerSums.bytes.in)
  // The two packets of the encryption handshake alone have more.
  expect(dialerSums.bytes.in).toBeGreaterThan(200)
})
