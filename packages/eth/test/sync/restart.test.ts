// Wherever a sync ends, between any two writes to the disk, the next run goes on from there and ends in the same place.
import { type Chain, openChain } from '@ethspan/chain'
import { memoryChain, type TestBlock, testBlocks, testSpec } from '@ethspan/chain/testing'
import { EthspanError } from '@ethspan/core'
import type { Store } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import type { EthServing } from '../../src/index.js'
import { connect, follower, server, until } from '../net.js'

/** Milliseconds: a hundred short syncs on a machine that has other things to do. */
vi.setConfig({ testTimeout: 120_000, hookTimeout: 30_000 })

const spec = testSpec()
let blocks: TestBlock[]
let branch: TestBlock[]
beforeAll(async () => {
  blocks = await testBlocks({ count: 24, transactions: 1 })
  branch = await testBlocks({ count: 20, transactions: 0, parent: blocks[3]!, extra: 'branch' })
})

/** Small answers, so that there are many steps. */
const small = (honest: EthServing): Partial<EthServing> => ({
  blockHeaders: (query) => honest.blockHeaders({ ...query, limit: query.limit < 5n ? query.limit : 5n }),
  blockBodies: (hashes) => honest.blockBodies(hashes.slice(0, 4)),
})

/** Whatever is written is counted; after so many writes all fail, until there is room again. */
function disk() {
  let room = Number.POSITIVE_INFINITY
  let hasFailed = false
  const writers: Record<string, (...args: unknown[]) => Promise<unknown>> = Object.getPrototypeOf(
    memoryStore().sublevel('any'),
  )
  for (const name of ['batch', 'put', 'clear', 'del']) {
    const write = writers[name]!
    const spy = vi.spyOn(writers, name).mockImplementation(function (this: unknown, ...args: unknown[]) {
      if (room-- > 0) return write.apply(this, args)
      hasFailed = true
      return Promise.reject(new EthspanError('ERR_DATA_DIR', 'no space left on device'))
    })
    onTestFinished(() => spy.mockRestore())
  }
  return {
    has: (writes: number) => {
      room = writes
      hasFailed = false
    },
    get hasFailed() {
      return hasFailed
    },
  }
}

async function isEmpty(store: Store): Promise<boolean> {
  const part = store.sublevel<string, Uint8Array>('skeleton', { valueEncoding: 'view' })
  const headers = (await part.keys().all()).filter((key) => key.startsWith('header-'))
  return headers.length === 0
}

test.each<[string, { had: () => readonly TestBlock[]; way: () => readonly TestBlock[]; keep?: number }]>([
  ['of all blocks', { had: () => [], way: () => blocks }],
  ['of the newest blocks', { had: () => [], way: () => blocks, keep: 10 }],
  ['to another branch', { had: () => blocks.slice(0, 12), way: () => [...blocks.slice(0, 4), ...branch] }],
])('a sync %s', async (_, { had, way, keep }) => {
  const room = disk()
  const source = await memoryChain({ blocks: way() })
  const last = way().at(-1)!
  const open = (store: Store) => openChain({ store, spec, ...(keep === undefined ? {} : { keep }) })
  const start = async (chain: Chain, store: Store) => {
    const node = await follower({ chain, store, keep })
    connect(node.node, server({ chain: source, lies: small }))
    let outcome: string | undefined
    void node.sync(last).then(({ type }) => {
      outcome = type
    })
    return { node, outcome: () => outcome }
  }
  let writes = 0
  for (; ; writes++) {
    const [kept, store] = [memoryStore(), memoryStore()]
    room.has(Number.POSITIVE_INFINITY)
    const before = await open(kept)
    await before.putBlocks(had())
    if (had().length > 0) await before.setHead(had().at(-1)!.hash)

    room.has(writes)
    const first = await start(before, store)
    await until(() => room.hasFailed || first.outcome() === 'synced', `it ends, after ${writes} writes`)
    const isOver = !room.hasFailed
    await first.node.stop()

    room.has(Number.POSITIVE_INFINITY)
    const chain = await open(kept)
    const second = await start(chain, store)
    await until(() => second.outcome() !== undefined, `it goes on, after ${writes} writes`)
    expect([second.outcome(), chain.head().hash.join()]).toEqual(['synced', last.hash.join()])
    for (const { hash, header, body, receipts } of way().slice(-(keep ?? way().length))) {
      expect(await chain.canonicalHash(header.number)).toEqual(hash)
      expect([await chain.body(hash), await chain.receipts(hash)]).toEqual([body.raw, receipts])
    }
    expect(await isEmpty(store), `headers are left after ${writes} writes`).toBe(true)
    await second.node.stop()
    if (isOver) break
  }
  expect(writes, 'there were many steps').toBeGreaterThan(5)
})
