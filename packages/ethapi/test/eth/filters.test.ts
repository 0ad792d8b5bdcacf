import { PoolAddEvent } from '@ethspan/chain'
import { testBlocks, testTransaction } from '@ethspan/chain/testing'
import { deferred } from '@ethspan/core'
import { SimClock } from '@ethspan/core/testing'
import { describe, expect, test } from 'vitest'
import { ethApis } from '../../src/index.js'
import { FILTER_TIMEOUT_MS, MAX_FILTER_TRANSACTIONS, MAX_FILTER_VALUES, MAX_FILTERS } from '../../src/limits.js'
import { clientOf, extend, FakePool, failureOf, hexOf, readerOf, startApi } from '../support.js'

interface ToldLog {
  readonly blockHash: string
  readonly removed: boolean
}

const NOT_FOUND = { code: -32000, message: 'filter not found' }
const ELSEWHERE = `0x${'12'.repeat(20)}`

async function start(options: Parameters<typeof startApi>[0] = {}) {
  const clock = new SimClock()
  const pool = new FakePool()
  const started = await startApi({ clock, pool, ...options })
  const { client } = started
  return {
    ...started,
    clock,
    pool,
    /** Makes a filter; gives its id. */
    make: (kind: string, ...params: readonly unknown[]) => client.request<string>(`eth_new${kind}`, params),
    changes: <T>(id: string) => client.request<T[]>('eth_getFilterChanges', [id]),
  }
}

test('a block filter tells the hash of each new block once', async () => {
  const { chain, blocks, make, changes } = await start()
  const id = await make('BlockFilter')
  expect(id).toMatch(/^0x[1-9a-f][0-9a-f]{0,31}$/)
  expect(await changes(id)).toEqual([])
  const added = await extend(chain, { count: 2, parent: blocks.at(-1) })
  expect(await changes(id)).toEqual(added.map(({ hash }) => hexOf(hash)))
  expect(await changes(id)).toEqual([])
  await chain.setHead(blocks[2]!.hash)
  expect(await changes(id)).toEqual([hexOf(blocks[2]!.hash)])
})

test('a log filter tells the logs of new blocks; of those that a reorg removed first that they are gone', async () => {
  const { chain, blocks, make, changes, client } = await start({ blocks: { count: 4 } })
  const [all, none, range] = [
    await make('Filter', {}),
    await make('Filter', { address: ELSEWHERE }),
    await make('Filter', { fromBlock: '0x4', toBlock: '0x4' }),
  ]
  const other = await extend(chain, { count: 3, parent: blocks[1], extra: 'other' })
  const logs = await changes<ToldLog>(all)
  const places = logs.map(({ blockHash, removed }) => `${blockHash} ${removed ? 'removed' : 'added'}`)
  expect([...new Set(places)]).toEqual([
    ...blocks.slice(2).map(({ hash }) => `${hexOf(hash)} removed`),
    ...other.map(({ hash }) => `${hexOf(hash)} added`),
  ])
  const added = await client.request('eth_getLogs', [{ fromBlock: '0x3', toBlock: 'latest' }])
  expect(logs.filter(({ removed }) => !removed)).toEqual(added)
  expect(await changes(none)).toEqual([])
  const told = (await changes<ToldLog>(range)).map(({ blockHash }) => blockHash)
  expect(new Set(told)).toEqual(new Set([hexOf(blocks[3]!.hash), hexOf(other[1]!.hash)]))
})

test('all logs of a filter are those that a search finds', async () => {
  const { client, chain, blocks, make, changes } = await start()
  const filter = { fromBlock: '0x2', toBlock: 'latest' }
  const id = await make('Filter', filter)
  const found = await client.request<unknown[]>('eth_getFilterLogs', [id])
  expect(found.length).toBeGreaterThan(0)
  expect(found).toEqual(await client.request('eth_getLogs', [filter]))
  const ofBlock = await make('Filter', { blockHash: hexOf(blocks[1]!.hash) })
  const logs = await client.request<ToldLog[]>('eth_getFilterLogs', [ofBlock])
  expect(new Set(logs.map(({ blockHash }) => blockHash))).toEqual(new Set([hexOf(blocks[1]!.hash)]))
  // To search takes nothing from what is new.
  await extend(chain, { count: 1, parent: blocks.at(-1) })
  expect(await changes(id)).not.toEqual([])
  for (const kind of ['BlockFilter', 'PendingTransactionFilter']) {
    expect(await failureOf(client.request('eth_getFilterLogs', [await make(kind)]))).toEqual(NOT_FOUND)
  }
})

