import { DiscReason, type PeerDropEvent, type Protocol, Server } from '@ethspan/core'
import { MemoryNetwork } from '@ethspan/core/testing'
import { afterEach, expect, test, vi } from 'vitest'
import { Chat } from '../src/chat/chat.js'
import { PeerFeed } from '../src/peers/peer-feed.js'
import { newKey } from './fake-peer.js'

// Real handshakes on a machine that may be busy: far more than it takes, so that only what never happens fails.
vi.setConfig({ testTimeout: 30_000 })
const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 20_000 })

const running: Server[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()))
})

/** A node with both protocols on a network in memory; it listens where it is given an address, and then publishes. */
async function node(network: MemoryNetwork, name: string, address?: string) {
  const privateKey = newKey()
  const feed = new PeerFeed({ publish: address !== undefined })
  const chat = new Chat({ privateKey, name })
  const server = new Server({
    privateKey,
    name,
    protocols: [feed.protocol, chat.protocol],
    transports: [network.transport(address === undefined ? {} : { address })],
  })
  feed.attach(server)
  running.push(server)
  await server.start()
  return { feed, chat, server }
}

test('two that dial a gateway see each other, talk over it, and see each other go', async () => {
  const network = new MemoryNetwork()
  const gateway = await node(network, 'gateway', '127.0.0.1:30303')
  const alice = await node(network, 'alice')
  const bob = await node(network, 'bob')
  for (const { server } of [alice, bob]) server.addPeer(gateway.server.self)
  const seenBy = ({ feed }: typeof alice) => feed.nodes.map(({ name }) => name).sort()
  await expect
    .poll(() => [seenBy(alice), seenBy(bob)])
    .toEqual([
      ['alice', 'bob'],
      ['alice', 'bob'],
    ])
  alice.chat.send('hello')
  await expect
    .poll(() => bob.chat.history.map(({ text, origin }) => [text, origin]))
    .toEqual([['hello', alice.server.self.id]])
  await bob.server.stop()
  await eventually(() => seenBy(alice)).toEqual(['alice'])
})

test('who breaks a protocol is disconnected for it, and the others stay', async () => {
  const network = new MemoryNetwork()
  const gateway = await node(network, 'gateway', '127.0.0.1:30303')
  const alice = await node(network, 'alice')
  alice.server.addPeer(gateway.server.self)
  await eventually(() => gateway.server.peerCount).toBe(1)
  const rude: Protocol = {
    name: 'chat',
    version: 1,
    length: 2,
    async run(_, rw) {
      await rw.send(1, ['not', 'a', 'message'])
      for await (const _ of rw);
    },
  }
  const mallory = new Server({ privateKey: newKey(), protocols: [rude], transports: [network.transport()] })
  running.push(mallory)
  const dropped = new Promise<PeerDropEvent>((resolve) => mallory.addEventListener('peerdrop', resolve))
  await mallory.start()
  mallory.addPeer(gateway.server.self)
  expect(await dropped).toMatchObject({ reason: DiscReason.SubprotocolError, side: 'remote' })
  expect(gateway.server.peers.map(({ name }) => name)).toEqual(['alice'])
})
