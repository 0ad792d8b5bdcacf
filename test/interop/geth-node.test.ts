// The geths that the other tests start: what they offer is there.
import { expect, test } from 'vitest'
import { readHeadForkchoice, startGeth, TEST_CHAIN_BLOCKS, testChainFolder } from './geth-node.js'

test('a geth with an empty data directory syncs the chain of another once it is told the head', async () => {
  const folder = await testChainFolder()
  const full = await startGeth(folder, { http: true })
  const empty = await startGeth(folder, { empty: true, http: true, ipc: true })
  expect(await full.rpc('eth_blockNumber')).toBe(`0x${TEST_CHAIN_BLOCKS.toString(16)}`)
  expect(await empty.rpc('eth_blockNumber')).toBe('0x0')
  expect(await empty.rpc('admin_addPeer', full.enode)).toBe(true)
  // It asks the peers that it has at the call, once.
  await empty.logged(/Ethereum peer connected/)
  expect(await empty.engine('engine_forkchoiceUpdatedV4', ...(await readHeadForkchoice(folder)))).toMatchObject({
    payloadStatus: { status: 'SYNCING' },
  })
  await expect.poll(() => empty.rpc('eth_blockNumber'), { timeout: 20_000 }).toBe('0x258')
})
