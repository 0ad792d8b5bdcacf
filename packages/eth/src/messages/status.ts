import { expectHash, expectUint64, type Hash } from '@ethspan/chain'
import { encodeRlp, expectBigUint, expectUint } from '@ethspan/core'
import { type ForkId, forkIdRlp, readForkId } from '../fork-id.js'
import { type BlockRange, readBlockRange } from './block-range.js'
import type { EthVersion } from './codes.js'
import { decodeFields } from './fields.js'

interface StatusBase {
  /** The protocol's version, which both sides know already. */
  readonly version: number
  readonly networkId: bigint
  readonly genesisHash: Hash
  readonly forkId: ForkId
}

/** Status of eth/68. */
export interface Status68 extends StatusBase {
  /** Of all blocks up to the best one. After the merge nobody acts on it. */
  readonly totalDifficulty: bigint
  readonly bestHash: Hash
  readonly range?: undefined
}

/** Status of eth/69 and later (EIP-7642). */
export interface Status69 extends StatusBase {
  /** The blocks that can be asked for. */
  readonly range: BlockRange
}

export type Status = Status68 | Status69

/** The layout follows from what `status` has, which must fit the version. */
export function encodeStatus(status: Status): Uint8Array {
  const { version, networkId, genesisHash, forkId } = status
  if (status.range === undefined) {
    const { totalDifficulty, bestHash } = status
    return encodeRlp([version, networkId, totalDifficulty, bestHash, genesisHash, forkIdRlp(forkId)])
  }
  const { earliest, latest, latestHash } = status.range
  return encodeRlp([version, networkId, genesisHash, forkIdRlp(forkId), earliest, latest, latestHash])
}

/**
 * Reads the Status of the negotiated `version`. Whether it fits our chain is for the handshake to say.
 * @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG
 */
export function decodeStatus(payload: Uint8Array, version: EthVersion): Status {
  if (version === 68) {
    const [told, networkId, totalDifficulty, bestHash, genesis, forkId] = decodeFields(payload, 'Status', 6)
    return {
      version: expectUint(told, 'protocol version'),
      networkId: expectUint64(networkId, 'network id'),
      totalDifficulty: expectBigUint(totalDifficulty, 'total difficulty'),
      bestHash: expectHash(bestHash, 'best hash'),
      genesisHash: expectHash(genesis, 'genesis hash'),
      forkId: readForkId(forkId),
    }
  }
  const [told, networkId, genesis, forkId, earliest, latest, latestHash] = decodeFields(payload, 'Status', 7)
  return {
    version: expectUint(told, 'protocol version'),
    networkId: expectUint64(networkId, 'network id'),
    genesisHash: expectHash(genesis, 'genesis hash'),
    forkId: readForkId(forkId),
    range: readBlockRange(earliest, latest, latestHash),
  }
}
