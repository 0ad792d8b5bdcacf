import { testBlocks, testSpec } from '@ethspan/chain/testing'
import { describe, expect, test } from 'vitest'
import { clientOf, FakeSync, failureOf, hexOf, readerOf, startApi } from '../support.js'

describe('a tag stands for', () => {
  test('the head and the first block', async () => {
    const { client, blocks } = await startApi()
    const hash = async (tag: string) =>
      (await client.request<{ hash: string }>('eth_getBlockByNumber', [tag, false])).hash
    expect(await hash('latest')).toBe(hexOf(blocks[4]!.hash))
    expect(await hash('earliest')).toBe(await hash('0x0'))
  })

  test('nothing until the consensus client says so, and then what it said', async () => {
    const { client, chain, blocks } = await startApi()
    const get = (tag: string) => client.request<{ hash: string }>('eth_getBlockByNumber', [tag, false])
    for (const tag of ['safe', 'finalized']) {
      expect(await failureOf(get(tag))).toEqual({ code: -32000, message: `${tag} block not found` })
      expect(await client.request('eth_getHeaderByNumber', [tag])).toBe(null)
    }
    await chain.setFinality({ safe: blocks[3]!.hash, finalized: blocks[1]!.hash })
    expect(await get('safe')).toMatchObject({ hash: hexOf(blocks[3]!.hash) })
    expect(await get('finalized')).toMatchObject({ hash: hexOf(blocks[1]!.hash) })
  })

  test('no pending block, as none is built', async () => {
    const { client } = await startApi()
    const failure = { code: -32000, message: 'pending block is not available' }
    expect(await failureOf(client.request('eth_getBlockByNumber', ['pending', false]))).toEqual(failure)
    expect(await client.request('eth_getHeaderByNumber', ['pending'])).toBe(null)
  })
})

test('a block that is not there is null', async () => {
  const { client } = await startApi()
  const unknown = `0x${'12'.repeat(32)}`
  for (const [method, ...params] of [
    ['eth_getBlockByNumber', '0x6', true],
    ['eth_getBlockByHash', unknown, true],
    ['eth_getHeaderByNumber', '0x6'],
    ['eth_getHeaderByHash', unknown],
    ['eth_getBlockTransactionCountByNumber', '0x6'],
    ['eth_getBlockTransactionCountByHash', unknown],
    ['eth_getUncleByBlockNumberAndIndex', '0x1', '0x0'],
  ] as const) {
    expect(await client.request(method, params), method).toBe(null)
  }
})

test('a block whose body was given away is pruned history; what is kept is told', async () => {
  const { chain, blocks, client } = await startApi({ blocks: { count: 8 } })
  await chain.rebase(blocks[5]!)
  await chain.putBlocks(blocks.slice(6))
  await chain.setHead(blocks[7]!.hash)
  const pruned = { code: 4444, message: 'pruned history unavailable' }
  expect(await failureOf(client.request('eth_getBlockByNumber', ['0x3', false]))).toEqual(pruned)
  expect(await failureOf(client.request('eth_getBlockReceipts', ['0x3']))).toEqual(pruned)
  expect(await client.request('eth_getBlockByNumber', ['earliest', false])).toMatchObject({ number: '0x6' })
})

test('what is called finalized may be given away by now', async () => {
  const { chain, blocks, client } = await startApi({ blocks: { count: 8 } })
  const finalized = readerOf(chain, { finalized: () => ({ ...chain.head(), ...blocks[2]!, number: 3n }) })
  await chain.rebase(blocks[5]!)
  const pruned = { code: 4444, message: 'pruned history unavailable' }
  const api = clientOf({ chain: finalized })
  expect(await failureOf(api.request('eth_getBlockByNumber', ['finalized', false]))).toEqual(pruned)
  expect(await client.request('eth_accounts')).toEqual([])
})

test('a block off the canonical chain is told by its hash, unless it has to be canonical', async () => {
  const { chain, client } = await startApi()
  const [side] = await testBlocks({ count: 1, extra: 'side', spec: testSpec() })
  await chain.putBlocks([side!])
  const blockHash = hexOf(side!.hash)
  expect(await client.request('eth_getBlockByHash', [blockHash, false])).toMatchObject({ number: '0x1' })
  expect(await client.request('eth_getBlockReceipts', [{ blockHash }])).toHaveLength(2)
  const call = client.request('eth_getBlockReceipts', [{ blockHash, requireCanonical: true }])
  expect(await failureOf(call)).toEqual({ code: -32000, message: 'hash is not currently canonical' })
})

test('the chain id is the config’s, the number the head’s', async () => {
  const { client } = await startApi()
  expect(await client.request('eth_chainId')).toBe('0x539')
  expect(await client.request('eth_blockNumber')).toBe('0x5')
  expect(await failureOf(client.request('eth_blockNumber', [1]))).toMatchObject({ code: -32602 })
})

test('syncing is told in geth’s fields, and false when there is nothing to fetch', async () => {
  const { chain } = await startApi()
  const sync = new FakeSync()
  const client = clientOf({ chain, sync })
  expect(await client.request('eth_syncing')).toBe(false)
  sync.current = { startingBlock: 1n, currentBlock: 5n, highestBlock: 600n, stage: 'blocks', headers: 595n }
  const told = await client.request<Record<string, string>>('eth_syncing')
  expect(told).toMatchObject({
    startingBlock: '0x1',
    currentBlock: '0x5',
    highestBlock: '0x258',
    healedTrienodes: '0x0',
  })
  expect(Object.keys(told)).toHaveLength(22)
  sync.current = { ...sync.current, highestBlock: undefined }
  expect(await client.request('eth_syncing')).toMatchObject({ highestBlock: '0x5' })
})
