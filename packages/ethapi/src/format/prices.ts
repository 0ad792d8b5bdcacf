// What a transaction offers for its gas, and what it pays. Wei each.
import { isAccessList2930Tx, isLegacyTx, type TypedTransaction } from '@ethereumjs/tx'

/** The most that it pays per gas. */
export const feeCap = (tx: TypedTransaction): bigint =>
  isLegacyTx(tx) || isAccessList2930Tx(tx) ? tx.gasPrice : tx.maxFeePerGas

/** The most of it that goes to whoever proposes the block. */
export const tipCap = (tx: TypedTransaction): bigint =>
  isLegacyTx(tx) || isAccessList2930Tx(tx) ? tx.gasPrice : tx.maxPriorityFeePerGas

/** The tip that is left in a block with this base fee; negative where the cap lies below it. */
export function effectiveTip(tx: TypedTransaction, baseFee = 0n): bigint {
  const left = feeCap(tx) - baseFee
  const tip = tipCap(tx)
  return tip < left ? tip : left
}

/** What it pays per gas in a block with this base fee; undefined before London. */
export function effectiveGasPrice(tx: TypedTransaction, baseFee: bigint | undefined): bigint {
  return baseFee === undefined ? feeCap(tx) : effectiveTip(tx, baseFee) + baseFee
}
