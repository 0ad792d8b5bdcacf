import { BlockImporter, type Chain } from '@ethspan/chain'
import { memoryChain, type TestBlock, testBlocks, testSpec, testTransaction } from '@ethspan/chain/testing'
import { deferred } from '@ethspan/core'
import { memoryStore } from '@ethspan/node/memory'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { type EthServing, MAX_HEADERS_ASK, SkeletonSync } from '../../src/index.js'
import { connect, follower, server, turns, until } from '../net.js'

/** Milliseconds: thousands of blocks on a machine that has other things to do. */
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

let blocks: TestBlock[]
let chain: Chain
beforeAll(async () => {
  // Few of the blocks have transactions: signatures are what takes time, and other tests check them.
  const made = await testBlocks({ count: 50, transactions: 1 })
  const some = (number: bigint) => (number % 50n === 0n ? made[Number(number / 50n) - 1]!.body.transactions : [])
  blocks = await testBlocks({ count: 2500, transactions: some })
  chain = await memoryChain({ blocks })
})

/** Counts what a node is asked for. */
function counted(): {
  readonly lies: (honest: EthServing) => Partial<EthServing>
  readonly asked: Record<string, number>
} {
  const asked: Record<string, number> = { headers: 0, bodies: 0, receipts: 0 }
  return {
    asked,
    lies: (honest) => ({
      blockHeaders: async (query) => {
        asked.headers! += Number(query.limit)
        return honest.blockHeaders(query)
      },
      blockBodies: async (hashes) => {
        asked.bodies! += hashes.length
        return honest.blockBodies(hashes)
      },
      receipts: async (version, hashes, first) => {
        asked.receipts! += hashes.length
        return honest.receipts(version, hashes, first)
      },
    }),
  }
}

const head = () => blocks.at(-1)!

describe('from the genesis block', () => {
  test.each([68, 69, 70, 71] as const)('a node syncs thousands of blocks over eth/%i', async (version) => {
    const ours = await follower({ versions: [version] })
    connect(ours.node, server({ chain }))
    expect((await ours.sync(head())).type).toBe('synced')
    expect(ours.chain.head()).toMatchObject({ hash: head().hash, number: 2500n })
    for (const number of [1, 50, 1250, 2499, 2500]) {
      const { hash, body, receipts } = blocks[number - 1]!
      expect(await ours.chain.canonicalHash(BigInt(number))).toEqual(hash)
      expect(await ours.chain.body(hash)).toEqual(body.raw)
      expect(await ours.chain.receipts(hash)).toEqual(receipts)
    }
    expect(ours.log.warnings).toEqual([])
  })

  test('the work is shared by all peers, and nothing is asked for twice', async () => {
    const ours = await follower()
    const sources = Array.from({ length: 4 }, counted)
    for (const { lies } of sources) connect(ours.node, server({ chain, lies }))
    await ours.sync(head())
    for (const { asked } of sources) expect(asked.bodies).toBeGreaterThan(100)
    expect(sources.filter(({ asked }) => asked.headers! >= MAX_HEADERS_ASK).length).toBeGreaterThanOrEqual(2)
    const sum = (kind: string) => sources.reduce((all, { asked }) => all + asked[kind]!, 0)
    expect(sum('bodies')).toBe(2500)
    expect(sum('receipts')).toBe(50)
    // One more for each peer that is asked for the target itself.
    expect(sum('headers')).toBeLessThanOrEqual(2500 + 4)
  })

  test('a header that is told with the target is not asked for', async () => {
    const ours = await follower()
    const source = counted()
    connect(ours.node, server({ chain, lies: source.lies }))
    await ours.sync(head(), { header: head().header })
    expect(source.asked.headers).toBe(2499)
  })

  test('it says how far it is', async () => {
    const ours = await follower()
    const { sync } = ours.service
    expect(sync!.progress()).toBeUndefined()
    const synced = ours.sync(head())
    await turns()
    expect(sync!.progress()).toMatchObject({
      stage: 'headers',
      startingBlock: 0n,
      currentBlock: 0n,
      highestBlock: undefined,
      waitingFor: expect.stringMatching(/^a peer that has the header of the target 0x/),
    })
    connect(ours.node, server({ chain }))
    await until(() => (sync!.progress()?.currentBlock ?? 0n) > 100n, 'some blocks are there')
    expect(sync!.progress()).toMatchObject({ stage: 'blocks', highestBlock: 2500n, headers: 2500n })
    expect(sync!.progress()!.waitingFor).toBeUndefined()
    await synced
    expect(sync!.progress()).toBeUndefined()
  })
})

