// Requests that are a list of hashes: GetBlockBodies, GetPooledTransactions, GetBlockAccessLists, GetReceipts.
import { expectUint64, type Hash } from '@ethspan/chain'
import { encodeRlp } from '@ethspan/core'
import { decodeFields, expectHashes } from './fields.js'

export interface HashRequest {
  readonly requestId: bigint
  readonly hashes: readonly Hash[]
}

/** `[request-id: P, [hash₁: B_32, …]]`: GetBlockBodies, GetPooledTransactions, GetBlockAccessLists, and GetReceipts until eth/69. */
export const encodeHashRequest = (requestId: bigint, hashes: readonly Hash[]): Uint8Array =>
  encodeRlp([requestId, hashes])

/** @param what the message's name. @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function decodeHashRequest(payload: Uint8Array, what: string): HashRequest {
  const [requestId, hashes] = decodeFields(payload, what, 2)
  return { requestId: expectUint64(requestId, 'request id'), hashes: expectHashes(hashes, 'hashes') }
}

/** GetReceipts of eth/70 and later (EIP-7975). */
export interface GetReceipts70 extends HashRequest {
  /** Receipts of the first block to leave out. */
  readonly firstBlockReceiptIndex: bigint
}

/** `[request-id: P, first-block-receipt-index: P, [hash₁: B_32, …]]`. */
export const encodeGetReceipts70 = (requestId: bigint, firstIndex: bigint, hashes: readonly Hash[]): Uint8Array =>
  encodeRlp([requestId, firstIndex, hashes])

/** @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function decodeGetReceipts70(payload: Uint8Array): GetReceipts70 {
  const [requestId, firstIndex, hashes] = decodeFields(payload, 'GetReceipts', 3)
  return {
    requestId: expectUint64(requestId, 'request id'),
    firstBlockReceiptIndex: expectUint64(firstIndex, 'first receipt'),
    hashes: expectHashes(hashes, 'hashes'),
  }
}
