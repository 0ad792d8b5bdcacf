// Transactions as the wire sees them, and the messages that carry and announce them.
import { decodeRlp, encodeRlp, expectBytes, expectList, expectUint, keccak256 } from '@ethspan/core'
import { MAX_ANNOUNCED_TRANSACTIONS, MAX_POOLED_TRANSACTIONS_SERVE, MAX_TRANSACTIONS } from '../limits.js'
import { invalid, isList, joinList, splitList, stringPayload } from '../rlp-raw.js'
import { checkSize, decodeFields, expectHashes, type Hash, joinAnswer, splitAnswer } from './fields.js'

/** A transaction. What it says is opaque here, but for its outermost shape. */
export interface Transaction {
  /** 0 for a legacy transaction, else what EIP-2718 names it by: 1 to 0x7f. */
  readonly type: number
  /**
   * As in a block's transaction trie: RLP of a legacy transaction, else the type and its payload (EIP-2718). A view into the
   * message. From a pool, one with blobs has its sidecar inside (EIP-4844, EIP-7594).
   */
  readonly bytes: Uint8Array
}

export const BLOB_TX_TYPE = 3
export const MAX_TX_TYPE = 0x7f
/** nonce, gas price, gas limit, recipient, value, data, V, R, S. */
const LEGACY_FIELDS = 9

/** The form in lists on the wire: a legacy transaction as it is, a typed one as a byte string. */
export const encodeTransaction = ({ type, bytes }: Transaction): Uint8Array => (type === 0 ? bytes : encodeRlp(bytes))

/** @throws {EthspanError} ERR_INVALID_RLP */
export function decodeTransaction(raw: Uint8Array): Transaction {
  if (isList(raw)) {
    const limits = { maxDepth: 1, maxItems: LEGACY_FIELDS + 1 }
    expectList(decodeRlp(raw, limits), 'legacy transaction', { min: LEGACY_FIELDS, max: LEGACY_FIELDS })
    return { type: 0, bytes: raw }
  }
  const bytes = stringPayload(raw, 'transaction')
  const type = bytes[0]
  if (type === undefined || type === 0 || type > MAX_TX_TYPE) throw invalid(`transaction: there is no type ${type}`)
  if (bytes.length < 2 || !isList(bytes.subarray(1))) throw invalid('transaction: a typed one holds a list')
  return { type, bytes }
}

/**
 * The transaction's hash; of one with a blob sidecar the hash without it, as blocks have it.
 * @throws {EthspanError} ERR_INVALID_RLP for one with blobs whose outermost lists can't be read.
 */
export function transactionHash({ type, bytes }: Transaction): Hash {
  if (type !== BLOB_TX_TYPE) return keccak256(bytes)
  // With a sidecar it is [body, …], without it is the body, whose first field is no list.
  const [body] = splitList(bytes.subarray(1), 'blob transaction', { min: 1, max: 32 })
  if (!isList(body!)) return keccak256(bytes)
  const alone = new Uint8Array(1 + body!.length)
  alone[0] = type
  alone.set(body!, 1)
  return keccak256(alone)
}

export const encodeTransactions = (txs: readonly Transaction[]): Uint8Array => joinList(txs.map(encodeTransaction))

/** @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function decodeTransactions(payload: Uint8Array): Transaction[] {
  checkSize(payload)
  return splitList(payload, 'Transactions', { max: MAX_TRANSACTIONS }).map(decodeTransaction)
}

/** @param txs each as {@link encodeTransaction} gives it */
export const encodePooledTransactions = (requestId: bigint, txs: readonly Uint8Array[]): Uint8Array =>
  joinAnswer(requestId, joinList(txs))

/** @param max transactions that were asked for. @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function decodePooledTransactions(
  payload: Uint8Array,
  max: number = MAX_POOLED_TRANSACTIONS_SERVE,
): { requestId: bigint; transactions: Transaction[] } {
  const { requestId, fields } = splitAnswer(payload, 'PooledTransactions')
  return { requestId, transactions: splitList(fields[0]!, 'transactions', { max }).map(decodeTransaction) }
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
