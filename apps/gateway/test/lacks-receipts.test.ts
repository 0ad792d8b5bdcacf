import { memoryChain, testBlocks } from '@ethspan/chain/testing'
import { expect, test } from 'vitest'
import { lacksReceipts } from '../src/chain/lacks-receipts.js'

type Blocks = Awaited<ReturnType<typeof testBlocks>>

/** A chain of these blocks as a file has them. */
async function imported(blocks: Blocks) {
  const chain = await memoryChain()
  await chain.putBlocks(blocks.map(({ hash, header, body }) => ({ hash, header, body })))
  await chain.setHead(blocks.at(-1)!.hash)
  return chain
}

test('is so of blocks that were imported and not executed', async () => {
  expect(await lacksReceipts(await imported(await testBlocks({ count: 3 })))).toBe(true)
})

test('is so also where the newest of them have no transactions', async () => {
  const blocks = await testBlocks({ count: 2 })
  const empty = await testBlocks({ count: 3, parent: blocks[1]!, transactions: 0 })
  expect(await lacksReceipts(await imported([...blocks, ...empty]))).toBe(true)
})

test('is not so of blocks with their receipts, of empty ones, nor of the genesis block', async () => {
  expect(await lacksReceipts(await memoryChain({ blocks: await testBlocks({ count: 3 }) }))).toBe(false)
  expect(await lacksReceipts(await imported(await testBlocks({ count: 3, transactions: 0 })))).toBe(false)
  expect(await lacksReceipts(await memoryChain())).toBe(false)
})