test('a transaction filter tells hashes, or transactions: of the pool, and of blocks where they were mined', async () => {
  const { pool, blocks, make, changes } = await start()
  const [hashes, full] = [await make('PendingTransactionFilter'), await make('PendingTransactionFilter', true)]
  await pool.add([testTransaction({ nonce: 3n })])
  const [waiting] = pool.pending().values()
  const mined = new FakePool().pool(blocks[0]!.body.transactions[0]!)
  const dropped = new FakePool().pool(testTransaction({ nonce: 4n }))
  pool.tell(new PoolAddEvent([mined, dropped]))
  expect(await changes(hashes)).toEqual([...waiting!, mined, dropped].map(({ hash }) => hexOf(hash)))
  expect(await changes(full)).toEqual([
    expect.objectContaining({ hash: hexOf(waiting![0]!.hash), nonce: '0x3', blockHash: null }),
    expect.objectContaining({ hash: hexOf(mined.hash), blockHash: null, from: expect.any(String) }),
  ])
})

describe('a filter is gone', () => {
  test('when it is taken away, and then tells no more', async () => {
    const { client, make, changes } = await start()
    const id = await make('BlockFilter')
    expect(await client.request('eth_uninstallFilter', [id])).toBe(true)
    expect(await client.request('eth_uninstallFilter', [id])).toBe(false)
    expect(await failureOf(changes(id))).toEqual(NOT_FOUND)
    expect(await failureOf(client.request('eth_getFilterLogs', [id]))).toEqual(NOT_FOUND)
  })

  test('when nobody asked what is new for five minutes', async () => {
    const { clock, client, make, changes } = await start()
    const [asked, forgotten, searched] = [
      await make('BlockFilter'),
      await make('BlockFilter'),
      await make('Filter', {}),
    ]
    clock.jump(FILTER_TIMEOUT_MS - 1)
    expect(await changes(asked)).toEqual([])
    expect(await client.request('eth_getFilterLogs', [searched])).toEqual(expect.any(Array))
    clock.jump(1)
    for (const id of [forgotten, searched]) {
      expect(await failureOf(changes(id))).toEqual(NOT_FOUND)
      expect(await client.request('eth_uninstallFilter', [id])).toBe(false)
    }
    clock.jump(FILTER_TIMEOUT_MS - 2)
    expect(await changes(asked)).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })

  test('when more came than is kept for it: so it is known that something was missed', async () => {
    const { pool, make, changes } = await start()
    const [late, later] = [await make('PendingTransactionFilter'), await make('PendingTransactionFilter')]
    const one = new FakePool().pool(testTransaction({ nonce: 3n }))
    const come = (count: number) => pool.tell(new PoolAddEvent(Array(count).fill(one)))
    come(1)
    expect(await changes(later)).toHaveLength(1)
    come(MAX_FILTER_TRANSACTIONS)
    expect(await failureOf(changes(late))).toEqual(NOT_FOUND)
    expect(await changes(later)).not.toEqual([])
  })

  test('also where its time is over while nobody asks: nothing is kept for it', async () => {
    const { chain, blocks, clock } = await start()
    const listeners = new Set<AbortSignal>()
    const listened = readerOf(chain, {
      addEventListener: (type, listener, options) => {
        const signal = (options as { readonly signal: AbortSignal }).signal
        listeners.add(signal)
        chain.addEventListener(type, listener, options)
      },
    })
    const client = clientOf({ chain: listened, clock })
    await client.request('eth_newBlockFilter')
    await client.request('eth_newFilter', [{}])
    expect([...listeners].map(({ aborted }) => aborted)).toEqual([false, false])
    clock.jump(FILTER_TIMEOUT_MS)
    await extend(chain, { count: 1, parent: blocks.at(-1) })
    expect([...listeners].map(({ aborted }) => aborted)).toEqual([true, true])
  })
})

