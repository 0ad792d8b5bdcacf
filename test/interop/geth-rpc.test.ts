// The namespace eth against geth's: the same questions about the same chain have the same answers, field by field.
import { expect, test, vi } from 'vitest'
import { TEST_CHAIN_BLOCKS } from './geth-node.js'
import { type Answer, type Request, type RpcPair, startPair } from './rpc-pair.js'

// Thousands of questions each, to nodes that share the machine.
vi.setConfig({ testTimeout: 240_000 })

const NUMBERS = Array.from({ length: TEST_CHAIN_BLOCKS + 1 }, (_, i) => `0x${i.toString(16)}`)
const LAST = NUMBERS.at(-1)!
const FUTURE = `0x${(TEST_CHAIN_BLOCKS + 1).toString(16)}`
const UNKNOWN = `0x${'12'.repeat(32)}`
const TAGS = ['latest', 'earliest', 'safe', 'finalized']

/** Fields that geth told. */
interface ToldBlock {
  readonly hash: string
  readonly number: string
  readonly transactions: readonly string[]
}
interface ToldLog {
  readonly address: string
  readonly topics: readonly string[]
  readonly blockHash: string
}

const told = <T>(answers: readonly Answer[]): T[] => answers.map(({ result }) => result as T)

const allBlocks = async (pair: RpcPair): Promise<ToldBlock[]> =>
  told(await pair.alike(NUMBERS.map((number): Request => ['eth_getBlockByNumber', number, false])))

test('every block, by number and by hash, with its transactions and without', async () => {
  const pair = await startPair()
  const blocks = await allBlocks(pair)
  await pair.alike(NUMBERS.map((number) => ['eth_getBlockByNumber', number, true]))
  await pair.alike(blocks.map(({ hash }) => ['eth_getBlockByHash', hash, true]))
  await pair.alike(NUMBERS.map((number) => ['eth_getHeaderByNumber', number]))
  await pair.alike(blocks.map(({ hash }) => ['eth_getHeaderByHash', hash]))
  await pair.alike(NUMBERS.map((number) => ['eth_getBlockTransactionCountByNumber', number]))
  await pair.alike(blocks.map(({ hash }) => ['eth_getBlockTransactionCountByHash', hash]))
  await pair.alike(NUMBERS.map((number) => ['eth_getUncleCountByBlockNumber', number]))
  await pair.alike(blocks.map(({ hash }) => ['eth_getUncleCountByBlockHash', hash]))
})

test('every transaction and every receipt, by hash and by place', async () => {
  const pair = await startPair()
  const blocks = await allBlocks(pair)
  const hashes = blocks.flatMap(({ transactions }) => transactions)
  expect(hashes.length).toBeGreaterThan(600)
  for (const method of ['eth_getTransactionByHash', 'eth_getRawTransactionByHash', 'eth_getTransactionReceipt']) {
    await pair.alike(hashes.map((hash) => [method, hash]))
  }
  await pair.alike(NUMBERS.map((number) => ['eth_getBlockReceipts', number]))
  await pair.alike(blocks.map(({ hash }) => ['eth_getBlockReceipts', { blockHash: hash, requireCanonical: true }]))
  // One more than there are, to see what is said of it.
  const places = blocks.flatMap(({ hash, number, transactions }) => {
    return [...transactions, 'none'].map((_, i) => ({ hash, number, index: `0x${i.toString(16)}` }))
  })
  await pair.alike(places.map(({ number, index }) => ['eth_getTransactionByBlockNumberAndIndex', number, index]))
  await pair.alike(places.map(({ hash, index }) => ['eth_getTransactionByBlockHashAndIndex', hash, index]))
  await pair.alike(places.map(({ number, index }) => ['eth_getRawTransactionByBlockNumberAndIndex', number, index]))
  await pair.alike(places.map(({ hash, index }) => ['eth_getRawTransactionByBlockHashAndIndex', hash, index]))
})

