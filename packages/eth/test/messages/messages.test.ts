// Every message: what is written is read again, and what is read from any bytes is either a message or an error of ours.

import * as chain from '@ethspan/chain'
import { EthspanError, encodeRlp } from '@ethspan/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as eth from '../../src/index.js'
import * as any from '../arbitraries.js'

/** A message, how it is made from a value and how it is read; what is read must give the same bytes again. */
interface Codec {
  readonly payloads: fc.Arbitrary<Uint8Array>
  readonly again: (payload: Uint8Array) => Uint8Array
}

const MANY = 1024
const codec = <T>(
  values: fc.Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  decode: (payload: Uint8Array) => T,
): Codec => ({
  payloads: values.map(encode),
  again: (payload) => encode(decode(payload)),
})
const id = any.uint64
const several = <T>(items: fc.Arbitrary<T>) => fc.array(items, { maxLength: 4 })

const codecs: Readonly<Record<string, Codec>> = {
  'Status of eth/68': codec<eth.Status>(any.status68, eth.encodeStatus, (p) => eth.decodeStatus(p, 68)),
  'Status of eth/69 and later': codec<eth.Status>(any.status69, eth.encodeStatus, (p) => eth.decodeStatus(p, 70)),
  BlockRangeUpdate: codec(any.range, eth.encodeBlockRange, eth.decodeBlockRange),
  NewBlockHashes: codec(
    several(fc.record({ hash: any.hash, number: any.uint64 })),
    eth.encodeNewBlockHashes,
    eth.decodeNewBlockHashes,
  ),
  NewBlock: {
    payloads: fc
      .tuple(any.rawHeader, any.body, any.uint64)
      .map(([raw, body, difficulty]) => eth.encodeNewBlock({ raw }, body, difficulty)),
    again: (payload) => {
      const { header, body, totalDifficulty } = eth.decodeNewBlock(payload)
      return eth.encodeNewBlock(header, body, totalDifficulty)
    },
  },
  Transactions: codec(several(any.transaction), eth.encodeTransactions, eth.decodeTransactions),
  NewPooledTransactionHashes: codec(
    several(any.announcement),
    eth.encodeNewPooledTransactionHashes,
    eth.decodeNewPooledTransactionHashes,
  ),
  GetBlockHeaders: codec(
    fc.record({
      requestId: id,
      origin: fc.oneof(any.uint64, any.hash),
      limit: any.uint64,
      skip: any.uint64,
      reverse: fc.boolean(),
    }) as fc.Arbitrary<eth.GetBlockHeaders>,
    (query) => eth.encodeGetBlockHeaders(query.requestId, query),
    eth.decodeGetBlockHeaders,
  ),
  BlockHeaders: {
    payloads: fc.tuple(id, several(any.rawHeader)).map(([id, raw]) => eth.encodeBlockHeaders(id, raw)),
    again: (payload) => {
      const { requestId, headers } = eth.decodeBlockHeaders(payload, MANY)
      return eth.encodeBlockHeaders(requestId, headers.map(chain.encodeHeader))
    },
  },
  'requests by hashes': codec(
    fc.record({ requestId: id, hashes: any.hashes }) as fc.Arbitrary<eth.HashRequest>,
    ({ requestId, hashes }) => eth.encodeHashRequest(requestId, hashes),
    (payload) => eth.decodeHashRequest(payload, 'GetBlockBodies'),
  ),
  BlockBodies: {
    payloads: fc
      .tuple(id, several(any.body))
      .map(([id, bodies]) => eth.encodeBlockBodies(id, bodies.map(chain.encodeBody))),
    again: (payload) => {
      const { requestId, bodies } = eth.decodeBlockBodies(payload, MANY)
      return eth.encodeBlockBodies(requestId, bodies.map(chain.encodeBody))
    },
  },
  PooledTransactions: {
    payloads: fc
      .tuple(id, several(any.transaction))
      .map(([id, txs]) => eth.encodePooledTransactions(id, txs.map(chain.encodeTransaction))),
    again: (payload) => {
      const { requestId, transactions } = eth.decodePooledTransactions(payload)
      return eth.encodePooledTransactions(requestId, transactions.map(chain.encodeTransaction))
    },
  },
  'GetReceipts of eth/70 and later': codec(
    fc.record({
      requestId: id,
      firstBlockReceiptIndex: any.uint64,
      hashes: any.hashes,
    }) as fc.Arbitrary<eth.GetReceipts70>,
    (query) => eth.encodeGetReceipts70(query.requestId, query.firstBlockReceiptIndex, query.hashes),
    eth.decodeGetReceipts70,
  ),
  'Receipts of eth/68': {
    payloads: fc.tuple(id, several(several(any.receipt))).map(([id, blocks]) =>
      eth.encodeReceipts(
        id,
        blocks.map((block) => block.map(chain.encodeReceipt68)),
      ),
    ),
    again: (payload) => {
      const { requestId, blocks } = eth.decodeReceipts(payload, 68, MANY)
      return eth.encodeReceipts(
        requestId,
        blocks.map((block) => block.map(chain.encodeReceipt68)),
      )
    },
  },
  'Receipts of eth/69': {
    payloads: fc.tuple(id, several(several(any.receipt))).map(([id, blocks]) =>
      eth.encodeReceipts(
        id,
        blocks.map((block) => block.map(chain.encodeReceipt69)),
      ),
    ),
    again: (payload) => {
      const { requestId, blocks } = eth.decodeReceipts(payload, 69, MANY)
      return eth.encodeReceipts(
        requestId,
        blocks.map((block) => block.map(chain.encodeReceipt69)),
      )
    },
  },
  'Receipts of eth/70 and later': {
    payloads: fc
      .tuple(
        id,
        fc.boolean(),
        fc.array(fc.array(any.receipt, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
      )
      .map(([id, part, blocks]) =>
        eth.encodeReceipts70(
          id,
          part,
          blocks.map((block) => block.map(chain.encodeReceipt69)),
        ),
      ),
    again: (payload) => {
      const { requestId, lastBlockIncomplete, blocks } = eth.decodeReceipts(payload, 71, MANY)
      return eth.encodeReceipts70(
        requestId,
        lastBlockIncomplete,
        blocks.map((block) => block.map(chain.encodeReceipt69)),
      )
    },
  },
  BlockAccessLists: codec(
    fc.record({
      requestId: id,
      accessLists: several(fc.option(several(any.bytes(20)).map(encodeRlp), { nil: undefined })),
    }),
    ({ requestId, accessLists }) => eth.encodeBlockAccessLists(requestId, accessLists),
    (payload) => eth.decodeBlockAccessLists(payload, MANY),
  ),
}

/** Bytes in, bytes out, or an error of the two kinds that a message may have. */
function readAgain(again: Codec['again'], payload: Uint8Array): Uint8Array | undefined {
  try {
    return again(payload)
  } catch (error) {
    if (error instanceof EthspanError && error.code === 'ERR_INVALID_RLP') return undefined
    throw error
  }
}

describe.each(Object.entries(codecs))('%s', (_, { payloads, again }) => {
  test('is read as it was written', () => {
    fc.assert(
      fc.property(payloads, (payload) => {
        expect(again(payload)).toEqual(payload)
      }),
    )
  })

  test('from damaged bytes is what these bytes say, or an error of ours', () => {
    const cases = payloads.chain(any.damaged)
    fc.assert(
      fc.property(cases, (payload) => {
        const read = readAgain(again, payload)
        if (read !== undefined) expect(read).toEqual(payload)
      }),
      { numRuns: 300 },
    )
  })

  test('from random bytes is an error of ours', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (payload) => {
        const read = readAgain(again, payload)
        if (read !== undefined) expect(read).toEqual(payload)
      }),
      { numRuns: 300 },
    )
  })

  test('over 10 MiB is refused unread', () => {
    const payload = new Uint8Array(eth.MAX_MESSAGE_BYTES + 1)
    expect(() => again(payload)).toThrow(expect.objectContaining({ code: 'ERR_MESSAGE_TOO_BIG' }))
  })
})
