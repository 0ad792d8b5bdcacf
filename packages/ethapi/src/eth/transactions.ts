// The transactions of a block, and who sent them.
import type { TypedTransaction } from '@ethereumjs/tx'
import { type Block, commonAt, type Hash, readTransaction, senderOf, transactionHash } from '@ethspan/chain'
import { bytesToHex } from '@ethspan/core'
import { type Hex, hex } from '../format/hex.js'
import type { MinedAt, SentTransaction } from '../format/transaction.js'
import type { Backend } from './backend.js'

/** The transactions of a block. */
export function readTransactions({ common }: Backend, { header, body }: Block): TypedTransaction[] {
  const rules = commonAt(common, header)
  return body.transactions.map((transaction) => readTransaction(transaction, rules))
}

/** The transactions of a block with their senders. */
export const sentTransactions = (backend: Backend, block: Block): SentTransaction[] =>
  readTransactions(backend, block).map((tx, i) => sent(backend, block, { tx, index: i }))

/** One of them. */
export function sentTransaction(backend: Backend, block: Block, index: number): SentTransaction {
  const rules = commonAt(backend.common, block.header)
  return sent(backend, block, { tx: readTransaction(block.body.transactions[index]!, rules), index })
}

/** To find out who signed one takes a millisecond, so it is remembered. */
function sent(
  { senders }: Backend,
  { body }: Block,
  { tx, index }: { readonly tx: TypedTransaction; readonly index: number },
): SentTransaction {
  const hash = transactionHash(body.transactions[index]!)
  const key = bytesToHex(hash)
  const sender = senders.get(key) ?? senderOf(tx)
  senders.set(key, sender)
  return { tx, hash, sender }
}

/** What `tell` says of a mined transaction; undefined where it is not mined. */
export async function minedTransaction<T>(
  { chain }: Backend,
  hash: Hash,
  tell: (block: Block, index: number) => T,
): Promise<T | undefined> {
  const place = await chain.transactionPlace(hash)
  if (place === undefined) return undefined
  const block = await chain.block(place.hash)
  return block === undefined ? undefined : tell(block, place.index)
}

/**
 * A transaction as people send it, mined or waiting. The pool is asked first: what is mined meanwhile leaves it, and would be
 * found in neither.
 */
export async function rawTransaction(backend: Backend, of: Hash): Promise<Hex | undefined> {
  const pooled = backend.pool?.get(of)
  const mined = await minedTransaction(backend, of, ({ body }, at) => hex(body.transactions[at]!.bytes))
  return mined ?? (pooled && hex(pooled.bytes))
}

export const minedAt = ({ hash, header }: Block, index: number): MinedAt => ({
  blockHash: hash,
  blockNumber: header.number,
  time: header.time,
  baseFee: header.baseFeePerGas,
  index,
})