describe('there are not more filters than', () => {
  test('their number allows; one that goes makes room', async () => {
    const { client, make } = await start()
    const ids: string[] = []
    for (let i = 0; i < MAX_FILTERS; i++) ids.push(await make('BlockFilter'))
    const failure = { code: -32005, message: 'too many filters, want at most 1000' }
    expect(await failureOf(make('Filter', {}))).toEqual(failure)
    await client.request('eth_uninstallFilter', [ids[0]])
    expect(new Set([...ids, await make('BlockFilter')]).size).toBe(MAX_FILTERS + 1)
  })

  test('what they search by allows; what could not be made takes no room', async () => {
    const { make, client } = await start()
    const address = Array(1000).fill(ELSEWHERE)
    const most = { address, topics: Array(4).fill(Array(1000).fill(`0x${'12'.repeat(32)}`)) }
    const ids: string[] = []
    for (let i = 0; i < MAX_FILTER_VALUES / 5000; i++) {
      expect(await failureOf(make('Filter', { ...most, fromBlock: 'pending' }))).toMatchObject({ code: -32602 })
      ids.push(await make('Filter', most))
    }
    const message = 'too many addresses and topics in all filters, want at most 100000'
    expect(await failureOf(make('Filter', { address }))).toEqual({ code: -32005, message })
    await make('Filter', {})
    await client.request('eth_uninstallFilter', [ids[0]])
    await make('Filter', most)
  })
})

describe('nothing is told twice, and nothing is lost', () => {
  test.each([{ logs: 3 }, { logData: 20 }])(
    'an answer has as many logs as one of eth_getLogs, and the next one the rest: %j',
    async (limits) => {
      const { chain, blocks, make, changes, client } = await start({ limits })
      const id = await make('Filter', {})
      await extend(chain, { count: 4, parent: blocks.at(-1) })
      const answers: unknown[][] = []
      do answers.push(await changes(id))
      while (answers.at(-1)!.length > 0)
      expect(answers.length).toBeGreaterThan(2)
      const all = clientOf({ chain }).request('eth_getLogs', [{ fromBlock: '0x6', toBlock: 'latest' }])
      expect(answers.flat()).toEqual(await all)
      expect(await client.request('eth_getFilterChanges', [id])).toEqual([])
    },
  )

  test('by two who ask at once', async () => {
    const { chain, blocks, make, changes } = await start()
    const id = await make('Filter', {})
    await extend(chain, { count: 2, parent: blocks.at(-1) })
    const [first, second] = await Promise.all([changes(id), changes(id)])
    expect(first).not.toEqual([])
    expect(second).toEqual([])
  })

  test('where whoever asked is gone before the answer', async () => {
    const { chain, blocks, clock } = await start()
    const gate = deferred<void>()
    const held = readerOf(chain, {
      receipts: async (hash) => {
        await gate.promise
        return chain.receipts(hash)
      },
    })
    const { newFilter, getFilterChanges } = ethApis({ chain: held, clock })[0]!.methods
    const abort = new AbortController()
    const caller = { endpoint: 'http', signal: abort.signal }
    const id = newFilter!([{}], caller)
    await extend(chain, { count: 1, parent: blocks.at(-1) })
    const failure = expect(getFilterChanges!([id], caller)).rejects.toThrow('gone')
    abort.abort(new Error('gone'))
    gate.resolve()
    await failure
    const other = { ...caller, signal: new AbortController().signal }
    expect(await getFilterChanges!([id], other)).not.toEqual([])
  })

  test('a block that is given away before it is read is left out', async () => {
    const { chain, blocks, make, changes } = await start()
    const id = await make('Filter', {})
    const [given, kept] = await testBlocks({ count: 2, parent: blocks.at(-1) })
    await chain.putBlocks([given!])
    await chain.setHead(given!.hash)
    await chain.rebase(kept!)
    const told = await changes<ToldLog>(id)
    expect(told.filter(({ blockHash }) => blockHash === hexOf(given!.hash))).toEqual([])
  })
})

test.each([
  ['Filter', [{ fromBlock: 'pending' }], -32602, 'pending logs are not supported'],
  ['Filter', [{ fromBlock: '0x5', toBlock: '0x4' }], -32602, 'invalid block range params'],
  ['Filter', [{ fromBlock: 'latest', toBlock: '0x1' }], -32602, 'invalid block range params'],
  ['Filter', [{ address: [ELSEWHERE, ELSEWHERE] }], -32000, 'exceed max addresses or topics per search position'],
  ['Filter', [], -32602, 'missing value for required argument 0'],
  ['BlockFilter', [1], -32602, 'too many arguments, want at most 0'],
  ['PendingTransactionFilter', ['yes'], -32602, 'invalid argument 0: expected a boolean'],
])('eth_new%s of %j is refused', async (kind, params, code, message) => {
  const { make } = await start({ limits: { logQuery: 1 } })
  expect(await failureOf(make(kind, ...params))).toEqual({ code, message })
})

test('without a pool there is nothing pending to filter', async () => {
  const { client } = await startApi()
  const failure = { code: -32000, message: 'the node has no pool' }
  expect(await failureOf(client.request('eth_newPendingTransactionFilter'))).toEqual(failure)
})
