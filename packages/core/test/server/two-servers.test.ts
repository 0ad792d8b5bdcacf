import { describe, expect, test } from 'vitest'
import { generatePrivateKey, type PeerAddEvent, type PeerDropEvent, type Protocol, Server } from '../../src/index.js'
import { DiscReason } from '../../src/peer/disc-reason.js'
import { MemoryNetwork } from '../../src/testing/index.js'

const echo: Protocol = {
  name: 'echo',
  version: 1,
  length: 2,
  async run(_peer, rw) {
    for await (const msg of rw) await rw.write(1, msg.payload)
  },
}

describe('two servers', () => {
  test('become peers, run a protocol and part with the reason told', async () => {
    const network = new MemoryNetwork()
    const answers: string[] = []
    const asker: Protocol = {
      ...echo,
      async run(_peer, rw) {
        await rw.send(0, ['hello', 1])
        const msg = await rw.read()
        answers.push(`${msg.code}:${Array.from(msg.payload).join(',')}`)
        for await (const _ of rw);
      },
    }
    const listener = new Server({
      privateKey: generatePrivateKey(),
      protocols: [echo],
      transports: [network.transport({ address: '127.0.0.1:30303' })],
    })
    const dialer = new Server({
      privateKey: generatePrivateKey(),
      protocols: [asker],
      transports: [network.transport()],
    })
    const added = new Promise<PeerAddEvent>((resolve) => listener.addEventListener('peeradd', resolve))
    const dropped = new Promise<PeerDropEvent>((resolve) => dialer.addEventListener('peerdrop', resolve))
    dialer.addEventListener('handshakefail', (event) => console.log('dialer', event.error))
    listener.addEventListener('handshakefail', (event) => console.log('listener', event.error))
    await listener.start()
    await dialer.start()
    dialer.addPeer(listener.self)
    const { peer } = await added
    expect(peer.id).toBe(dialer.self.id)
    await expect.poll(() => answers).toEqual(['1:199,133,104,101,108,108,111,1'])
    expect(await peer.ping()).toBeGreaterThanOrEqual(0)
    await listener.stop()
    const { reason, side } = await dropped
    expect({ reason, side }).toEqual({ reason: DiscReason.Quitting, side: 'remote' })
    await dialer.stop()
    expect(network.links).toEqual([])
    expect(network.listening).toEqual([])
  })
})
