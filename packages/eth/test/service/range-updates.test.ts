import type { Chain } from '@ethspan/chain'
import { memoryChain, type TestBlock, testBlocks } from '@ethspan/chain/testing'
import { deferred } from '@ethspan/core'
import { settle } from '@ethspan/core/testing'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import type { BlockRange, EthPeer } from '../../src/index.js'
import { RangeUpdates } from '../../src/service/range-updates.js'

let blocks: TestBlock[]
let branch: TestBlock[]
beforeAll(async () => {
  blocks = await testBlocks({ count: 80, transactions: 0 })
  branch = await testBlocks({ count: 5, transactions: 0, parent: blocks[9]!, extra: 'branch' })
})

async function start(chain: Chain, send: (range: BlockRange) => Promise<void> = () => Promise.resolve()) {
  const told: BlockRange[] = []
  // Only this is used of a peer here.
  const peer = {
    sendBlockRange: (range: BlockRange) => {
      told.push(range)
      return send(range)
    },
  } as unknown as EthPeer
  const updates = new RangeUpdates({ chain, peers: () => [peer] })
  const quit = new AbortController()
  onTestFinished(() => quit.abort())
  updates.start(quit.signal)
  const latest = () => told.map((range) => Number(range.latest))
  return { told, latest }
}

async function advance(chain: Chain, some: readonly TestBlock[]) {
  for (const block of some) {
    await chain.putBlocks([block])
    await chain.setHead(block.hash)
    await settle()
  }
}

test('peers are told the range every 32 blocks', async () => {
  const chain = await memoryChain()
  const { told, latest } = await start(chain)
  await advance(chain, blocks)
  expect(latest()).toEqual([32, 64])
  expect(told[0]).toEqual({ earliest: 0n, latest: 32n, latestHash: blocks[31]!.hash })
})

test('peers are told at once when the head went back', async () => {
  const chain = await memoryChain({ blocks: blocks.slice(0, 20) })
  const { told } = await start(chain)
  await advance(chain, branch.slice(0, 2))
  expect(told).toEqual([{ earliest: 0n, latest: 11n, latestHash: branch[0]!.hash }])
})

test('peers are told when the first block is another one', async () => {
  const chain = await memoryChain({ keep: 1024 })
  const { told } = await start(chain)
  await chain.rebase(blocks[49]!)
  await settle()
  expect(told.at(-1)).toEqual({ earliest: 50n, latest: 50n, latestHash: blocks[49]!.hash })
})

test('a peer that is slow to read is told the newest range only', async () => {
  const chain = await memoryChain()
  const slow = deferred<void>()
  const { latest } = await start(chain, () => slow.promise)
  await advance(chain, blocks.slice(0, 40))
  await chain.rebase(blocks[59]!)
  await advance(chain, blocks.slice(60, 70))
  expect(latest()).toEqual([32])
  slow.resolve()
  await settle()
  expect(latest()).toEqual([32, 60])
})

test('a peer that is gone harms nobody', async () => {
  const chain = await memoryChain()
  const { latest } = await start(chain, () => Promise.reject(new Error('gone')))
  await advance(chain, blocks)
  expect(latest()).toEqual([32, 64])
})
