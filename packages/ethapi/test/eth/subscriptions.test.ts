import { testTransaction } from '@ethspan/chain/testing'
import { settle } from '@ethspan/core/testing'
import type { RpcClient } from '@ethspan/rpc'
import { describe, expect, test } from 'vitest'
import { MAX_FILTER_VALUES } from '../../src/limits.js'
import { extend, FakePool, failureOf, hexOf, startApi } from '../support.js'

const UNKNOWN = `0x${'12'.repeat(32)}`

interface ToldLog {
  readonly blockHash: string
  readonly removed: boolean
}

/** Subscribes, and collects what is told. */
async function collect<T>(client: RpcClient, ...params: readonly unknown[]) {
  const values: T[] = []
  const subscription = await client.subscribe<T>('eth', params, (value) => values.push(value))
  return { values, subscription }
}

test('every new block of the canonical chain is a new head, until unsubscribed', async () => {
  const { client, chain, blocks } = await startApi()
  const { values, subscription } = await collect<{ hash: string; parentHash: string }>(client, 'newHeads')
  const added = await extend(chain, { count: 2, parent: blocks.at(-1) })
  expect(values.map(({ hash }) => hash)).toEqual(added.map(({ hash }) => hexOf(hash)))
  expect(values[0]).toMatchObject({ number: '0x6', baseFeePerGas: expect.any(String), slotNumber: null })
  await subscription.unsubscribe()
  await extend(chain, { count: 1, parent: added.at(-1) })
  expect(values).toHaveLength(2)
})

test('a chain that becomes shorter tells of its head', async () => {
  const { client, chain, blocks } = await startApi()
  const { values } = await collect<{ hash: string }>(client, 'newHeads')
  await chain.setHead(blocks[2]!.hash)
  await settle()
  expect(values.map(({ hash }) => hash)).toEqual([hexOf(blocks[2]!.hash)])
})

test('logs of blocks that a reorg removes are told again as removed, before those of the new blocks', async () => {
  const { client, chain, blocks } = await startApi({ blocks: { count: 4 } })
  const { values } = await collect<ToldLog>(client, 'logs', {})
  const other = await extend(chain, { count: 3, parent: blocks[1], extra: 'other' })
  const told = values.map(({ blockHash, removed }) => [blockHash, removed])
  const of = (hash: Uint8Array, removed: boolean) => [hexOf(hash), removed]
  expect([...new Map(told.map((it) => [it.join(), it])).values()]).toEqual([
    ...blocks.slice(2).map(({ hash }) => of(hash, true)),
    ...other.map(({ hash }) => of(hash, false)),
  ])
})

test('only the logs that the filter wants are told', async () => {
  const { client, chain, blocks } = await startApi()
  const none = await collect(client, 'logs', { address: `0x${'12'.repeat(20)}` })
  const some = await collect<ToldLog>(client, 'logs', { fromBlock: '0x7', toBlock: '0x7' })
  const added = await extend(chain, { count: 3, parent: blocks.at(-1) })
  expect(none.values).toEqual([])
  expect(new Set(some.values.map(({ blockHash }) => blockHash))).toEqual(new Set([hexOf(added[1]!.hash)]))
})

describe('a range of logs can’t be followed', () => {
  test.each([
    [{ fromBlock: 'pending' }, -32602, 'pending logs are not supported'],
    [{ fromBlock: '0x5', toBlock: '0x4' }, -32602, 'invalid block range params'],
    [{ fromBlock: 'latest', toBlock: '0x4' }, -32602, 'invalid block range params'],
    [{ fromBlock: 'safe' }, -32602, 'invalid block range params'],
  ])('%j', async (filter, code, message) => {
    const { client } = await startApi()
    expect(await failureOf(collect(client, 'logs', filter))).toEqual({ code, message })
  })
})

test('not more is followed than there is room for; a subscription that ends makes room', async () => {
  const { client } = await startApi()
  const most = { address: Array(1000).fill(`0x${'12'.repeat(20)}`), topics: Array(4).fill(Array(1000).fill(UNKNOWN)) }
  const all = []
  for (let i = 0; i < MAX_FILTER_VALUES / 5000; i++) all.push(await collect(client, 'logs', most))
  const message = 'too many addresses and topics in all subscriptions, want at most 100000'
  expect(await failureOf(collect(client, 'logs', most))).toEqual({ code: -32005, message })
  await collect(client, 'logs', {})
  await all[0]!.subscription.unsubscribe()
  await collect(client, 'logs', most)
})

test('transactions that enter the pool are told by hash, or in full', async () => {
  const pool = new FakePool()
  const { client } = await startApi({ pool })
  const hashes = await collect(client, 'newPendingTransactions')
  const full = await collect(client, 'newPendingTransactions', true)
  const [answer] = await pool.add([testTransaction({ nonce: 3n })])
  await settle()
  const hash = 'added' in answer! ? hexOf(answer.added.hash) : undefined
  expect(hashes.values).toEqual([hash])
  expect(full.values).toEqual([expect.objectContaining({ hash, nonce: '0x3', blockHash: null })])
})

test('what a subscription listens to is given back when it ends', async () => {
  const pool = new FakePool()
  const { client, chain, blocks } = await startApi({ pool })
  const all = [
    await collect(client, 'newHeads'),
    await collect(client, 'logs', {}),
    await collect(client, 'newPendingTransactions'),
  ]
  for (const { subscription } of all) await subscription.unsubscribe()
  await extend(chain, { count: 1, parent: blocks.at(-1) })
  await pool.add([testTransaction({ nonce: 3n })])
  expect(all.map(({ values }) => values)).toEqual([[], [], []])
})

test('without a pool there is nothing pending to follow', async () => {
  const { client } = await startApi()
  const failure = { code: -32000, message: 'the node has no pool' }
  expect(await failureOf(collect(client, 'newPendingTransactions'))).toEqual(failure)
})
