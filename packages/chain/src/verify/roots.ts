// What a header says of its block's transactions, withdrawals and receipts.
import { encodeRlp } from '@ethspan/core'
import type { Hash } from '../block/fields.js'
import { type Receipt, receiptConsensusBytes } from '../block/receipt.js'
import type { Transaction } from '../block/transaction.js'
import { trieRoot } from '../block/trie-root.js'

/** The root of a list: a trie by index. Others may run meanwhile. */
export const listRoot = (values: readonly Uint8Array[]): Promise<Hash> =>
  trieRoot(values.map((value, i) => [encodeRlp(i), value]))

export const transactionsRoot = (transactions: readonly Transaction[]): Promise<Hash> =>
  listRoot(transactions.map(({ bytes }) => bytes))

/** @param withdrawals RLP of each */
export const withdrawalsRoot = (withdrawals: readonly Uint8Array[]): Promise<Hash> => listRoot(withdrawals)

export const receiptsRoot = (receipts: readonly Receipt[]): Promise<Hash> =>
  listRoot(receipts.map((receipt) => receiptConsensusBytes(receipt)))
