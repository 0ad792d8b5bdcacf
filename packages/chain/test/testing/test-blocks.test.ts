import { bytesToHex, equalBytes, keccak256 } from '@ethspan/core'
import { type Hex, parseTransaction, recoverTransactionAddress, type TransactionSerialized } from 'viem'
import { describe, expect, test } from 'vitest'
import { decodeHeader, decodeReceipt69, encodeHeader, headerHash, unclesHash } from '../../src/index.js'
import { testAddress, testBlocks, testKey, testSpec, testTransaction } from '../../src/testing/index.js'

const hex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`

describe('transactions for tests', () => {
  test.each([0, 1, 2, 3, 4] as const)('one of type %i is read by viem and signed by its key', async (type) => {
    const { bytes } = testTransaction({ type, key: testKey(3), nonce: 7n, chainId: 99n })
    const serialized = hex(bytes) as TransactionSerialized
    const parsed = parseTransaction(serialized)
    expect([parsed.chainId, parsed.nonce, parsed.value]).toEqual([99, 7, 1n])
    const sender = await recoverTransactionAddress({ serializedTransaction: serialized as never })
    expect(sender.toLowerCase()).toBe(hex(testAddress(3)))
  })
})

describe('blocks for tests', () => {
  test('are linked, and made the same way every time', async () => {
    const spec = testSpec()
    const [a, b] = await Promise.all([testBlocks({ spec, count: 3 }), testBlocks({ spec, count: 3 })])
    expect(a.map(({ hash }) => hex(hash))).toEqual(b.map(({ hash }) => hex(hash)))
    for (const [i, { header, hash }] of a.entries()) {
      const parent = a[i - 1] ?? spec.genesis
      expect(hex(header.parentHash)).toBe(hex(parent.hash))
      expect(header.number).toBe(parent.header.number + 1n)
      expect(hex(hash)).toBe(hex(keccak256(header.raw)))
    }
  })

  test('go on from a parent, and branch by their extra data', async () => {
    const [one, two] = await testBlocks({ count: 2 })
    const [again] = await testBlocks({ count: 1, parent: one! })
    const [other] = await testBlocks({ count: 1, parent: one!, extra: 'b' })
    expect(hex(again!.hash)).toBe(hex(two!.hash))
    expect(hex(other!.hash)).not.toBe(hex(two!.hash))
  })

  test.each(['paris', 'shanghai', 'cancun', 'prague', 'osaka', 'amsterdam'] as const)(
    'have the header fields of %s and no others',
    async (fork) => {
      const fields = { paris: 16, shanghai: 17, cancun: 20, prague: 21, osaka: 21, amsterdam: 23 }[fork]
      const spec = testSpec({ fork })
      for (const { header } of [spec.genesis, ...(await testBlocks({ spec, count: 2 }))]) {
        // All that the encoding has, without `raw`.
        expect(Object.keys(decodeHeader(header.raw)).length - 1).toBe(fields)
        expect(equalBytes(encodeHeader(header), header.raw)).toBe(true)
      }
    },
  )

  test('change with a fork that comes later', async () => {
    const spec = testSpec({ fork: 'shanghai', config: { cancunTime: 1_700_000_024 } })
    const blocks = await testBlocks({ spec, count: 3 })
    expect(blocks.map(({ header }) => header.excessBlobGas)).toEqual([undefined, 0n, 0n])
  })

  test('hold as many transactions and withdrawals as asked, with a receipt for each', async () => {
    const [block] = await testBlocks({ count: 1, transactions: 6, withdrawals: 4 })
    const { body, receipts, header } = block!
    expect([body.transactions.length, receipts.length, body.withdrawals?.length]).toEqual([6, 6, 4])
    expect(receipts.map((raw) => decodeReceipt69(raw).type)).toEqual(body.transactions.map(({ type }) => type))
    expect(decodeReceipt69(receipts.at(-1)!).cumulativeGasUsed).toBe(header.gasUsed)
    expect(hex(unclesHash(body))).toBe(hex(header.ommersHash))
    expect(hex(headerHash(header))).toBe(hex(block!.hash))
  })

  test('hold the transactions they are given, their blobs counted', async () => {
    const given = [testTransaction({ nonce: 0n }), testTransaction({ nonce: 1n, type: 3 })]
    const [block] = await testBlocks({ count: 1, transactions: () => given })
    expect(block!.body.transactions.map(({ bytes }) => hex(bytes))).toEqual(given.map(({ bytes }) => hex(bytes)))
    expect(block!.header.blobGasUsed).toBe(131_072n)
  })
})