describe('from where the chain is', () => {
  test('the next block is asked for its body alone', async () => {
    const ours = await follower({ blocks: blocks.slice(0, 99) })
    const source = counted()
    connect(ours.node, server({ chain, lies: source.lies }))
    const next = blocks[99]!
    expect((await ours.sync(next, { header: next.header })).type).toBe('synced')
    expect(source.asked).toEqual({ headers: 0, bodies: 1, receipts: 1 })
  })

  test('what the chain has already needs nobody', async () => {
    const ours = await follower({ blocks: blocks.slice(0, 20) })
    expect((await ours.sync(blocks[19]!)).type).toBe('synced')
    expect((await ours.sync(blocks[9]!)).type).toBe('synced')
    expect(ours.chain.head().number, 'and does not go back').toBe(20n)
    expect(ours.service.sync!.progress()).toBeUndefined()
  })

  test('a branch that is known whole becomes the chain without asking anybody', async () => {
    const branch = await testBlocks({ count: 3, transactions: 0, parent: blocks[9]!, extra: 'branch' })
    const ours = await follower({ blocks: blocks.slice(0, 20) })
    await ours.chain.putBlocks(branch)
    expect((await ours.sync(branch[2]!)).type).toBe('synced')
    expect(ours.chain.head().hash).toEqual(branch[2]!.hash)
  })

  test.each([1, 10, 64])('a reorg of depth %i is followed', async (depth) => {
    const parent = blocks[99 - depth]!
    const branch = await testBlocks({ count: depth + 1, transactions: 0, parent, extra: 'branch' })
    const ours = await follower({ blocks: blocks.slice(0, 100) })
    connect(ours.node, server({ chain: await memoryChain({ blocks: [...blocks.slice(0, 100 - depth), ...branch] }) }))
    const heads: bigint[] = []
    ours.chain.addEventListener('head', ({ head }) => heads.push(head.number))
    expect((await ours.sync(branch.at(-1)!)).type).toBe('synced')
    expect(ours.chain.head()).toMatchObject({ hash: branch.at(-1)!.hash, number: 101n })
    expect(Math.min(...heads.map(Number)), 'the head does not go back on the way').toBeGreaterThanOrEqual(100)
    // And back again.
    connect(ours.node, server({ chain: await memoryChain({ blocks: blocks.slice(0, 102) }) }))
    expect((await ours.sync(blocks[101]!)).type).toBe('synced')
    expect(ours.chain.head().hash).toEqual(blocks[101]!.hash)
  })

  test('a shorter branch is followed where the target says so', async () => {
    const branch = await testBlocks({ count: 5, transactions: 0, parent: blocks[9]!, extra: 'branch' })
    const ours = await follower({ blocks: blocks.slice(0, 100) })
    connect(ours.node, server({ chain: await memoryChain({ blocks: [...blocks.slice(0, 10), ...branch] }) }))
    expect((await ours.sync(branch[4]!)).type).toBe('synced')
    expect(ours.chain.head().number).toBe(15n)
  })
})

