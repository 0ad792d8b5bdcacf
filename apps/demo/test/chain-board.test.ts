import type { SyncProgress } from '@ethspan/chain'
import { memoryChain, testBlocks } from '@ethspan/chain/testing'
import { SimClock, settle } from '@ethspan/core/testing'
import { expect, onTestFinished, test } from 'vitest'
import { ChainBoard } from '../src/client/chain/chain-board.js'
import { type ChainView, MAX_BLOCKS_SHOWN } from '../src/client/chain-view.js'
import type { NodeEvent } from '../src/client/client.js'

async function setUp(count = 0) {
  const blocks = await testBlocks({ count })
  const chain = await memoryChain({ blocks })
  const clock = new SimClock()
  const events: NodeEvent[] = []
  const lines: string[] = []
  const failures: unknown[] = []
  let progress: SyncProgress | undefined
  const board = new ChainBoard({
    name: 'test chain',
    chain,
    sync: () => ({ progress: () => progress }),
    emit: (event) => events.push(event),
    log: (_, text) => lines.push(text),
  })
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  board.start(stop.signal, clock, (error) => failures.push(error))
  const pictures = () => events.flatMap((event) => (event.type === 'chain' ? [event.chain as ChainView] : []))
  const extend = async (more: Awaited<ReturnType<typeof testBlocks>>) => {
    await chain.putBlocks(more)
    await chain.setHead(more.at(-1)!.hash)
  }
  const sync = (next: SyncProgress | undefined) => {
    progress = next
  }
  return { blocks, chain, clock, pictures, lines, failures, stop, extend, sync }
}

const newest = (view: ChainView | undefined) => view?.blocks.map(({ number }) => number)

test('shows the newest blocks, each with what was checked in it', async () => {
  const { pictures, blocks, lines, failures } = await setUp(12)
  await expect.poll(() => newest(pictures().at(-1))).toEqual([12, 11, 10, 9, 8, 7, 6, 5])
  const view = pictures().at(-1)!
  expect(view).toMatchObject({ name: 'test chain', networkId: '1337', head: 12, earliest: 0 })
  expect(view.blocks).toHaveLength(MAX_BLOCKS_SHOWN)
  expect(view.blocks[0]).toMatchObject({
    transactions: 2,
    gasUsed: Number(blocks[11]!.header.gasUsed),
    time: Number(blocks[11]!.header.time),
    checks: ['header', 'transactions', 'withdrawals', 'receipts'],
  })
  expect(view).not.toHaveProperty('sync')
  expect([lines, failures]).toEqual([['Following the test chain, network 1337.'], []])
})

test('says nothing of receipts that nobody sent', async () => {
  const { pictures, chain, clock } = await setUp()
  const [made] = await testBlocks({ count: 1 })
  const { hash, header, body } = made!
  await chain.putBlocks([{ hash, header, body }])
  await chain.setHead(hash)
  await clock.advance(250)
  await expect.poll(() => pictures().at(-1)?.blocks[0]?.checks).toEqual(['header', 'transactions', 'withdrawals'])
})

test('draws many blocks together, and tells when each arrived', async () => {
  const { pictures, clock, extend } = await setUp()
  await expect.poll(() => pictures().length).toBe(1)
  const blocks = await testBlocks({ count: 5 })
  const at = clock.wallTime()
  for (const [i, block] of blocks.entries()) if (i < 4) await extend([block])
  await clock.advance(250)
  await expect.poll(() => newest(pictures().at(-1))).toEqual([4, 3, 2, 1])
  expect(pictures()).toHaveLength(2)
  expect(
    pictures()
      .at(-1)
      ?.blocks.map(({ arrivedAt }) => arrivedAt),
  ).toEqual([at, at, at, at])
})

test('tells of a reorg, and shows the chain as it is then', async () => {
  const { pictures, clock, extend, lines } = await setUp(2)
  const other = await testBlocks({ count: 3, extra: 'other' })
  await extend(other)
  await clock.advance(250)
  await expect.poll(() => newest(pictures().at(-1))).toEqual([3, 2, 1])
  expect(lines.at(-1)).toBe(
    '2 blocks were replaced, the first one too: the chain began anew, and leads to block 3 now.',
  )
})

test('says of a reorg that left the first block where it was no more than how long it was', async () => {
  const { blocks, extend, lines } = await setUp(2)
  const other = await testBlocks({ parent: blocks[0]!, count: 2, extra: 'other' })
  await extend(other)
  expect(lines.at(-1)).toBe('One block was replaced: the chain now leads to block 3.')
})

test('shows how far a sync is, also between heads, and that it is over', async () => {
  const { pictures, clock, sync } = await setUp()
  sync({ startingBlock: 0n, currentBlock: 3n, highestBlock: 600n, stage: 'blocks', headers: 600n })
  await clock.advance(1_000)
  await expect.poll(() => pictures().at(-1)?.sync).toEqual({ stage: 'blocks', current: 3, highest: 600 })
  sync(undefined)
  await clock.advance(500)
  await expect.poll(() => pictures().at(-1)).not.toHaveProperty('sync')
  const drawn = pictures().length
  await clock.advance(5_000)
  await settle()
  expect(pictures()).toHaveLength(drawn)
})

test('shows what none of the peers has', async () => {
  const { pictures, clock, sync } = await setUp()
  const waitingFor = 'a peer that has the receipts of block 4'
  sync({ startingBlock: 0n, currentBlock: 3n, highestBlock: 9n, stage: 'blocks', headers: 6n, waitingFor })
  await clock.advance(1_000)
  await expect.poll(() => pictures().at(-1)?.sync).toMatchObject({ current: 3, waitingFor })
})

test('shows no sync that is over within a moment, as that of each new block is', async () => {
  const { pictures, clock, sync, extend } = await setUp()
  const blocks = await testBlocks({ count: 3 })
  for (const [i, block] of blocks.entries()) {
    const number = BigInt(i)
    sync({ startingBlock: number, currentBlock: number, highestBlock: number + 1n, stage: 'blocks', headers: 0n })
    await extend([block])
    await clock.advance(500)
    await expect.poll(() => pictures().at(-1)?.head).toBe(i + 1)
    sync(undefined)
    await clock.advance(500)
  }
  expect(pictures().filter((view) => 'sync' in view)).toEqual([])
})

test('shows nothing more and leaves no timer once the signal has fired', async () => {
  const { clock, stop, extend, pictures } = await setUp()
  await expect.poll(() => pictures().length).toBe(1)
  stop.abort()
  await extend(await testBlocks({ count: 1 }))
  await clock.advance(1_000)
  expect(pictures()).toHaveLength(1)
  expect(clock.pendingTimers).toBe(0)
})