test('logs, by range, by block, by address and by topics', async () => {
  const pair = await startPair({ limits: { logs: 1_000_000 } })
  const blocks = await allBlocks(pair)
  const [everything] = told<ToldLog[]>(await pair.alike([['eth_getLogs', { fromBlock: '0x0', toBlock: 'latest' }]]))
  expect(everything!.length).toBeGreaterThan(300)
  await pair.alike(blocks.map(({ hash }) => ['eth_getLogs', { blockHash: hash }]))
  const some = everything!.filter((_, i) => i % Math.ceil(everything!.length / 40) === 0)
  const range = { fromBlock: 'earliest', toBlock: LAST }
  await pair.alike(some.map(({ address }) => ['eth_getLogs', { ...range, address }]))
  await pair.alike(some.map(({ address, topics }) => ['eth_getLogs', { ...range, address: [address], topics }]))
  await pair.alike(some.map(({ topics: [first] }) => ['eth_getLogs', { ...range, topics: [first ?? null] }]))
  await pair.alike(some.map(({ topics }) => ['eth_getLogs', { ...range, topics: topics.map(() => null) }]))
  const firsts = some.flatMap(({ topics }) => topics.slice(0, 1))
  await pair.alike([
    ['eth_getLogs', { ...range, topics: [firsts] }],
    ['eth_getLogs', { ...range, topics: [[...firsts, null]] }],
    ['eth_getLogs', { ...range, topics: [UNKNOWN] }],
    ['eth_getLogs', { ...range, topics: [null, firsts] }],
    ['eth_getLogs', { ...range, address: [] }],
    ['eth_getLogs', {}],
    ['eth_getLogs', { fromBlock: LAST }],
    ['eth_getLogs', { fromBlock: '0x64', toBlock: '0x64' }],
  ])
})

test('what gas costs', async () => {
  const pair = await startPair()
  await pair.alike([
    ['eth_gasPrice'],
    ['eth_maxPriorityFeePerGas'],
    ['eth_blobBaseFee'],
    ['eth_feeHistory', '0x400', 'latest', []],
    ['eth_feeHistory', 1024, 'latest', [0, 10, 50, 90, 100]],
    ['eth_feeHistory', '20', '0x100', [25.5, 75]],
    ['eth_feeHistory', '0x5', 'earliest', [50]],
    ['eth_feeHistory', '0xffffffff', LAST, []],
    ['eth_feeHistory', 0, 'latest', []],
    ['eth_feeHistory', 3, 'latest', Array.from({ length: 101 }, (_, i) => i / 2)],
    ['eth_feeHistory', 3, 'latest', [50, 50]],
    ['eth_feeHistory', 3, 'latest', [-1]],
    ['eth_feeHistory', 3, 'latest', [100.5]],
    ['eth_feeHistory', 3, FUTURE, []],
    // Where each fork begins, so that the next block's fee follows other rules than this one's.
    ...NUMBERS.map((number): Request => ['eth_feeHistory', 1, number, [50]]),
  ])
})

test('the bytes of blocks, receipts and transactions', async () => {
  const pair = await startPair()
  const blocks = await allBlocks(pair)
  const hashes = blocks.flatMap(({ transactions }) => transactions)
  for (const method of ['debug_getRawHeader', 'debug_getRawBlock', 'debug_getRawReceipts']) {
    await pair.alike(NUMBERS.map((number) => [method, number]))
    await pair.alike(blocks.map(({ hash }) => [method, hash]))
    await pair.alike([
      ...TAGS.map((tag): Request => [method, tag]),
      [method, FUTURE],
      [method, UNKNOWN],
      [method, { blockHash: UNKNOWN, requireCanonical: true }],
      [method, { blockNumber: '0x1' }],
      [method],
    ])
  }
  await pair.alike([...hashes, UNKNOWN].map((hash) => ['debug_getRawTransaction', hash]))
})

