// A crowd of peers that announce, ask, fall silent, leave and come back: what is kept of them stays bounded, and goes with them.
import { memoryChain, type TestBlock, testBlocks } from '@ethspan/chain/testing'
import { SimClock, seededRandomBytes } from '@ethspan/core/testing'
import { beforeAll, expect, test, vi } from 'vitest'
import type { EthPeer } from '../../src/index.js'
import { TestPool } from '../gossip/support.js'
import { connect, follower, type Link, server, turns } from '../net.js'

/** Milliseconds: for a machine that has other things to do. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 30_000 })

const PEERS = 40
const ROUNDS = 20
const ROUND_MS = 30_000
/** Hashes that each peer announces, and asks for, in a round. */
const HASHES = 20

let blocks: TestBlock[]
beforeAll(async () => {
  blocks = await testBlocks({ count: 40, transactions: 0 })
})

test('nothing grows with time, and nothing is left when all are gone', async () => {
  const clock = new SimClock()
  const random = seededRandomBytes('crowd')
  const chain = await memoryChain({ blocks })
  const ours = await follower({ clock, pool: new TestPool() })
  // Found by nobody, so that it is looked for all the time.
  ours.service.sync!.setTarget({ hash: random(32), source: 'engine' })
  const theirs = new Map<number, { readonly link: Link; readonly gone: AbortSignal; eth?: EthPeer }>()
  const come = (at: number) => {
    const silent = at % 3 === 0 ? { blockHeaders: () => new Promise<never>(() => undefined) } : {}
    const node = server({
      chain,
      clock,
      lies: { ...silent, pooledTransactions: () => (at % 2 === 0 ? [] : new Promise<never>(() => undefined)) },
      handlers: {
        connected: (eth) => {
          theirs.get(at)!.eth = eth
        },
      },
    })
    const gone = new AbortController()
    const link = connect(ours.node, node, clock)
    theirs.set(at, { link, gone: gone.signal })
    void link.ended.then(() => gone.abort())
  }
  for (let at = 0; at < PEERS; at++) come(at)
  const timers: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    for (const { eth } of theirs.values()) {
      const hashes = Array.from({ length: HASHES }, () => random(32))
      const announced = hashes.map((hash) => ({ hash, type: hash[0]! % 4, size: 200 }))
      void eth?.sendNewPooledTransactionHashes(announced).catch(() => undefined)
      void eth
        ?.sendBlockRange({ earliest: 0n, latest: 40n - BigInt(round % 40), latestHash: hashes[0]! })
        .catch(() => undefined)
      void eth?.getBlockBodies(hashes).catch(() => undefined)
    }
    for (let step = 0; step < 10; step++) {
      await turns(3)
      await clock.advance(ROUND_MS / 10)
    }
    timers.push(clock.pendingTimers)
    const leaver = random(1)[0]! % PEERS
    theirs.get(leaver)!.link.close()
    await turns()
    // Whoever was ended for its silence comes back as another.
    for (const [at, { gone }] of theirs) if (gone.aborted) come(at)
  }
  expect(ours.service.peers().length, 'it is still a crowd').toBeGreaterThan(PEERS / 2)
  expect(Math.max(...timers), 'a peer has a few at most, and one that is gone has none').toBeLessThanOrEqual(PEERS)
  expect(ours.log.warnings).toEqual([])
  for (const { link } of theirs.values()) link.close()
  await turns()
  expect(ours.service.peers()).toEqual([])
  await ours.stop()
  await turns()
  expect(clock.pendingTimers).toBe(0)
})
