// GetBlockHeaders and BlockHeaders.
import { decodeHeader, expectUint64, HASH_BYTES, type Hash, type Header } from '@ethspan/chain'
import { encodeRlp, expectBytes, expectList, expectUint, invalidRlp, joinRlpList, splitRlpList } from '@ethspan/core'
import { decodeFields, joinAnswer, splitAnswer } from './fields.js'

/** Which headers are asked for. */
export interface HeadersQuery {
  /** The first block, by number or by hash. */
  readonly origin: bigint | Hash
  readonly limit: bigint
  /** Blocks left out between two headers. Default 0. */
  readonly skip?: bigint
  /** Towards the genesis block. Default false. */
  readonly reverse?: boolean
}

export interface GetBlockHeaders extends Required<HeadersQuery> {
  readonly requestId: bigint
}

/** @throws {EthspanError} ERR_INVALID_RLP for an origin that is neither number nor hash. */
export function encodeGetBlockHeaders(requestId: bigint, { origin, limit, skip, reverse }: HeadersQuery): Uint8Array {
  if (origin instanceof Uint8Array && origin.length !== HASH_BYTES)
    throw invalidRlp('origin: expected a number or a hash')
  return encodeRlp([requestId, [origin, limit, skip ?? 0n, reverse ?? false]])
}

/** @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function decodeGetBlockHeaders(payload: Uint8Array): GetBlockHeaders {
  const [requestId, query] = decodeFields(payload, 'GetBlockHeaders', 2)
  const [start, limit, skip, reverse] = expectList(query, 'headers query', { min: 4, max: 4 })
  const bytes = expectBytes(start, 'origin')
  return {
    requestId: expectUint64(requestId, 'request id'),
    origin: bytes.length === HASH_BYTES ? bytes : expectUint64(bytes, 'origin'),
    limit: expectUint64(limit, 'limit'),
    skip: expectUint64(skip, 'skip'),
    reverse: expectUint(reverse, 'reverse', 1) === 1,
  }
}

/** @param headers RLP of each */
export const encodeBlockHeaders = (requestId: bigint, headers: readonly Uint8Array[]): Uint8Array =>
  joinAnswer(requestId, joinRlpList(headers))

/** @param max headers that were asked for. @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function decodeBlockHeaders(payload: Uint8Array, max: number): { requestId: bigint; headers: Header[] } {
  const { requestId, fields } = splitAnswer(payload, 'BlockHeaders')
  return { requestId, headers: splitRlpList(fields[0]!, 'headers', { max }).map(decodeHeader) }
}
