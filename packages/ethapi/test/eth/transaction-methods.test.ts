import { type TestTransactionOptions, testAddress, testBlocks, testSpec, testTransaction } from '@ethspan/chain/testing'
import { type Address, getContractAddress } from 'viem'
import { describe, expect, test } from 'vitest'
import { clientOf, FakePool, failureOf, hexOf, listener, readerOf, startApi } from '../support.js'

const UNKNOWN = `0x${'12'.repeat(32)}`

test('a transaction is told by its hash, mined or waiting, and null where it is neither', async () => {
  const pool = new FakePool()
  const { client, blocks } = await startApi({ pool })
  const block = await client.request<{ transactions: readonly string[] }>('eth_getBlockByNumber', ['0x2', false])
  const mined = { blockHash: hexOf(blocks[1]!.hash), transactionIndex: '0x1' }
  expect(await client.request('eth_getTransactionByHash', [block.transactions[1]])).toMatchObject(mined)
  const pooled = pool.pool(testTransaction({ nonce: 9n }))
  const waiting = { blockHash: null, nonce: '0x9' }
  expect(await client.request('eth_getTransactionByHash', [hexOf(pooled.hash)])).toMatchObject(waiting)
  expect(await client.request('eth_getRawTransactionByHash', [hexOf(pooled.hash)])).toBe(hexOf(pooled.bytes))
  expect(await client.request('eth_getTransactionByHash', [UNKNOWN])).toBe(null)
  expect(await client.request('eth_getTransactionReceipt', [hexOf(pooled.hash)])).toBe(null)
})

test('a transaction that is mined while it is looked for is found', async () => {
  const { chain } = await startApi()
  const pool = new FakePool()
  const pooled = pool.pool(testTransaction({ nonce: 9n }))
  let isMined = false
  pool.get = () => (isMined ? undefined : pooled)
  const mining = readerOf(chain, {
    transactionPlace: async () => {
      isMined = true
      return undefined
    },
  })
  const client = clientOf({ chain: mining, pool })
  for (const method of ['eth_getTransactionByHash', 'eth_getRawTransactionByHash', 'debug_getRawTransaction']) {
    isMined = false
    const found = await client.request(method, [hexOf(pooled.hash)])
    if (method !== 'eth_getTransactionByHash') expect(found, method).toBe(hexOf(pooled.bytes))
    else expect(found).toMatchObject({ nonce: '0x9' })
  }
})

test('a receipt has the gas of its transaction alone, and its logs are counted through the block', async () => {
  const { client, blocks } = await startApi({ blocks: { count: 1, transactions: 6 } })
  const receipts = await client.request<Record<string, unknown>[]>('eth_getBlockReceipts', ['0x1'])
  expect(receipts.map(({ gasUsed }) => gasUsed)).toEqual(Array(6).fill('0x7530'))
  expect(receipts.at(-1)).toMatchObject({ cumulativeGasUsed: '0x2bf20', status: '0x1', contractAddress: null })
  const logs = receipts.flatMap((it) => it.logs as { logIndex: string; transactionIndex: string; removed: boolean }[])
  expect(logs.map(({ logIndex }) => Number(logIndex))).toEqual(logs.map((_, i) => i))
  expect(logs.length).toBeGreaterThan(2)
  for (const receipt of receipts) {
    expect(await client.request('eth_getTransactionReceipt', [receipt.transactionHash])).toEqual(receipt)
    expect(receipt.blockHash).toBe(hexOf(blocks[0]!.hash))
  }
})

test('the receipt of one with blobs says what they cost, and of one that creates a contract where that is', async () => {
  const spec = testSpec()
  const made: TestTransactionOptions[] = [
    { type: 3, nonce: 0n },
    { nonce: 1n, to: null },
  ]
  const blocks = await testBlocks({ count: 1, spec, transactions: () => made.map(testTransaction) })
  const { chain } = await startApi({ blocks: { count: 0, spec } })
  await chain.putBlocks(blocks)
  await chain.setHead(blocks[0]!.hash)
  const [blob, creation] = await clientOf({ chain }).request<object[]>('eth_getBlockReceipts', ['latest'])
  expect(blob).toMatchObject({ type: '0x3', blobGasUsed: '0x20000', blobGasPrice: '0x1' })
  expect(creation).not.toHaveProperty('blobGasUsed')
  const created = getContractAddress({ from: hexOf(testAddress(0)) as Address, nonce: 1n }).toLowerCase()
  expect(creation).toMatchObject({ from: hexOf(testAddress(0)), to: null, contractAddress: created })
})

