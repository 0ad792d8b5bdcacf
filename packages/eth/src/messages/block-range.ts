import { expectHash, expectUint64, type Hash } from '@ethspan/chain'
import { encodeRlp, type RlpItem } from '@ethspan/core'
import { decodeFields } from './fields.js'

/** The blocks that a node can be asked for (EIP-7642). */
export interface BlockRange {
  readonly earliest: bigint
  readonly latest: bigint
  readonly latestHash: Hash
}

/** `[earliest: P, latest: P, latest-hash: B_32]`, BlockRangeUpdate. */
export const encodeBlockRange = ({ earliest, latest, latestHash }: BlockRange): Uint8Array =>
  encodeRlp([earliest, latest, latestHash])

/** @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG. Whether the range is possible is told by {@link blockRangeFault}. */
export function decodeBlockRange(payload: Uint8Array): BlockRange {
  const [earliest, latest, latestHash] = decodeFields(payload, 'BlockRangeUpdate', 3)
  return readBlockRange(earliest, latest, latestHash)
}

/** @throws {EthspanError} ERR_INVALID_RLP */
export const readBlockRange = (
  earliest: RlpItem | undefined,
  latest: RlpItem | undefined,
  latestHash: RlpItem | undefined,
): BlockRange => ({
  earliest: expectUint64(earliest, 'earliest block'),
  latest: expectUint64(latest, 'latest block'),
  latestHash: expectHash(latestHash, 'latest hash'),
})

/** Why no node can have this range, undefined where one can. Source: geth, `BlockRangeUpdatePacket.Validate`. */
export function blockRangeFault({ earliest, latest, latestHash }: BlockRange): string | undefined {
  if (earliest > latest) return `the earliest block, ${earliest}, comes after the latest, ${latest}`
  return latestHash.some((byte) => byte !== 0) ? undefined : 'the hash of the latest block is zero'
}
