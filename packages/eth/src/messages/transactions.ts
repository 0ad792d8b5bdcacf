// The messages that carry and announce transactions.
import { decodeTransaction, encodeTransaction, type Hash, type Transaction } from '@ethspan/chain'
import { encodeRlp, expectBytes, expectList, expectUint, joinRlpList, splitRlpList } from '@ethspan/core'
import { MAX_ANNOUNCED_TRANSACTIONS, MAX_POOLED_TRANSACTIONS_SERVE, MAX_TRANSACTIONS } from '../limits.js'
import { checkSize, decodeFields, expectHashes, joinAnswer, splitAnswer } from './fields.js'

export const encodeTransactions = (txs: readonly Transaction[]): Uint8Array => joinRlpList(txs.map(encodeTransaction))

/** @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function decodeTransactions(payload: Uint8Array): Transaction[] {
  checkSize(payload)
  return splitRlpList(payload, 'Transactions', { max: MAX_TRANSACTIONS }).map(decodeTransaction)
}

/** @param txs each as {@link encodeTransaction} gives it */
export const encodePooledTransactions = (requestId: bigint, txs: readonly Uint8Array[]): Uint8Array =>
  joinAnswer(requestId, joinRlpList(txs))

/** @param max transactions that were asked for. @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function decodePooledTransactions(
  payload: Uint8Array,
  max: number = MAX_POOLED_TRANSACTIONS_SERVE,
): { requestId: bigint; transactions: Transaction[] } {
  const { requestId, fields } = splitAnswer(payload, 'PooledTransactions')
  return { requestId, transactions: splitRlpList(fields[0]!, 'transactions', { max }).map(decodeTransaction) }
}

/** A transaction that a node has in its pool. */
export interface TransactionAnnouncement {
  readonly hash: Hash
  /** 0 to 255. */
  readonly type: number
  /** Of its network form without the list's prefix, bytes. */
  readonly size: number
}

/** `[types: B, [size…], [hash…]]` (EIP-5793). */
export function encodeNewPooledTransactionHashes(announced: readonly TransactionAnnouncement[]): Uint8Array {
  const types = Uint8Array.from(announced, ({ type }) => type)
  return encodeRlp([types, announced.map(({ size }) => size), announced.map(({ hash }) => hash)])
}

/** @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function decodeNewPooledTransactionHashes(payload: Uint8Array): TransactionAnnouncement[] {
  const fields = decodeFields(payload, 'NewPooledTransactionHashes', 3)
  const hashes = expectHashes(fields[2], 'hashes', MAX_ANNOUNCED_TRANSACTIONS)
  const types = expectBytes(fields[0], 'types', hashes.length)
  const sizes = expectList(fields[1], 'sizes', { min: hashes.length, max: hashes.length })
  return hashes.map((hash, i) => ({ hash, type: types[i]!, size: expectUint(sizes[i], 'size') }))
}
