// The transactions and receipts of a block, with what only their block tells.
import type { TypedTransaction } from '@ethereumjs/tx'
import {
  type Block,
  blobBaseFee,
  commonAt,
  decodeLogs,
  decodeReceipt69,
  readTransaction,
  senderOf,
  transactionHash,
} from '@ethspan/chain'
import { failed } from '../errors.js'
import type { ReceiptInBlock } from '../format/receipt.js'
import type { MinedAt, SentTransaction } from '../format/transaction.js'
import type { Backend } from './backend.js'

/** The transactions of a block. */
export function readTransactions({ common }: Backend, { header, body }: Block): TypedTransaction[] {
  const rules = commonAt(common, header)
  return body.transactions.map((transaction) => readTransaction(transaction, rules))
}

/** The transactions of a block with their senders, which takes a millisecond for each. */
export const sentTransactions = (backend: Backend, block: Block): SentTransaction[] =>
  readTransactions(backend, block).map((tx, i) => sent(block, tx, i))

/** One of them. */
export const sentTransaction = ({ common }: Backend, block: Block, index: number): SentTransaction =>
  sent(block, readTransaction(block.body.transactions[index]!, commonAt(common, block.header)), index)

const sent = ({ body }: Block, tx: TypedTransaction, index: number): SentTransaction => ({
  tx,
  hash: transactionHash(body.transactions[index]!),
  sender: senderOf(tx),
})

export const minedAt = ({ hash, header }: Block, index: number): MinedAt => ({
  blockHash: hash,
  blockNumber: header.number,
  time: header.time,
  baseFee: header.baseFeePerGas,
  index,
})

/** The receipts of a block up to and with one of them, or all. @throws {RpcError} -32000 where they are not there */
export async function receiptsInBlock(backend: Backend, block: Block, last?: number): Promise<ReceiptInBlock[]> {
  const { hash, header, body } = block
  const encoded = await backend.chain.receipts(hash)
  if (encoded === undefined) throw failed(`receipts of block ${header.number} are not available`)
  const [txs, receipts] = [body.transactions.length, encoded.length]
  if (txs !== receipts) throw failed(`receipts length mismatch: ${txs} vs ${receipts}`)
  const blobFee = blobBaseFee(header, backend.chain.config)
  let gasBefore = 0n
  let logsBefore = 0
  return encoded.slice(0, last === undefined ? receipts : last + 1).map((raw) => {
    const receipt = decodeReceipt69(raw)
    const inBlock = { receipt, gasBefore, logsBefore, blobBaseFee: blobFee }
    gasBefore = receipt.cumulativeGasUsed
    logsBefore += decodeLogs(receipt).length
    return inBlock
  })
}
