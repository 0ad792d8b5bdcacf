// The same container in a page, with what it keeps in IndexedDB.
import { generatePrivateKey, Server } from '@ethspan/core'
import { MemoryNetwork } from '@ethspan/core/testing'
import { expect, onTestFinished, test } from 'vitest'
import { browserStore } from '../src/browser-store.js'
import { memoryStore } from '../src/memory.js'
import { idle, idler, memoryNode } from './support.js'

/** A store of its own for each test. */
const freshName = () => `ethspan-test-${Math.random().toString(36).slice(2)}`

test('keeps its key, its peers and what services keep in IndexedDB, from one start to the next', async () => {
  const network = new MemoryNetwork()
  const server = new Server({
    privateKey: generatePrivateKey(),
    protocols: [idle()],
    transports: [network.transport({ address: '127.0.0.1:30303' })],
  })
  await server.start()
  onTestFinished(() => server.stop())
  const name = freshName()
  onTestFinished(() => void indexedDB.deleteDatabase(name))

  const ids: string[] = []
  const counts: (number | undefined)[] = []
  for (const round of [0, 1, 2]) {
    const node = memoryNode({ network, store: browserStore(name) })
    node.register(idler)
    node.register({
      name: 'counter',
      async start({ store }) {
        const count = (await store.get('count'))?.[0]
        counts.push(count)
        await store.put('count', Uint8Array.of((count ?? 0) + 1))
      },
    })
    await node.start()
    if (round === 0) node.server.addPeer(server.self)
    await expect.poll(() => node.server.peerCount).toBe(1)
    ids.push(node.server.localNode.id)
    await node.stop()
  }
  expect(new Set(ids).size).toBe(1)
  expect(counts).toEqual([undefined, 1, 2])
  expect(network.links).toEqual([])
})

test('two stores of different names are two nodes', async () => {
  const ids = new Set<string>()
  for (const name of [freshName(), freshName()]) {
    onTestFinished(() => void indexedDB.deleteDatabase(name))
    const node = memoryNode({ store: browserStore(name) })
    await node.start()
    ids.add(node.server.localNode.id)
    await node.stop()
  }
  expect(ids.size).toBe(2)
})

test('runs on a store in memory as well', async () => {
  const node = memoryNode({ store: memoryStore() })
  await node.start()
  expect(node.server.nodeInfo().crypto).not.toBe('')
  await node.stop()
  expect(node.state).toBe('closed')
})
