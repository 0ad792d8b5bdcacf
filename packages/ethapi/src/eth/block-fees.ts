// What gas costs in a block, and in the one after it.
import {
  type Block,
  blobBaseFee,
  blobConfigAt,
  GAS_PER_BLOB,
  type Header,
  isForked,
  nextBaseFee,
  nextExcessBlobGas,
} from '@ethspan/chain'
import { effectiveTip } from '../format/prices.js'
import type { Backend } from './backend.js'
import { gasUsedInBlock } from './receipts.js'
import { readTransactions } from './transactions.js'

/** Wei per gas; ratios from 0 to 1. Geth: `processedFees`. */
export interface BlockFees {
  readonly baseFee: bigint
  readonly nextBaseFee: bigint
  readonly gasUsedRatio: number
  readonly blobBaseFee: bigint
  readonly nextBlobBaseFee: bigint
  readonly blobGasUsedRatio: number
}

export function blockFees({ chain: { config } }: Pick<Backend, 'chain'>, header: Header): BlockFees {
  const { number, baseFeePerGas = 0n, gasUsed, gasLimit, excessBlobGas, blobGasUsed = 0n, time } = header
  const isNextLondon = isForked(config, 'londonBlock', { number: number + 1n, time })
  // Of the block after it only the number is known; geth takes this one's time for it.
  const next = { ...header, excessBlobGas: nextExcessBlobGas(header, config, time) }
  const maxBlobGas = (blobConfigAt(config, header)?.max ?? 0) * GAS_PER_BLOB
  return {
    baseFee: baseFeePerGas,
    nextBaseFee: isNextLondon ? nextBaseFee(header, config) : 0n,
    gasUsedRatio: Number(gasUsed) / Number(gasLimit),
    blobBaseFee: blobBaseFee(header, config) ?? 0n,
    nextBlobBaseFee: excessBlobGas === undefined ? 0n : (blobBaseFee(next, config) ?? 0n),
    blobGasUsedRatio: maxBlobGas === 0 ? 0 : Number(blobGasUsed) / maxBlobGas,
  }
}

/**
 * The tips that were paid in a block, by percentile of its gas: the tip up to which so much of the block's gas was used.
 * Geth: `processBlock`.
 */
export async function blockRewards(backend: Backend, block: Block, percentiles: readonly number[]): Promise<bigint[]> {
  const { header } = block
  const gasUsed = await gasUsedInBlock(backend, block)
  const paid = readTransactions(backend, block)
    .map((tx, i) => ({ tip: effectiveTip(tx, header.baseFeePerGas), gas: gasUsed[i]! }))
    .sort((a, b) => (a.tip < b.tip ? -1 : Number(a.tip > b.tip)))
  let at = 0
  let gas = paid[0]?.gas ?? 0n
  return percentiles.map((percentile) => {
    const threshold = BigInt(Math.floor((Number(header.gasUsed) * percentile) / 100))
    while (gas < threshold && at < paid.length - 1) gas += paid[++at]!.gas
    return paid[at]?.tip ?? 0n
  })
}