test('what there is not, and what can’t be asked', async () => {
  const pair = await startPair()
  await pair.alike([
    ['eth_chainId'],
    ['eth_accounts'],
    ['eth_baseFee'],
    ['eth_blockNumber'],
    ['eth_syncing'],
    ...TAGS.flatMap((tag): Request[] => [
      ['eth_getBlockByNumber', tag, false],
      ['eth_getHeaderByNumber', tag],
      ['eth_getBlockReceipts', tag],
      ['eth_getBlockTransactionCountByNumber', tag],
      ['eth_getLogs', { fromBlock: tag, toBlock: tag, address: `0x${'12'.repeat(20)}` }],
    ]),
    ['eth_getHeaderByNumber', 'pending'],
    ['eth_getBlockByNumber', FUTURE, true],
    ['eth_getBlockByHash', UNKNOWN, true],
    ['eth_getHeaderByNumber', FUTURE],
    ['eth_getHeaderByHash', UNKNOWN],
    ['eth_getBlockReceipts', UNKNOWN],
    ['eth_getBlockReceipts', FUTURE],
    ['eth_getBlockTransactionCountByHash', UNKNOWN],
    ['eth_getTransactionByHash', UNKNOWN],
    ['eth_getTransactionReceipt', UNKNOWN],
    ['eth_getRawTransactionByHash', UNKNOWN],
    ['eth_getTransactionByBlockNumberAndIndex', FUTURE, '0x0'],
    ['eth_getTransactionByBlockHashAndIndex', UNKNOWN, '0x0'],
    ['eth_getUncleByBlockNumberAndIndex', '0x1', '0x0'],
    ['eth_getUncleByBlockHashAndIndex', UNKNOWN, '0x0'],
    ['eth_getLogs', { blockHash: UNKNOWN }],
    ['eth_getLogs', { fromBlock: '0x5', toBlock: '0x4' }],
    ['eth_getLogs', { fromBlock: 'latest', toBlock: '0x1' }],
    ['eth_getLogs', { fromBlock: '0x0', toBlock: FUTURE }],
    ['eth_getLogs', { fromBlock: 'pending', toBlock: 'latest' }],
    ['eth_getLogs', { blockHash: UNKNOWN, fromBlock: '0x1' }],
    ['eth_getLogs', { topics: [null, null, null, null, null] }],
    ['eth_getLogs', { address: Array.from({ length: 1001 }, () => `0x${'12'.repeat(20)}`) }],
    ['eth_getBlockByNumber', '0x1'],
    ['eth_getBlockByNumber'],
    ['eth_getBlockByNumber', '0x1', true, 1],
    ['eth_getBlockByNumber', null, true],
    ['eth_getBlockByNumber', '0x8000000000000000', true],
    ['eth_getBlockReceipts', { blockHash: UNKNOWN, blockNumber: '0x1' }],
    ['eth_getBlockReceipts', {}],
    ['eth_sendRawTransaction', '0x'],
    ['eth_sendRawTransaction', '0x05c0'],
    ['eth_sendRawTransaction', '0x02'],
    ['eth_noSuchMethod'],
  ])
  await pair.failAlike([
    ['eth_getBlockByNumber', 1, true],
    ['eth_getBlockByNumber', '1', true],
    ['eth_getBlockByNumber', '0x01', true],
    ['eth_getBlockByNumber', '0x', true],
    ['eth_getBlockByNumber', 'newest', true],
    ['eth_getBlockByNumber', '0x1', 'yes'],
    ['eth_getBlockByHash', '0x12', true],
    ['eth_getBlockByHash', UNKNOWN.slice(2), true],
    ['eth_getBlockByHash', `${UNKNOWN.slice(0, -1)}g`, true],
    ['eth_getTransactionByBlockNumberAndIndex', '0x1', '0x12345678901234567'],
    ['eth_getTransactionReceipt', 7],
    ['eth_getLogs', 'all'],
    ['eth_getLogs', { address: '0x12' }],
    ['eth_getLogs', { topics: ['0x12'] }],
    ['eth_getLogs', { topics: 'all' }],
    ['eth_getLogs', { topics: [1] }],
    ['eth_feeHistory', 'many', 'latest', []],
    ['eth_feeHistory', '0x1', 'latest', ['50']],
    ['eth_feeHistory', '0x1', 'latest'],
    ['eth_sendRawTransaction', 'c0'],
    ['eth_sendRawTransaction', '0xc0'],
    ['eth_sendRawTransaction', '0x02c0'],
  ])
})
