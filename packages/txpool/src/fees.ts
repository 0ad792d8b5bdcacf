// What a transaction pays, and how much that is worth to whoever makes the next block.
import type { TypedTransaction } from '@ethereumjs/tx'

/** What a transaction offers, wei; of one without a priority fee both are its gas price. */
export interface FeeCaps {
  readonly feeCap: bigint
  readonly tipCap: bigint
  /** 0 of one without blobs. */
  readonly blobFeeCap: bigint
}

/** What the next block asks for, wei. */
export interface Fees {
  /** 0 before London. */
  readonly baseFee: bigint
  /** 0 before Cancun. */
  readonly blobFee: bigint
}

/** How soon a transaction can be mined and what its block's maker gets: the smaller, the sooner it leaves a full pool. */
export interface Worth {
  /** Blocks that fees have to fall before it can be mined, as a negative number; counted for transactions with blobs alone. */
  readonly patience: number
  /** Wei for each gas above the base fee; negative where it doesn't pay that. */
  readonly tip: bigint
}

/** By so much a base fee falls in a block at most (EIP-1559), and a blob's fee (EIP-4844; geth: `dynamicBlobFeeJumps`). */
const BASE_FEE_STEP = Math.log(1.125)
const BLOB_FEE_STEP = Math.log(1.17)

export function feeCapsOf(tx: TypedTransaction): FeeCaps {
  const blobFeeCap = 'maxFeePerBlobGas' in tx ? tx.maxFeePerBlobGas : 0n
  if ('maxFeePerGas' in tx) return { feeCap: tx.maxFeePerGas, tipCap: tx.maxPriorityFeePerGas, blobFeeCap }
  return { feeCap: tx.gasPrice, tipCap: tx.gasPrice, blobFeeCap }
}

export function worthOf({ feeCap, tipCap, blobFeeCap }: FeeCaps, { baseFee, blobFee }: Fees, hasBlobs: boolean): Worth {
  const left = feeCap - baseFee
  const tip = left < tipCap ? left : tipCap
  if (!hasBlobs) return { patience: 0, tip }
  const wait = Math.max(steps(baseFee, feeCap, BASE_FEE_STEP), steps(blobFee, blobFeeCap, BLOB_FEE_STEP))
  return { patience: 0 - wait, tip }
}

/** Blocks until a price that falls by a step each has come down to the offer. */
function steps(price: bigint, offer: bigint, step: number): number {
  if (offer >= price) return 0
  return Math.ceil((Math.log(Number(price)) - Math.log(Math.max(Number(offer), 1))) / step)
}

/** Negative where `a` is worth less, 0 for what is worth the same. */
export function compareWorth(a: Worth, b: Worth): number {
  if (a.patience !== b.patience) return a.patience - b.patience
  return a.tip < b.tip ? -1 : a.tip > b.tip ? 1 : 0
}

/**
 * Whether `fresh` pays enough more than `old` to take its place: all fee caps higher, and each by `bump` percent at least.
 * Source: geth, `list.Add` and `BlobPool.validateTx`.
 */
export function outbids(fresh: FeeCaps, old: FeeCaps, bump: bigint): boolean {
  const higher = (now: bigint, before: bigint) => now > before && now >= (before * (100n + bump)) / 100n
  if (!higher(fresh.feeCap, old.feeCap) || !higher(fresh.tipCap, old.tipCap)) return false
  return old.blobFeeCap === 0n || higher(fresh.blobFeeCap, old.blobFeeCap)
}
