// What a message must keep to beyond being RLP of the right shape.

import * as chain from '@ethspan/chain'
import { testHeader } from '@ethspan/chain/testing'
import { encodeRlp, keccak256 } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import * as eth from '../../src/index.js'

const hash = new Uint8Array(32).fill(7)
const EMPTY = new Uint8Array(0)
const invalid = expect.objectContaining({ code: 'ERR_INVALID_RLP' })
const header = testHeader({ number: 1n })

describe('headers', () => {
  test('are hashed as they were received', () => {
    const raw = chain.encodeHeader(header)
    const payload = eth.encodeBlockHeaders(1n, [raw])
    const [read] = eth.decodeBlockHeaders(payload, 1).headers
    expect(read!.raw.buffer).toBe(payload.buffer)
    expect(chain.headerHash(read!)).toEqual(keccak256(raw))
  })

  test('are asked for by a number or a hash', () => {
    expect(() => eth.encodeGetBlockHeaders(1n, { origin: new Uint8Array(20), limit: 1n })).toThrow(invalid)
    const query = encodeRlp([1, [new Uint8Array(20).fill(1), 1, 0, false]])
    expect(() => eth.decodeGetBlockHeaders(query)).toThrow(invalid)
  })
})

describe('an answer', () => {
  const many = (count: number) => Array.from({ length: count }, () => chain.encodeHeader(header))
  test('with more items than were asked for is refused', () => {
    const lists = [encodeRlp([]), encodeRlp([])]
    expect(() => eth.decodeBlockHeaders(eth.encodeBlockHeaders(1n, many(2)), 1)).toThrow(invalid)
    expect(() => eth.decodeBlockAccessLists(eth.encodeBlockAccessLists(1n, lists), 1)).toThrow(invalid)
    expect(() => eth.decodeReceipts(eth.encodeReceipts(1n, [[], []]), 69, 1)).toThrow(invalid)
  })

  test('tells its id before it is read', () => {
    expect(eth.readRequestId(eth.encodeBlockHeaders(2n ** 64n - 1n, many(1)))).toBe(2n ** 64n - 1n)
    expect(() => eth.readRequestId(encodeRlp([2n ** 64n, []]))).toThrow(invalid)
  })
})

describe('transactions', () => {
  test('come 5000 at once at most', () => {
    const tx = { type: 2, bytes: Uint8Array.of(2, 0xc0) }
    const encode = (length: number) => eth.encodeTransactions(Array.from({ length }, () => tx))
    expect(eth.decodeTransactions(encode(eth.MAX_TRANSACTIONS))).toHaveLength(5000)
    expect(() => eth.decodeTransactions(encode(eth.MAX_TRANSACTIONS + 1))).toThrow(invalid)
  })

  test('are announced with as many types and sizes as hashes', () => {
    const announced = (types: number, sizes: number) => encodeRlp([new Uint8Array(types), Array(sizes).fill(1), [hash]])
    expect(eth.decodeNewPooledTransactionHashes(announced(1, 1))).toEqual([{ hash, type: 0, size: 1 }])
    expect(() => eth.decodeNewPooledTransactionHashes(announced(2, 1))).toThrow(invalid)
    expect(() => eth.decodeNewPooledTransactionHashes(announced(1, 0))).toThrow(invalid)
  })
})

describe('receipts', () => {
  const log = { address: new Uint8Array(20), topics: [hash], data: EMPTY }
  const receipt = { type: 2, postStateOrStatus: Uint8Array.of(1), cumulativeGasUsed: 9n, logs: chain.encodeLogs([log]) }

  test('in parts bring at least one', () => {
    const raw = chain.encodeReceipt69(receipt)
    expect(() => eth.decodeReceipts(eth.encodeReceipts70(1n, true, []), 70, 2)).toThrow(invalid)
    expect(() => eth.decodeReceipts(eth.encodeReceipts70(1n, true, [[]]), 70, 2)).toThrow(invalid)
    expect(eth.decodeReceipts(eth.encodeReceipts70(1n, true, [[raw]]), 70, 2).lastBlockIncomplete).toBe(true)
    expect(eth.decodeReceipts(eth.encodeReceipts70(1n, false, []), 70, 2).blocks).toEqual([])
  })
})

test('an access list that is not there is told from one without entries', () => {
  const lists = [undefined, encodeRlp([])]
  expect(eth.decodeBlockAccessLists(eth.encodeBlockAccessLists(1n, lists), 2).accessLists).toEqual(lists)
  expect(() => eth.decodeBlockAccessLists(encodeRlp([1, [Uint8Array.of(1)]]), 1)).toThrow(invalid)
})

test('a block range is impossible where it ends before it begins, or has no hash', () => {
  expect(eth.blockRangeFault({ earliest: 1n, latest: 1n, latestHash: hash })).toBeUndefined()
  expect(eth.blockRangeFault({ earliest: 2n, latest: 1n, latestHash: hash })).toContain('after')
  expect(eth.blockRangeFault({ earliest: 1n, latest: 1n, latestHash: new Uint8Array(32) })).toContain('zero')
})
