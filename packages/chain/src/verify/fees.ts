// What gas and blob gas cost in the next block.
import type { Header } from '../block/header.js'
import type { BlobConfig, ChainConfig } from '../config/chain-config.js'
import { INITIAL_BASE_FEE } from '../config/chain-spec.js'
import { blobConfigAt, isForked } from '../config/rules.js'
import { GAS_PER_BLOB } from '../limits.js'

/** A block's gas limit is so many times its target. Source: EIP-1559, `ELASTICITY_MULTIPLIER`. */
export const ELASTICITY = 2n
/** The base fee changes by one of so many parts at most. Source: EIP-1559, `BASE_FEE_MAX_CHANGE_DENOMINATOR`. */
const BASE_FEE_PARTS = 8n
/** Wei. Source: EIP-4844, `MIN_BASE_FEE_PER_BLOB_GAS`. */
const MIN_BLOB_BASE_FEE = 1n
/** Gas whose price that of a blob does not fall below. Source: EIP-7918, `BLOB_BASE_COST`. */
const BLOB_BASE_COST = 2n ** 13n

type FeeFields = Pick<Header, 'number' | 'time' | 'gasLimit' | 'gasUsed' | 'baseFeePerGas'>
type BlobFields = Pick<Header, 'number' | 'baseFeePerGas' | 'blobGasUsed' | 'excessBlobGas'>

/** What the base fee of the block after `parent` must be, wei (EIP-1559). Only from London on. */
export function nextBaseFee(parent: FeeFields, config: ChainConfig): bigint {
  const { baseFeePerGas: fee, gasUsed } = parent
  if (fee === undefined || !isForked(config, 'londonBlock', parent)) return INITIAL_BASE_FEE
  const target = parent.gasLimit / ELASTICITY
  if (gasUsed === target || target === 0n) return fee
  if (gasUsed < target) return fee - (fee * (target - gasUsed)) / target / BASE_FEE_PARTS
  const more = (fee * (gasUsed - target)) / target / BASE_FEE_PARTS
  return fee + (more === 0n ? 1n : more)
}

/**
 * What the excess blob gas of a block at `time` after `parent` must be (EIP-4844, from Osaka EIP-7918). Only from Cancun on;
 * without blob parameters it is 0. The work grows with the parent's excess: it must be a block of a chain, not any header.
 */
export function nextExcessBlobGas(parent: BlobFields, config: ChainConfig, time: bigint): bigint {
  const place = { number: parent.number + 1n, time }
  const blobs = blobConfigAt(config, place)
  if (blobs === undefined) return 0n
  const { excessBlobGas: parentExcess = 0n, blobGasUsed: used = 0n } = parent
  const target = BigInt(blobs.target * GAS_PER_BLOB)
  if (parentExcess + used < target) return 0n
  if (isForked(config, 'osakaTime', place)) {
    const reservePrice = BLOB_BASE_COST * (parent.baseFeePerGas ?? 0n)
    if (reservePrice > BigInt(GAS_PER_BLOB) * blobGasPrice(parentExcess, blobs)) {
      return parentExcess + (used * BigInt(blobs.max - blobs.target)) / BigInt(blobs.max)
    }
  }
  return parentExcess + used - target
}

/** What one blob gas costs in a block, wei; undefined before Cancun. */
export function blobBaseFee(
  header: Pick<Header, 'number' | 'time' | 'excessBlobGas'>,
  config: ChainConfig,
): bigint | undefined {
  const blobs = blobConfigAt(config, header)
  if (blobs === undefined || header.excessBlobGas === undefined) return undefined
  return blobGasPrice(header.excessBlobGas, blobs)
}

const blobGasPrice = (excess: bigint, { baseFeeUpdateFraction }: BlobConfig): bigint =>
  fakeExponential(MIN_BLOB_BASE_FEE, excess, BigInt(baseFeeUpdateFraction))

/** About `factor * e ** (numerator / denominator)`, as EIP-4844 rounds it. */
export function fakeExponential(factor: bigint, numerator: bigint, denominator: bigint): bigint {
  let sum = 0n
  let term = factor * denominator
  for (let i = 1n; term > 0n; i++) {
    sum += term
    term = (term * numerator) / (denominator * i)
  }
  return sum / denominator
}
