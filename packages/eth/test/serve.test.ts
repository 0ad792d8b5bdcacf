import { describe, expect, test } from 'vitest'
import {
  type EthChain,
  type HeadersQuery,
  MAX_BODIES_SERVE,
  MAX_HEADERS_SERVE,
  MAX_MESSAGE_BYTES,
  SOFT_RESPONSE_BYTES,
  serving,
} from '../src/index.js'
import { EMPTY_LIST, makeBlocks, testChain } from './support.js'

const MAX_UINT64 = 2n ** 64n - 1n
const hash = new Uint8Array(32).fill(3)
const hashes = (count: number) => Array.from({ length: count }, () => hash)

describe('headers are served', () => {
  const chain = testChain(40)
  // A branch of five blocks on block 30, which nobody follows.
  chain.side.push(...makeBlocks(5, chain.blocks[30], 'side', 31))
  const at = (number: number) => chain.blocks[number]!.hash
  const served = async (query: HeadersQuery) => {
    const answer = await serving(chain).blockHeaders(query)
    return answer.map((raw) => {
      const number = chain.blocks.findIndex((block) => block.raw === raw)
      return number === -1 ? `side ${chain.side.findIndex((block) => block.raw === raw)}` : number
    })
  }
  const cases: [string, HeadersQuery, (number | string)[]][] = [
    ['by number', { origin: 5n, limit: 3n }, [5, 6, 7]],
    ['by number with gaps', { origin: 5n, limit: 3n, skip: 9n }, [5, 15, 25]],
    ['by number in reverse', { origin: 2n, limit: 9n, reverse: true }, [2, 1, 0]],
    ['by number in reverse with gaps', { origin: 20n, limit: 9n, skip: 7n, reverse: true }, [20, 12, 4]],
    ['up to the head', { origin: 38n, limit: 9n }, [38, 39]],
    ['beyond the head: none', { origin: 40n, limit: 9n }, []],
    ['by hash', { origin: at(5), limit: 3n }, [5, 6, 7]],
    ['by hash with gaps', { origin: at(5), limit: 3n, skip: 3n }, [5, 9, 13]],
    ['by hash in reverse', { origin: at(2), limit: 9n, reverse: true }, [2, 1, 0]],
    ['by hash in reverse with gaps', { origin: at(20), limit: 9n, skip: 7n, reverse: true }, [20, 12, 4]],
    ['by an unknown hash: none', { origin: hash, limit: 9n }, []],
    ['none where none are asked for', { origin: 5n, limit: 0n }, []],
    ['whatever the gap', { origin: 5n, limit: MAX_UINT64, skip: MAX_UINT64 }, [5]],
    ['whatever the gap in reverse', { origin: at(5), limit: 2n, skip: MAX_UINT64, reverse: true }, [5]],
    ['off the chain: one, since nothing follows', { origin: chain.side[1]!.hash, limit: 9n }, ['side 1']],
    [
      'off the chain back to where it branched, and on',
      { origin: chain.side[2]!.hash, limit: 5n, reverse: true },
      ['side 2', 'side 1', 'side 0', 30, 29],
    ],
    [
      'off the chain back with gaps',
      { origin: chain.side[4]!.hash, limit: 4n, skip: 2n, reverse: true },
      ['side 4', 'side 1', 29, 26],
    ],
  ]
  test.each(cases)('%s', async (_, query, numbers) => {
    expect(await served(query)).toEqual(numbers)
  })

  test('1024 at most', async () => {
    const endless: EthChain = { ...chain, header: () => chain.blocks[0]!.raw }
    expect(await serving(endless).blockHeaders({ origin: 0n, limit: MAX_UINT64 })).toHaveLength(MAX_HEADERS_SERVE)
  })

  test('with gaps off the chain only as far as 100 blocks back', async () => {
    let read = 0
    const [side] = chain.side
    const lost: EthChain = {
      ...chain,
      header: (at) => {
        read++
        return typeof at === 'bigint' ? undefined : side!.raw
      },
    }
    await serving(lost).blockHeaders({ origin: side!.hash, limit: 1000n, skip: 1000n, reverse: true })
    expect(read).toBeLessThan(110)
  })
})

describe('answers stop', () => {
  const chain = testChain(3)
  const known = chain.blocks.map(({ hash }) => hash)

  test('at the first block that is not there', async () => {
    const asked = [known[0]!, hash, known[1]!]
    expect(await serving(chain).blockBodies(asked)).toHaveLength(1)
    expect((await serving(chain).receipts(69, asked, 0n)).blocks).toHaveLength(1)
  })

  test('at 1024 bodies', async () => {
    const endless = { ...chain, body: () => chain.blocks[0]!.body }
    expect(await serving(endless).blockBodies(hashes(2000))).toHaveLength(MAX_BODIES_SERVE)
  })

  test('once they have two megabytes', async () => {
    const large = new Uint8Array(SOFT_RESPONSE_BYTES / 4 + 1)
    const endless: EthChain = {
      ...chain,
      body: () => large,
      receipts: () => [large],
      accessList: () => large,
    }
    const serves = serving(endless, { transaction: () => large })
    expect(await serves.blockBodies(hashes(9))).toHaveLength(4)
    expect((await serves.receipts(70, hashes(9), 0n)).blocks).toHaveLength(4)
    expect(await serves.accessLists(hashes(9))).toHaveLength(4)
    expect(await serves.pooledTransactions(hashes(9))).toHaveLength(4)
  })

  test('before an item that would not fit the message', async () => {
    const items = [new Uint8Array(1_500_000), new Uint8Array(MAX_MESSAGE_BYTES - 1_000_000)]
    const serves = serving({ ...chain, body: () => items.shift() })
    expect(await serves.blockBodies(hashes(2))).toHaveLength(1)
  })
})

describe('receipts of a block that is larger than a message', () => {
  const receipt = new Uint8Array(4 * 1024 * 1024)
  const chain: EthChain = { ...testChain(2), receipts: () => [receipt, receipt, receipt] }

  test('come in parts from eth/70 on', async () => {
    const first = await serving(chain).receipts(70, hashes(2), 0n)
    expect([first.blocks.map((block) => block.length), first.lastBlockIncomplete]).toEqual([[2], true])
    const rest = await serving(chain).receipts(70, hashes(2), 2n)
    expect([rest.blocks.map((block) => block.length), rest.lastBlockIncomplete]).toEqual([[1], false])
  })

  test('come not at all before', async () => {
    expect((await serving(chain).receipts(69, hashes(2), 0n)).blocks).toEqual([])
  })
})

test('transactions that the pool does not have are left out', async () => {
  const { raw } = testChain(1).blocks[0]!
  const pool = { transaction: (asked: Uint8Array) => (asked === hash ? raw : undefined) }
  expect(await serving(testChain(1), pool).pooledTransactions([new Uint8Array(32), hash])).toEqual([raw])
  expect(await serving(testChain(1)).pooledTransactions([hash])).toEqual([])
})

test('access lists that are not there are said to be so', async () => {
  const chain = testChain(2)
  const asked = chain.blocks.map(({ hash }) => hash)
  expect(await serving(chain).accessLists(asked)).toEqual([undefined, EMPTY_LIST])
  const { accessList: _, ...without } = chain
  expect(await serving(without).accessLists(asked)).toEqual([undefined, undefined])
})

test('receipts are served to eth/68 with their bloom', async () => {
  const chain = testChain(1)
  const { blocks } = await serving(chain).receipts(68, [chain.blocks[0]!.hash], 0n)
  expect(blocks[0]![0]!.length).toBeGreaterThan(256)
})
