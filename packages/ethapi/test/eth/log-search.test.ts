import { testBlocks } from '@ethspan/chain/testing'
import { SimClock } from '@ethspan/core/testing'
import { describe, expect, test } from 'vitest'
import { clientOf, failureOf, hexOf, readerOf, startApi } from '../support.js'

interface ToldLog {
  readonly address: string
  readonly topics: readonly string[]
  readonly blockNumber: string
  readonly logIndex: string
}

const ALL = { fromBlock: 'earliest', toBlock: 'latest' }
const ELSEWHERE = `0x${'12'.repeat(20)}`

test('all logs of a range come in the order of the chain', async () => {
  const { client } = await startApi({ blocks: { count: 6, transactions: 4 } })
  const logs = await client.request<ToldLog[]>('eth_getLogs', [ALL])
  expect(logs.length).toBeGreaterThan(10)
  const places = logs.map((log) => Number(log.blockNumber) * 1000 + Number(log.logIndex))
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(new Set(places).size).toBe(places.length)
})

test('address and topics choose, and a position without a topic must be there all the same', async () => {
  const { client } = await startApi({ blocks: { count: 6, transactions: 4 } })
  const logs = await client.request<ToldLog[]>('eth_getLogs', [ALL])
  const { address, topics } = logs[3]!
  const count = async (filter: object) =>
    (await client.request<ToldLog[]>('eth_getLogs', [{ ...ALL, ...filter }])).length
  expect(await count({ address })).toBe(logs.length)
  expect(await count({ address: ELSEWHERE })).toBe(0)
  expect(await count({ topics })).toBe(1)
  expect(await count({ address: [ELSEWHERE, address], topics: [[topics[0], logs[5]!.topics[0]]] })).toBe(2)
  expect(await count({ topics: [null] })).toBe(logs.length)
  expect(await count({ topics: [null, null] })).toBe(0)
})

test('blocks whose bloom filter has nothing of it are not read', async () => {
  const { chain } = await startApi({ blocks: { count: 6 } })
  let reads = 0
  const counting = readerOf(chain, {
    block: (at) => {
      reads++
      return chain.block(at)
    },
  })
  const client = clientOf({ chain: counting })
  await client.request('eth_getLogs', [{ ...ALL, address: ELSEWHERE }])
  expect(reads).toBe(0)
  const [log] = await client.request<ToldLog[]>('eth_getLogs', [{ fromBlock: '0x4', toBlock: '0x4' }])
  reads = 0
  await client.request('eth_getLogs', [{ ...ALL, topics: log!.topics }])
  expect(reads).toBe(1)
})

describe('a search ends with an error', () => {
  test.each([
    ['more blocks than are searched at once', { ...ALL }, { range: 5 }, -32602, 'exceed maximum block range 5'],
    ['more logs than one answer has', { ...ALL }, { logs: 3 }, -32005, 'query returned more than 3 results'],
    [
      'more data than one answer has',
      { ...ALL },
      { logData: 20 },
      -32005,
      'query returned more than 20 characters of data',
    ],
    [
      'too many addresses',
      { address: [ELSEWHERE, ELSEWHERE] },
      { logQuery: 1 },
      -32000,
      'exceed max addresses or topics per search position',
    ],
    [
      'a range that ends before it begins',
      { fromBlock: '0x2', toBlock: '0x1' },
      {},
      -32602,
      'invalid block range params',
    ],
    ['blocks to come', { toBlock: '0x7' }, {}, -32602, 'block range extends beyond current head block'],
    ['pending logs', { fromBlock: 'pending' }, {}, -32602, 'pending logs are not supported'],
    ['no finalized block', { fromBlock: 'finalized' }, {}, -32000, 'finalized header not found'],
    ['an unknown block', { blockHash: `0x${'12'.repeat(32)}` }, {}, -32000, 'unknown block'],
  ] as const)('%s', async (_, filter, limits, code, message) => {
    const { client } = await startApi({ blocks: { count: 6 }, limits })
    expect(await failureOf(client.request('eth_getLogs', [filter]))).toEqual({ code, message })
  })

  test('one that takes too long', async () => {
    const clock = new SimClock()
    const { chain } = await startApi({ blocks: { count: 6 } })
    const slow = readerOf(chain, {
      header: async (at) => {
        clock.jump(600)
        return chain.header(at)
      },
    })
    const client = clientOf({ chain: slow, clock, limits: { logTime: 1_000 } })
    const message = 'query took longer than 1000 ms: ask for fewer blocks'
    expect(await failureOf(client.request('eth_getLogs', [ALL]))).toEqual({ code: -32005, message })
  })

  test('blocks that were given away', async () => {
    const { chain, blocks, client } = await startApi({ blocks: { count: 6 } })
    await chain.rebase(blocks[3]!)
    const failure = { code: 4444, message: 'pruned history unavailable' }
    expect(await failureOf(client.request('eth_getLogs', [{ fromBlock: '0x1', toBlock: 'latest' }]))).toEqual(failure)
    expect(await client.request('eth_getLogs', [ALL])).not.toEqual([])
  })
})

test('a reorg in the middle of a search begins it anew, so that no answer mixes two chains', async () => {
  const { chain, blocks } = await startApi({ blocks: { count: 6 } })
  const other = await testBlocks({ count: 5, parent: blocks[1], extra: 'other' })
  await chain.putBlocks(other)
  let isReorganised = false
  const reorganising = readerOf(chain, {
    header: async (at) => {
      if (at === 5n && !isReorganised) {
        isReorganised = true
        await chain.setHead(other.at(-1)!.hash)
      }
      return chain.header(at)
    },
  })
  const logs = await clientOf({ chain: reorganising }).request<{ blockHash: string }[]>('eth_getLogs', [ALL])
  const canonical = new Set([...blocks.slice(0, 2), ...other].map(({ hash }) => hexOf(hash)))
  expect(logs.filter(({ blockHash }) => !canonical.has(blockHash))).toEqual([])
  expect(logs).toEqual(await clientOf({ chain }).request('eth_getLogs', [ALL]))
})
