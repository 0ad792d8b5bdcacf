// Nodes that are joined by the protocol itself, message by message: what comes into one pool comes into all.
import { type Transaction, transactionHash } from '@ethspan/chain'
import type { MsgReadWriter, Peer } from '@ethspan/core'
import { messagePipe, SimClock } from '@ethspan/core/testing'
import { expect, test } from 'vitest'
import { TransactionGossip } from '../../src/gossip/transaction-gossip.js'
import { EthPeer, type EthVersion, localStatus, serving } from '../../src/index.js'
import { testChain } from '../support.js'
import { nodeId, pooled, TestPool, tx } from './support.js'

interface MeshNode {
  readonly pool: TestPool
  readonly gossip: TransactionGossip
  readonly id: string
}

/** Nodes that are joined along pairs, from the start or later. */
class Mesh {
  readonly clock = new SimClock()
  readonly nodes: readonly MeshNode[]
  /** What ended a peer. */
  readonly failures: unknown[] = []
  readonly #chain = testChain()
  readonly #version: EthVersion

  constructor(count: number, pairs: readonly (readonly [number, number])[], version: EthVersion = 69) {
    this.#version = version
    this.nodes = Array.from({ length: count }, (_, i) => {
      const [pool, id] = [new TestPool(), nodeId(i)]
      const randomBytes = (length: number) => new Uint8Array(length).fill(i)
      const gossip = new TransactionGossip({ pool, self: id, clock: this.clock, randomBytes })
      gossip.start()
      return { pool, gossip, id }
    })
    for (const [a, b] of pairs) this.join(a, b)
  }

  join(a: number, b: number): void {
    const [near, far] = messagePipe(this.clock)
    this.#run(this.nodes[a]!, this.nodes[b]!, near)
    this.#run(this.nodes[b]!, this.nodes[a]!, far)
  }

  /** Which nodes have a transaction. */
  having(transaction: Transaction): number[] {
    return this.nodes.flatMap(({ pool }, i) => (pool.has(transactionHash(transaction)) ? [i] : []))
  }

  #run({ pool, gossip }: MeshNode, { id }: MeshNode, rw: MsgReadWriter): void {
    const eth = new EthPeer({
      // What the protocol and gossip look at in a peer.
      peer: { id, disconnect: async () => this.failures.push(id) } as unknown as Peer,
      rw,
      version: this.#version,
      status: localStatus(this.#version, this.#chain),
      serving: serving(this.#chain, { transaction: (hash) => pool.transaction(hash) }),
      handlers: {
        transactions: (peer, transactions) => gossip.transactions(peer, transactions),
        newPooledTransactionHashes: (peer, announced) => gossip.newPooledTransactionHashes(peer, announced),
      },
      clock: this.clock,
    })
    eth.run().catch((error) => this.failures.push(error))
    gossip.connected(eth)
  }
}

const line = (count: number) => Array.from({ length: count - 1 }, (_, i) => [i, i + 1] as const)
const full = (count: number) =>
  Array.from({ length: count }, (_, a) =>
    Array.from({ length: count - 1 - a }, (_, i) => [a, a + 1 + i] as const),
  ).flat()

const range = (count: number) => Array.from({ length: count }, (_, i) => i)

test.each<EthVersion>([68, 71])('a transaction goes from one end of a line to the other (eth/%i)', async (version) => {
  const mesh = new Mesh(6, line(6), version)
  mesh.nodes[0]!.pool.put([pooled(tx(1))])
  await mesh.clock.advance(1)
  expect(mesh.having(tx(1))).toEqual(range(6))
  expect(mesh.failures).toEqual([])
})

test('one with blobs is announced and fetched from node to node', async () => {
  const mesh = new Mesh(6, line(6))
  const blobs = tx(1, { type: 3, size: 140_000 })
  mesh.nodes[0]!.pool.put([pooled(blobs)])
  await mesh.clock.advance(1)
  expect(mesh.having(blobs)).toEqual(range(6))
  expect(mesh.failures).toEqual([])
})

test('among nodes that all know each other a transaction comes to each, and to none from more than send it whole', async () => {
  const mesh = new Mesh(10, full(10))
  const all = range(30).map((i) => tx(i))
  for (const [i, one] of all.entries()) mesh.nodes[i % 10]!.pool.put([pooled(one, i)])
  await mesh.clock.advance(5_000)
  for (const one of all) expect(mesh.having(one)).toEqual(range(10))
  const adds = mesh.nodes.flatMap(({ pool }) => pool.adds.map(({ count }) => count)).reduce((a, b) => a + b)
  // Nine have to get it; each of ten sends it whole to three of its nine peers at most.
  expect(adds).toBeGreaterThanOrEqual(30 * 9)
  expect(adds).toBeLessThanOrEqual(30 * 10 * 3)
  expect(mesh.failures).toEqual([])
})

test('a node that comes later gets what the pools have already', async () => {
  const mesh = new Mesh(3, [[0, 1]])
  const all = [tx(1), tx(2, { type: 1 }), tx(3, { size: 5000 })]
  mesh.nodes[0]!.pool.put(all.map((one) => pooled(one)))
  await mesh.clock.advance(600)
  mesh.join(1, 2)
  await mesh.clock.advance(600)
  for (const one of all) expect(mesh.having(one)).toEqual([0, 1, 2])
})
