// What a tab does: blocks verified and kept in IndexedDB, the newest of them.
import { browserStore } from '@ethspan/node/browser-store'
import { expect, onTestFinished, test } from 'vitest'
import { BlockImporter, openChain } from '../../src/index.js'
import { testBlocks, testSpec } from '../../src/testing/index.js'

test('a page verifies blocks, keeps the newest, and has them when it is opened again', async () => {
  const name = `ethspan-import-${Math.random().toString(36).slice(2)}`
  onTestFinished(() => void indexedDB.deleteDatabase(name))
  const spec = testSpec({ fork: 'amsterdam' })
  const blocks = await testBlocks({ spec, count: 40, transactions: 4 })
  // The chain's part of a node's store.
  const open = async () => {
    const root = browserStore(name)
    await root.open()
    const store = root.sublevel<string, Uint8Array>('chain', { valueEncoding: 'view' })
    const chain = await openChain({ store, spec, keep: 16 })
    return { chain, close: () => chain.close().then(() => root.close()) }
  }
  const { chain, close } = await open()
  await new BlockImporter({ chain }).importBlocks(blocks)
  await chain.setHead(blocks.at(-1)!.hash)
  await close()

  const { chain: again, close: closeAgain } = await open()
  expect([again.head().number, again.earliest()]).toEqual([40n, 25n])
  expect((await again.receipts(blocks[30]!.hash))?.length).toBe(4)
  expect((await again.accessList(blocks[30]!.hash)) !== undefined).toBe(true)
  await closeAgain()
})