describe('while it syncs', () => {
  test('a newer target extends the way: no header is fetched twice', async () => {
    const ours = await follower()
    const source = counted()
    connect(ours.node, server({ chain, lies: source.lies }))
    void ours.sync(blocks[1999]!, { header: blocks[1999]!.header })
    await until(() => source.asked.headers! > 600, 'some headers are asked for')
    const synced = ours.sync(head(), { header: head().header })
    expect((await synced).type).toBe('synced')
    expect(ours.chain.head().number).toBe(2500n)
    expect(source.asked.headers).toBeLessThanOrEqual(2500 + 1)
  })

  test('targets that follow each other, block by block, end at the last', async () => {
    const ours = await follower()
    connect(ours.node, server({ chain }))
    for (const block of blocks.slice(1500, 1600)) {
      ours.service.sync!.setTarget({ hash: block.hash, header: block.header, source: 'engine' })
      await turns(3)
    }
    expect((await ours.sync(blocks[1600]!, { header: blocks[1600]!.header })).type).toBe('synced')
    expect(ours.chain.head().number).toBe(1601n)
  })

  test('a target on another branch leaves what is not on the way to it', async () => {
    const branch = await testBlocks({ count: 700, transactions: 0, parent: blocks[1799]!, extra: 'branch' })
    const other = await memoryChain({ blocks: [...blocks.slice(0, 1800), ...branch] })
    const ours = await follower()
    connect(ours.node, server({ chain }))
    connect(ours.node, server({ chain: other }))
    void ours.sync(head())
    await until(() => ours.chain.head().number > 500n, 'some blocks are there')
    expect((await ours.sync(branch.at(-1)!)).type).toBe('synced')
    expect(ours.chain.head().hash).toEqual(branch.at(-1)!.hash)
  })

  test('a restart goes on where it stopped', async () => {
    const store = memoryStore()
    const kept = await memoryChain()
    const first = await follower({ store, chain: kept })
    const source = counted()
    connect(first.node, server({ chain, lies: source.lies }))
    void first.sync(head())
    await until(() => kept.head().number > 300n, 'some blocks are there')
    await first.stop()
    const had = kept.head().number
    expect(had).toBeLessThan(2500n)

    const second = await follower({ store, chain: kept })
    const later = counted()
    connect(second.node, server({ chain, lies: later.lies }))
    expect((await second.sync(head())).type).toBe('synced')
    expect(later.asked.headers, 'only the target is asked for').toBe(1)
    expect(later.asked.bodies).toBeLessThanOrEqual(2500 - Number(had))
  })

  test('a restart in the middle of the headers keeps those that are there', async () => {
    const store = memoryStore()
    const first = await follower({ store })
    const source = counted()
    let answers = 0
    const slow = (honest: EthServing): Partial<EthServing> => ({
      // Then it falls silent.
      blockHeaders: (query) => (answers++ < 3 ? honest.blockHeaders(query) : new Promise<never>(() => undefined)),
    })
    connect(first.node, server({ chain, lies: slow }))
    void first.sync(head(), { header: head().header })
    await until(() => (first.service.sync!.progress()?.headers ?? 0n) > 1000n, 'headers are there')
    const { headers } = first.service.sync!.progress()!
    await first.stop()

    const second = await follower({ store })
    connect(second.node, server({ chain, lies: source.lies }))
    expect((await second.sync(head(), { header: head().header })).type).toBe('synced')
    expect(source.asked.headers).toBe(2500 - Number(headers))
  })
})

test('what waits for the importer is bounded in bytes, however large the blocks and however fast they come', async () => {
  const spec = testSpec({ fork: 'cancun' })
  const data = new Uint8Array(64 * 1024)
  const large = (number: bigint) => [testTransaction({ nonce: number - 1n, data, gasLimit: 5_000_000n })]
  const heavy = await testBlocks({ count: 120, spec, transactions: large })
  const source = await memoryChain({ spec, blocks: heavy })
  const ours = await memoryChain({ spec })
  const released = deferred<void>()
  const importer = new BlockImporter({ chain: ours })
  const importBlocks = importer.importBlocks.bind(importer)
  importer.importBlocks = async (...args) => {
    await released.promise
    await importBlocks(...args)
  }
  const maxWaitingBytes = 5 * 1024 * 1024
  const node = await follower({ chain: ours, importer, maxWaitingBytes })
  for (let i = 0; i < 4; i++) connect(node.node, server({ chain: source }))
  const synced = node.sync(heavy.at(-1)!)
  const { sync } = node.service
  if (!(sync instanceof SkeletonSync)) throw new Error('it is another one')
  await until(() => sync.waitingBytes > maxWaitingBytes / 3, 'it fetches ahead')
  await turns(500)
  expect(sync.waitingBytes).toBeLessThanOrEqual(maxWaitingBytes)
  released.resolve()
  expect((await synced).type).toBe('synced')
  expect(sync.waitingBytes).toBe(0)
})
