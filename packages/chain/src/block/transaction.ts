// Transactions as the wire and the trie see them: opaque but for their outermost shape.
import {
  decodeRlp,
  encodeRlp,
  expectList,
  invalidRlp,
  isRlpList,
  keccak256,
  rlpStringPayload,
  splitRlpList,
} from '@ethspan/core'
import type { Hash } from './fields.js'

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
  if (isRlpList(raw)) {
    const limits = { maxDepth: 1, maxItems: LEGACY_FIELDS + 1 }
    expectList(decodeRlp(raw, limits), 'legacy transaction', { min: LEGACY_FIELDS, max: LEGACY_FIELDS })
    return { type: 0, bytes: raw }
  }
  const bytes = rlpStringPayload(raw, 'transaction')
  const type = bytes[0]
  if (type === undefined || type === 0 || type > MAX_TX_TYPE) throw invalidRlp(`transaction: there is no type ${type}`)
  if (bytes.length < 2 || !isRlpList(bytes.subarray(1))) throw invalidRlp('transaction: a typed one holds a list')
  return { type, bytes }
}

/**
 * The transaction's hash; of one with a blob sidecar the hash without it, as blocks have it.
 * @throws {EthspanError} ERR_INVALID_RLP for one with blobs whose outermost lists can't be read.
 */
export function transactionHash({ type, bytes }: Transaction): Hash {
  if (type !== BLOB_TX_TYPE) return keccak256(bytes)
  // With a sidecar it is [body, …], without it is the body, whose first field is no list.
  const [body] = splitRlpList(bytes.subarray(1), 'blob transaction', { min: 1, max: 32 })
  if (!isRlpList(body!)) return keccak256(bytes)
  const alone = new Uint8Array(1 + body!.length)
  alone[0] = type
  alone.set(body!, 1)
  return keccak256(alone)
}
