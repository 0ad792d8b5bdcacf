import { readdirSync } from 'node:fs'
import { generatePrivateKey, Server, type Transport } from '@ethspan/core'
import { MemoryNetwork, SimClock } from '@ethspan/core/testing'
import { tcp } from '@ethspan/tcp'
import { expect, onTestFinished, test } from 'vitest'
import { openDataDir } from '../src/data-dir/index.js'
import { Node } from '../src/index.js'
import { memoryStore } from '../src/memory.js'
import { temporaryFolder } from './data-dir/support.js'
import { idle, idler, memoryNode } from './support.js'

const ROUNDS = 100
const PATIENCE = 60_000

/** A node that runs all the time, for the others to connect with. */
async function standing(transport: Transport): Promise<Server> {
  const server = new Server({ privateKey: generatePrivateKey(), protocols: [idle()], transports: [transport] })
  await server.start()
  onTestFinished(() => server.stop())
  return server
}

async function connected(...servers: readonly Server[]): Promise<void> {
  const counts = () => servers.map(({ peerCount }) => peerCount)
  await expect.poll(counts, { interval: 1 }).toEqual(servers.map(() => 1))
}

test(
  `${ROUNDS} starts and stops with a peer leave no timer, no connection and no listener`,
  async () => {
    const network = new MemoryNetwork()
    const other = await standing(network.transport({ address: '127.0.0.1:1' }))
    const store = memoryStore()
    for (let round = 0; round < ROUNDS; round++) {
      const clock = new SimClock()
      const node = memoryNode({ clock, network, store, address: '127.0.0.1:2' })
      node.register(idler)
      await node.start()
      // Told once; from then on the node remembers.
      if (round === 0) node.server.addPeer(other.self)
      await connected(node.server, other)
      await node.stop()
      expect(clock.pendingTimers).toBe(0)
      expect(network.listening).toEqual(['127.0.0.1:1'])
      expect(network.links).toEqual([])
    }
  },
  PATIENCE,
)

test(
  `${ROUNDS} starts and stops with a data directory and TCP leave no handle, no timer and no file open`,
  async () => {
    const listen = { host: '127.0.0.1', port: 0 }
    const other = await standing(tcp({ listen }))
    const folder = temporaryFolder()
    const openFiles = () => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0)
    const left = () => ({ resources: process.getActiveResourcesInfo().sort(), files: openFiles() })
    let before: ReturnType<typeof left> | undefined
    for (let round = 0; round < ROUNDS; round++) {
      const dataDir = await openDataDir(folder)
      const node = new Node({ name: 'test', dataDir, p2p: { transports: [tcp({ listen })] } })
      node.register(idler)
      await node.start()
      if (round === 0) node.server.addPeer(other.self)
      await connected(node.server, other)
      await node.stop()
      await expect.poll(() => other.peerCount, { interval: 1 }).toBe(0)
      // After the first round, when what the process loads once is loaded.
      before ??= left()
    }
    await expect.poll(left).toEqual(before)
  },
  PATIENCE,
)
