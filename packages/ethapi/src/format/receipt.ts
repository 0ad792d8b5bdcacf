// Receipts and logs as geth writes them: `MarshalReceipt` and `types.Log`.
import { isBlob4844Tx, type TypedTransaction } from '@ethereumjs/tx'
import { GAS_PER_BLOB, type Hash, type Log, logsBloom } from '@ethspan/chain'
import { encodeRlp, keccak256 } from '@ethspan/core'
import { type Hex, hex, type Json, quantity } from './hex.js'
import { effectiveGasPrice } from './prices.js'
import type { MinedAt, SentTransaction } from './transaction.js'

/** Where a log was written. */
export interface LogPlace {
  readonly blockHash: Hash
  readonly blockNumber: bigint
  /** Of the block, seconds since 1970. */
  readonly time: bigint
  readonly transactionHash: Hash
  readonly transactionIndex: number
  /** In the block, from 0. */
  readonly logIndex: number
  /** Its block is not on the canonical chain any more. */
  readonly removed: boolean
}

export type LogJson = Json & { readonly data: Hex }

export const logJson = ({ address, topics, data }: Log, place: LogPlace): LogJson => ({
  address: hex(address),
  topics: topics.map(hex),
  data: hex(data),
  blockNumber: quantity(place.blockNumber),
  transactionHash: hex(place.transactionHash),
  transactionIndex: quantity(place.transactionIndex),
  blockHash: hex(place.blockHash),
  blockTimestamp: quantity(place.time),
  logIndex: quantity(place.logIndex),
  removed: place.removed,
})

/** A receipt with what only its block tells. */
export interface ReceiptInBlock {
  /** From Byzantium empty (failed) or the byte 1; before it a state root. */
  readonly postStateOrStatus: Uint8Array
  readonly cumulativeGasUsed: bigint
  readonly logs: readonly Log[]
  /** Cumulative gas of the one before it; 0 for the first. */
  readonly gasBefore: bigint
  /** Logs of all before it. */
  readonly logsBefore: number
  /** Of the block, wei; undefined before Cancun. */
  readonly blobBaseFee: bigint | undefined
}

export function receiptJson(sent: SentTransaction, at: MinedAt, inBlock: ReceiptInBlock): Json {
  const { tx, hash, sender } = sent
  const { cumulativeGasUsed, gasBefore, logs, logsBefore } = inBlock
  const place = {
    blockHash: at.blockHash,
    blockNumber: at.blockNumber,
    time: at.time,
    transactionHash: hash,
    transactionIndex: at.index,
    removed: false,
  }
  return {
    blockHash: hex(at.blockHash),
    blockNumber: quantity(at.blockNumber),
    transactionHash: hex(hash),
    transactionIndex: quantity(at.index),
    from: hex(sender),
    to: tx.to === undefined ? null : hex(tx.to.bytes),
    gasUsed: quantity(cumulativeGasUsed - gasBefore),
    cumulativeGasUsed: quantity(cumulativeGasUsed),
    contractAddress: tx.to === undefined ? hex(contractAddress(sender, tx.nonce)) : null,
    logs: logs.map((log, i) => logJson(log, { ...place, logIndex: logsBefore + i })),
    logsBloom: hex(logsBloom(logs)),
    type: quantity(tx.type),
    effectiveGasPrice: quantity(effectiveGasPrice(tx, at.baseFee)),
    ...outcome(inBlock),
    ...blobFields(tx, inBlock.blobBaseFee),
  }
}

/** From Byzantium on a status, before it the state's root. */
function outcome({ postStateOrStatus }: ReceiptInBlock): Json {
  const STATUS_BYTES = 1
  if (postStateOrStatus.length > STATUS_BYTES) return { root: hex(postStateOrStatus) }
  return { status: quantity(postStateOrStatus[0] ?? 0) }
}

function blobFields(tx: TypedTransaction, blobBaseFee = 0n): Json {
  if (!isBlob4844Tx(tx)) return {}
  const blobGasUsed = tx.blobVersionedHashes.length * GAS_PER_BLOB
  return { blobGasUsed: quantity(blobGasUsed), blobGasPrice: quantity(blobBaseFee) }
}

/** Of the contract that a transaction creates, 20 bytes. */
export const contractAddress = (sender: Uint8Array, nonce: bigint): Uint8Array =>
  keccak256(encodeRlp([sender, nonce])).subarray(-20)
