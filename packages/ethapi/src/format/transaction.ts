// Transactions as geth writes them: `RPCTransaction`.
import {
  isAccessList2930Tx,
  isBlob4844Tx,
  isEOACode7702Tx,
  isLegacyTx,
  type LegacyTx,
  type TypedTransaction,
} from '@ethereumjs/tx'
import type { Hash } from '@ethspan/chain'
import { bytesToBigInt, hex, type Json, quantity } from './hex.js'
import { effectiveGasPrice, feeCap } from './prices.js'

/** Where a transaction was mined. */
export interface MinedAt {
  readonly blockHash: Hash
  readonly blockNumber: bigint
  /** Of the block, seconds since 1970. */
  readonly time: bigint
  /** Undefined before London. */
  readonly baseFee: bigint | undefined
  /** In the block, from 0. */
  readonly index: number
}

/** A transaction whose sender and hash are known. */
export interface SentTransaction {
  readonly tx: TypedTransaction
  readonly hash: Hash
  /** 20 bytes. */
  readonly sender: Uint8Array
}

/** @param at undefined for one that waits in the pool */
export function transactionJson({ tx, hash, sender }: SentTransaction, at: MinedAt | undefined): Json {
  return {
    blockHash: at === undefined ? null : hex(at.blockHash),
    blockNumber: at === undefined ? null : quantity(at.blockNumber),
    blockTimestamp: at === undefined ? null : quantity(at.time),
    transactionIndex: at === undefined ? null : quantity(at.index),
    from: hex(sender),
    gas: quantity(tx.gasLimit),
    gasPrice: quantity(at === undefined ? feeCap(tx) : effectiveGasPrice(tx, at.baseFee)),
    hash: hex(hash),
    input: hex(tx.data),
    nonce: quantity(tx.nonce),
    to: tx.to === undefined ? null : hex(tx.to.bytes),
    value: quantity(tx.value),
    type: quantity(tx.type),
    v: quantity(tx.v ?? 0n),
    r: quantity(tx.r ?? 0n),
    s: quantity(tx.s ?? 0n),
    ...(isLegacyTx(tx) ? legacyFields(tx) : typedFields(tx)),
  }
}

/** The chain's id, where the signature names one (EIP-155). */
function legacyFields({ v = 0n }: LegacyTx): Json {
  const FIRST_PROTECTED = 35n
  return v < FIRST_PROTECTED ? {} : { chainId: quantity((v - FIRST_PROTECTED) / 2n) }
}

function typedFields(tx: Exclude<TypedTransaction, LegacyTx>): Json {
  const common = {
    accessList: tx.accessList.map(([address, slots]) => ({ address: hex(address), storageKeys: slots.map(hex) })),
    chainId: quantity(tx.chainId),
    yParity: quantity(tx.v ?? 0n),
  }
  if (isAccessList2930Tx(tx)) return common
  const fees = {
    maxFeePerGas: quantity(tx.maxFeePerGas),
    maxPriorityFeePerGas: quantity(tx.maxPriorityFeePerGas),
  }
  if (isBlob4844Tx(tx)) {
    const blobs = {
      maxFeePerBlobGas: quantity(tx.maxFeePerBlobGas),
      blobVersionedHashes: tx.blobVersionedHashes,
    }
    return { ...common, ...fees, ...blobs }
  }
  if (!isEOACode7702Tx(tx)) return { ...common, ...fees }
  return { ...common, ...fees, authorizationList: tx.authorizationList.map(authorizationJson) }
}

/** `[chain id, address, nonce, y parity, r, s]`, EIP-7702. */
const authorizationJson = ([chainId, address, nonce, yParity, r, s]: readonly Uint8Array[]): Json => ({
  chainId: quantity(bytesToBigInt(chainId!)),
  address: hex(address!),
  nonce: quantity(bytesToBigInt(nonce!)),
  yParity: quantity(bytesToBigInt(yParity!)),
  r: quantity(bytesToBigInt(r!)),
  s: quantity(bytesToBigInt(s!)),
})
