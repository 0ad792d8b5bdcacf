// What became of a transaction, proven against the header of its block.
import type { TypedTransaction } from '@ethereumjs/tx'
import { type Block, type ChainReader, decodeReceipt69, receiptsRoot } from '@ethspan/chain'
import { bytesToHex, equalBytes } from '@ethspan/core'
import type { OwnTransaction } from '../chain-view.js'

/** Undefined where the block's receipts are not here, or their root is not the one in its header. */
export async function proveReceipt(
  chain: Pick<ChainReader, 'receipts'>,
  { hash, header }: Block,
  index: number,
  tx: TypedTransaction,
): Promise<Required<Pick<OwnTransaction, 'fee' | 'succeeded' | 'receiptsRoot'>> | undefined> {
  const raws = await chain.receipts(hash)
  const receipts = raws?.map((raw) => decodeReceipt69(raw))
  const receipt = receipts?.[index]
  if (receipts === undefined || receipt === undefined) return undefined
  const root = await receiptsRoot(receipts)
  if (!equalBytes(root, header.receiptsRoot)) return undefined
  const gas = receipt.cumulativeGasUsed - (receipts[index - 1]?.cumulativeGasUsed ?? 0n)
  const price = tx.getEffectivePriorityFee(header.baseFeePerGas ?? 0n) + (header.baseFeePerGas ?? 0n)
  return {
    fee: `${gas * price}`,
    succeeded: equalBytes(receipt.postStateOrStatus, Uint8Array.of(1)),
    receiptsRoot: `0x${bytesToHex(root)}`,
  }
}
