import { memoryChain, testBlocks } from '@ethspan/chain/testing'
import { expect, test } from 'vitest'
import { connect, follower, server } from '../net.js'

test('a node follows its target from the genesis block over a thousand blocks', async () => {
  const blocks = await testBlocks({ count: 1000, transactions: 1 })
  const source = server({ chain: await memoryChain({ blocks }) })
  const ours = await follower()
  connect(ours.node, source)
  const event = await ours.sync(blocks.at(-1)!)
  expect(event.type).toBe('synced')
  expect(ours.chain.head().hash).toEqual(blocks.at(-1)!.hash)
  expect(await ours.chain.receipts(blocks[500]!.hash)).toEqual(blocks[500]!.receipts)
})
