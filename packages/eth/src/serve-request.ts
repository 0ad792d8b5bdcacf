// What a peer asks for, read, and the message that answers it.
import { encodeBlockAccessLists } from './messages/access-lists.js'
import { encodeBlockBodies } from './messages/bodies.js'
import { EthMsg, type EthVersion, msgName } from './messages/codes.js'
import { decodeGetReceipts70, decodeHashRequest } from './messages/hash-requests.js'
import { decodeGetBlockHeaders, encodeBlockHeaders } from './messages/headers.js'
import { encodeReceipts, encodeReceipts70 } from './messages/receipts.js'
import { encodePooledTransactions } from './messages/transactions.js'
import type { EthServing } from './serve.js'

export interface AnswerMessage {
  readonly code: number
  readonly payload: Uint8Array
}

/** Looks up what answers a request that has been read. */
export type Answering = (serving: EthServing) => Promise<AnswerMessage>

/**
 * Reads a request.
 * @param code of one of the requests of eth
 * @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG
 */
export function readRequest(code: number, payload: Uint8Array, version: EthVersion): Answering {
  if (code === EthMsg.GetBlockHeaders) {
    const { requestId, ...query } = decodeGetBlockHeaders(payload)
    return async (serving) => ({
      code: EthMsg.BlockHeaders,
      payload: encodeBlockHeaders(requestId, await serving.blockHeaders(query)),
    })
  }
  if (code === EthMsg.GetReceipts) return readGetReceipts(payload, version)
  const { requestId, hashes } = decodeHashRequest(payload, msgName(code))
  switch (code) {
    case EthMsg.GetBlockBodies:
      return async (serving) => ({
        code: EthMsg.BlockBodies,
        payload: encodeBlockBodies(requestId, await serving.blockBodies(hashes)),
      })
    case EthMsg.GetPooledTransactions:
      return async (serving) => ({
        code: EthMsg.PooledTransactions,
        payload: encodePooledTransactions(requestId, await serving.pooledTransactions(hashes)),
      })
    default:
      return async (serving) => ({
        code: EthMsg.BlockAccessLists,
        payload: encodeBlockAccessLists(requestId, await serving.accessLists(hashes)),
      })
  }
}

function readGetReceipts(payload: Uint8Array, version: EthVersion): Answering {
  const query =
    version >= 70
      ? decodeGetReceipts70(payload)
      : { ...decodeHashRequest(payload, 'GetReceipts'), firstBlockReceiptIndex: 0n }
  const { requestId, hashes, firstBlockReceiptIndex } = query
  return async (serving) => {
    const { blocks, lastBlockIncomplete } = await serving.receipts(version, hashes, firstBlockReceiptIndex)
    const answer =
      version >= 70 ? encodeReceipts70(requestId, lastBlockIncomplete, blocks) : encodeReceipts(requestId, blocks)
    return { code: EthMsg.Receipts, payload: answer }
  }
}
