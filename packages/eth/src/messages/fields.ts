// What many messages have in common.
import { expectHash, expectUint64, type Hash } from '@ethspan/chain'
import { decodeRlp, EthspanError, encodeRlp, expectList, joinRlpList, type RlpItem, splitRlpList } from '@ethspan/core'
import { MAX_ASKED_HASHES, MAX_MESSAGE_BYTES } from '../limits.js'

/** @throws {EthspanError} ERR_MESSAGE_TOO_BIG */
export function checkSize(payload: Uint8Array): void {
  if (payload.length <= MAX_MESSAGE_BYTES) return
  const fields = { size: payload.length, limit: MAX_MESSAGE_BYTES }
  throw new EthspanError(
    'ERR_MESSAGE_TOO_BIG',
    `a message of ${payload.length} bytes, the limit of eth is ${MAX_MESSAGE_BYTES}`,
    {
      fields,
    },
  )
}

/** A small message, decoded whole. @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function decodeFields(payload: Uint8Array, what: string, count: number): RlpItem[] {
  checkSize(payload)
  return expectList(decodeRlp(payload), what, { min: count, max: count })
}

/** A large message: its id and its other fields, encoded as they came. @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function splitAnswer(payload: Uint8Array, what: string, count = 2): { requestId: bigint; fields: Uint8Array[] } {
  checkSize(payload)
  const [id, ...fields] = splitRlpList(payload, what, { min: count, max: count })
  return { requestId: expectUint64(decodeRlp(id!), 'request id'), fields }
}

/** `[request-id, …, [items…]]`. */
export const joinAnswer = (requestId: bigint, ...fields: readonly Uint8Array[]): Uint8Array =>
  joinRlpList([encodeRlp(requestId), ...fields])

/** The id of any message that has one, without looking at the rest. @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function readRequestId(payload: Uint8Array): bigint {
  checkSize(payload)
  const [id] = splitRlpList(payload, 'message with a request id', { min: 2, max: 3 })
  return expectUint64(decodeRlp(id!), 'request id')
}

/** @throws {EthspanError} ERR_INVALID_RLP */
export const expectHashes = (item: RlpItem | undefined, what: string, max = MAX_ASKED_HASHES): Hash[] =>
  expectList(item, what, { max }).map((hash) => expectHash(hash, 'hash'))
