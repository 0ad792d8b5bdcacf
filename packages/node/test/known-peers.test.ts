import { DiscReason, Enode, generatePrivateKey, publicKeyOf, Server } from '@ethspan/core'
import { MemoryNetwork, SimClock, settle } from '@ethspan/core/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { MAX_KNOWN_AGE, MAX_KNOWN_PEERS, ROUND_PAUSE } from '../src/known-peers.js'
import { memoryStore } from '../src/memory.js'
import { servicePart } from '../src/node-store.js'
import type { Store } from '../src/service.js'
import { idle, idler, memoryNode, recorder } from './support.js'

/** A network with one server that others dial. */
async function world() {
  const clock = new SimClock()
  const network = new MemoryNetwork()
  const server = new Server({
    privateKey: generatePrivateKey(),
    protocols: [idle()],
    transports: [network.transport({ address: '127.0.0.1:30303' })],
    clock,
  })
  await server.start()
  onTestFinished(() => server.stop())
  const store = memoryStore()
  const startNode = async (p2p: { maxPeers?: number } = {}) => {
    const transports = [network.transport()]
    const node = memoryNode({ store, clock, p2p: { transports, ...p2p } })
    node.register(idler)
    await node.start()
    onTestFinished(() => node.stop())
    await settle()
    return node
  }
  return { clock, network, server, store, startNode }
}

/** What the store says: urls by id. */
async function kept(store: Store): Promise<{ urls: string[]; lastSeen: number; dialed: boolean }[]> {
  await store.open()
  const values = await servicePart(store, 'known-peers').values().all()
  return values.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)))
}

const anyNode = (port: number) =>
  new Enode(publicKeyOf(generatePrivateKey()), { host: '10.0.0.1', tcpPort: port, udpPort: port })

const entry = (node: Enode, lastSeen: number, dialed: boolean) =>
  [node.id, new TextEncoder().encode(JSON.stringify({ urls: node.urls, lastSeen, dialed }))] as const

async function fill(store: Store, entries: readonly (readonly [string, Uint8Array])[]): Promise<void> {
  await store.open()
  const part = servicePart(store, 'known-peers')
  await part.batch(entries.map(([key, value]) => ({ type: 'put', key, value })))
}

describe('a node that had a peer', () => {
  test('dials it again after a restart, with nobody telling it to', async () => {
    const { server, store, startNode } = await world()
    const first = await startNode()
    first.server.addPeer(server.self)
    await expect.poll(() => first.server.peerCount).toBe(1)
    await first.stop()
    expect(server.peerCount).toBe(0)
    expect(await kept(store)).toEqual([{ urls: server.self.urls, lastSeen: expect.any(Number), dialed: true }])

    const second = await startNode()
    await expect.poll(() => second.server.peerCount).toBe(1)
    expect(second.server.peers[0]).toMatchObject({ id: server.localNode.id, static: false })
  })

  test('goes on trying, round after round, while it is away', async () => {
    const { clock, network, server, startNode, store } = await world()
    await fill(store, [entry(server.self, clock.wallTime(), true)])
    await server.stop()
    const node = await startNode()
    const dials: number[] = []
    node.server.addEventListener('dial', () => dials.push(clock.now()))
    expect(network.links).toEqual([])
    await clock.advance(ROUND_PAUSE - 1)
    expect(dials).toEqual([])
    await server.start()
    await clock.advance(1)
    expect(dials).toEqual([ROUND_PAUSE])
    await expect.poll(() => node.server.peerCount).toBe(1)
  })

  test('forgets whom its user sent away, and who is of no use', async () => {
    const { server, startNode, store } = await world()
    const node = await startNode()
    for (const reason of [DiscReason.Requested, DiscReason.UselessPeer]) {
      node.server.addPeer(server.self)
      await expect.poll(() => node.server.peerCount).toBe(1)
      if (reason === DiscReason.Requested) await node.server.removePeer(server.self)
      else await server.peers[0]?.disconnect(reason)
      await expect.poll(() => kept(store)).toEqual([])
    }
  })

  test('keeps the address that it dialed when the peer comes by itself', async () => {
    const clock = new SimClock()
    const network = new MemoryNetwork()
    const store = memoryStore()
    const node = memoryNode({ store, clock, network, address: '127.0.0.1:1' })
    node.register(idler)
    const other = memoryNode({ clock, network, address: '127.0.0.1:2' })
    other.register(idler)
    await node.start()
    await other.start()
    other.server.addPeer(node.server.self)
    await expect.poll(() => node.server.peerCount).toBe(1)
    await expect
      .poll(() => kept(store))
      .toEqual([expect.objectContaining({ dialed: false, urls: [expect.stringContaining('@127.0.0.1:2')] })])
    await node.stop()
    await other.stop()
  })
})

describe('the list', () => {
  test('is bounded: who came with an address goes before who was dialed, and the oldest first', async () => {
    const { clock, store, startNode } = await world()
    const now = clock.wallTime()
    const dialed = Array.from({ length: MAX_KNOWN_PEERS - 1 }, (_, i) => entry(anyNode(i + 1), now - 1000 - i, true))
    const told = [1, 2, 3].map((i) => entry(anyNode(1000 + i), now - i, false))
    await fill(store, [...dialed, ...told])
    await (await startNode({ maxPeers: 0 })).stop()
    const left = await kept(store)
    expect(left).toHaveLength(MAX_KNOWN_PEERS)
    expect(left.filter((peer) => !peer.dialed).map(({ lastSeen }) => lastSeen)).toEqual([now - 1])
  })

  test('loses what is old or broken', async () => {
    const { clock, store, startNode } = await world()
    const node = anyNode(1)
    const bytes = (text: string) => new TextEncoder().encode(text)
    await fill(store, [
      entry(anyNode(2), clock.wallTime() - MAX_KNOWN_AGE - 1, true),
      [node.id, entry(anyNode(3), clock.wallTime(), true)[1]],
      ['a', bytes('{')],
      ['b', bytes('null')],
      ['c', bytes('{"urls":["enode://x"],"lastSeen":1}')],
    ])
    await (await startNode({ maxPeers: 0 })).stop()
    expect(await kept(store)).toEqual([])
  })

  test('that can’t be kept is said in the log, and the node goes on', async () => {
    const { clock, network, server } = await world()
    const store = memoryStore()
    const { log, lines } = recorder()
    const node = memoryNode({ store, clock, network, log })
    node.register(idler)
    await node.start()
    await store.close()
    node.server.addPeer(server.self)
    await expect.poll(() => lines.map(({ message }) => message)).toContain('could not keep the known peers')
    expect(node.server.peerCount).toBe(1)
    await expect(node.stop()).rejects.toThrow('the service "known-peers" failed to stop')
  })
})
