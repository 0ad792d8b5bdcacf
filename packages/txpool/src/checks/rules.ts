import type { Common } from '@ethereumjs/common'
import { blobBaseFee, type ChainConfig, commonAt, type Header, nextBaseFee } from '@ethspan/chain'
import type { Fees } from '../fees.js'

/** What holds for transactions on top of a head. Like geth, the pool takes the head's own rules, not those of the next block. */
export interface Rules {
  readonly common: Common
  /** The name of the head's fork: another one, and all is checked anew. */
  readonly fork: string
  /** Of a block. */
  readonly gasLimit: bigint
  readonly fees: Fees
}

/** @param before rules of an earlier head, whose `common` is used again where the fork is the same. */
export function rulesAt(common: Common, config: ChainConfig, header: Header, before?: Rules): Rules {
  const ofHead = commonAt(common, header)
  const fork = ofHead.hardfork()
  return {
    common: before?.fork === fork ? before.common : ofHead,
    fork,
    gasLimit: header.gasLimit,
    fees: {
      baseFee: ofHead.isActivatedEIP(1559) ? nextBaseFee(header, config) : 0n,
      blobFee: blobBaseFee(header, config) ?? 0n,
    },
  }
}