test('a block without transactions has no receipts, told or not', async () => {
  const { chain } = await startApi({ blocks: { count: 0 } })
  const [block] = await testBlocks({ count: 1, transactions: 0 })
  const { receipts: _, ...without } = block!
  await chain.putBlocks([without])
  await chain.setHead(block!.hash)
  expect(await clientOf({ chain }).request('eth_getBlockReceipts', ['latest'])).toEqual([])
})

test('receipts that are not there are an error, not an empty list', async () => {
  const { chain } = await startApi({ blocks: { count: 0 } })
  const [block] = await testBlocks({ count: 1 })
  const { receipts: _, ...without } = block!
  await chain.putBlocks([without])
  await chain.setHead(block!.hash)
  const failure = { code: -32000, message: 'receipts of block 1 are not available' }
  expect(await failureOf(clientOf({ chain }).request('eth_getBlockReceipts', ['latest']))).toEqual(failure)
})

describe('sending', () => {
  const raw = (options: Partial<TestTransactionOptions> = {}) => hexOf(testTransaction({ nonce: 0n, ...options }).bytes)

  test('gives the hash, and says to the pool that it is of a local user', async () => {
    const [pool, log] = [new FakePool(), listener()]
    const { client } = await startApi({ pool, log })
    const hash = await client.request('eth_sendRawTransaction', [raw()])
    expect(hash).toBe(hexOf([...pool.pending().values()][0]![0]!.hash))
    expect(pool.asked).toEqual([{ local: true }])
    expect(log.lines).toEqual(['Submitted transaction'])
  })

  test('what the pool refuses is said in its words', async () => {
    const pool = new FakePool()
    pool.refusal = { refused: 'nonce', message: 'nonce too low: next nonce 5, tx nonce 0' }
    const { client } = await startApi({ pool })
    const failure = { code: -32000, message: 'nonce too low: next nonce 5, tx nonce 0' }
    expect(await failureOf(client.request('eth_sendRawTransaction', [raw()]))).toEqual(failure)
  })

  test('more than an ether of fees is refused, unless there is no cap', async () => {
    const options = { gasLimit: 2_000_000n, maxFeePerGas: 1_000_000_000_000n }
    const { client, chain } = await startApi({ pool: new FakePool() })
    const message = 'tx fee (2.00 ether) exceeds the configured cap (1.00 ether)'
    expect(await failureOf(client.request('eth_sendRawTransaction', [raw(options)]))).toEqual({ code: -32000, message })
    const free = clientOf({ chain, pool: new FakePool(), limits: { txFeeCap: 0n } })
    expect(await free.request('eth_sendRawTransaction', [raw(options)])).toMatch(/^0x/)
  })

  test.each([
    ['nothing', '0x', 'typed transaction too short'],
    ['a type alone', '0x02', 'typed transaction too short'],
    ['an unknown type', '0x05c0', 'transaction type not supported'],
    ['type 0 written out', '0x00c0', 'transaction type not supported'],
    ['one for another chain', raw({ chainId: 1n }), 'it is for chain 1, not 1337'],
    // Legacy, signed without a chain's id: v 27.
    [
      'one that any chain would take',
      '0xf85f800182520894bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb01801ba0b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1b1a01111111111111111111111111111111111111111111111111111111111111111',
      'only replay-protected (EIP-155) transactions allowed over RPC',
    ],
  ])('%s is refused', async (_, sent, message) => {
    const { client } = await startApi({ pool: new FakePool() })
    expect(await failureOf(client.request('eth_sendRawTransaction', [sent]))).toMatchObject({ code: -32000, message })
  })

  test('without a pool it can’t be', async () => {
    const { client } = await startApi()
    const message = 'transactions are not taken: the node has no pool'
    expect(await failureOf(client.request('eth_sendRawTransaction', [raw()]))).toEqual({ code: -32000, message })
  })
})
