// The methods of eth that read and send transactions.
import { isLegacyTx, type TypedTransaction } from '@ethereumjs/tx'
import { type Block, commonAt, type Hash, readTransaction } from '@ethspan/chain'
import type { ApiMethod } from '@ethspan/node'
import { params } from '@ethspan/rpc'
import { binaryTransaction } from '../binary-transaction.js'
import { failed } from '../errors.js'
import { type Hex, hex, type Json } from '../format/hex.js'
import { feeCap } from '../format/prices.js'
import { contractAddress, receiptJson } from '../format/receipt.js'
import { transactionJson } from '../format/transaction.js'
import { type BlockSelector, blockNumber, blockSelector } from '../params/block.js'
import { bytes, hash, uint64 } from '../params/hex.js'
import { required } from '../params/reader.js'
import type { Backend } from './backend.js'
import { findBlock } from './blocks.js'
import { receiptsInBlock } from './receipts.js'
import { minedAt, minedTransaction, rawTransaction, sentTransaction, sentTransactions } from './transactions.js'

const byNumber = required(blockNumber)
const byHash = required((value) => ({ hash: hash(value), requireCanonical: false }))
const index = required(uint64)
const { readParams } = params

export function transactionMethods(backend: Backend): Readonly<Record<string, ApiMethod>> {
  const atIndex = async <T>(selector: BlockSelector, at: bigint, tell: (block: Block, at: number) => T) => {
    const block = await findBlock(backend, selector)
    return block === undefined || at >= block.body.transactions.length ? null : tell(block, Number(at))
  }
  const tellTransaction = (block: Block, at: number): Json =>
    transactionJson(sentTransaction(backend, block, at), minedAt(block, at))
  const tellBytes = ({ body }: Block, at: number): Hex => hex(body.transactions[at]!.bytes)
  const mined = <T>(of: Hash, tell: (block: Block, at: number) => T) => minedTransaction(backend, of, tell)
  const tellReceipt = async (block: Block, at: number): Promise<Json> => {
    const receipts = await receiptsInBlock(backend, block, at)
    return receiptJson(sentTransaction(backend, block, at), minedAt(block, at), receipts[at]!)
  }

  return {
    getTransactionByHash: async (sent) => {
      const [of] = readParams<[Hash]>(sent, required(hash))
      // Asked first: what is mined meanwhile leaves it, and would be found in neither.
      const pooled = backend.pool?.get(of)
      return (await mined(of, tellTransaction)) ?? (pooled === undefined ? null : transactionJson(pooled, undefined))
    },
    getRawTransactionByHash: async (sent) => {
      const [of] = readParams<[Hash]>(sent, required(hash))
      return (await rawTransaction(backend, of)) ?? NO_BYTES
    },
    getTransactionByBlockNumberAndIndex: (sent) => {
      const [number, at] = readParams<[BlockSelector, bigint]>(sent, byNumber, index)
      return atIndex(number, at, tellTransaction)
    },
    getTransactionByBlockHashAndIndex: (sent) => {
      const [of, at] = readParams<[BlockSelector, bigint]>(sent, byHash, index)
      return atIndex(of, at, tellTransaction)
    },
    getRawTransactionByBlockNumberAndIndex: async (sent) => {
      const [number, at] = readParams<[BlockSelector, bigint]>(sent, byNumber, index)
      return (await atIndex(number, at, tellBytes)) ?? NO_BYTES
    },
    getRawTransactionByBlockHashAndIndex: async (sent) => {
      const [of, at] = readParams<[BlockSelector, bigint]>(sent, byHash, index)
      return (await atIndex(of, at, tellBytes)) ?? NO_BYTES
    },
    getTransactionReceipt: async (sent) => {
      const [of] = readParams<[Hash]>(sent, required(hash))
      return (await mined(of, tellReceipt)) ?? null
    },
    getBlockReceipts: async (sent) => {
      const [selector] = readParams<[BlockSelector]>(sent, required(blockSelector))
      if (selector === 'pending') throw failed('pending receipts is not available')
      const block = await findBlock(backend, selector)
      if (block === undefined) return null
      const receipts = await receiptsInBlock(backend, block)
      return sentTransactions(backend, block).map((it, i) => receiptJson(it, minedAt(block, i), receipts[i]!))
    },
    sendRawTransaction: (sent) => {
      const [raw] = readParams<[Uint8Array]>(sent, required(bytes))
      return sendRaw(backend, raw)
    },
  }
}

/** What geth says instead of null where bytes are asked for. */
const NO_BYTES: Hex = '0x'

async function sendRaw(backend: Backend, raw: Uint8Array): Promise<Hex> {
  const { chain, common, pool, log } = backend
  const transaction = binaryTransaction(raw)
  const tx = readTransaction(transaction, commonAt(common, chain.head().header))
  checkFee(tx, backend.limits.txFeeCap)
  if (!isProtected(tx)) throw failed('only replay-protected (EIP-155) transactions allowed over RPC')
  if (pool === undefined) throw failed('transactions are not taken: the node has no pool')
  const [answer] = await pool.add([transaction], { local: true })
  if (answer === undefined || 'refused' in answer) throw failed(answer?.message ?? 'the pool gave no answer')

  const { hash: of, sender } = answer.added
  const fields = { hash: hex(of), from: hex(sender), nonce: tx.nonce, value: tx.value }
  if (tx.to === undefined)
    log.info('Submitted contract creation', { ...fields, contract: hex(contractAddress(sender, tx.nonce)) })
  else log.info('Submitted transaction', { ...fields, recipient: hex(tx.to.bytes) })
  return hex(of)
}

/** Source: geth, `checkTxFee`. */
function checkFee(tx: TypedTransaction, cap: bigint): void {
  const fee = feeCap(tx) * tx.gasLimit
  if (cap === 0n || fee <= cap) return
  const ether = (wei: bigint) => (Number(wei) / 1e18).toFixed(2)
  throw failed(`tx fee (${ether(fee)} ether) exceeds the configured cap (${ether(cap)} ether)`)
}

/** Whether its signature names the chain (EIP-155); only legacy ones may not. */
function isProtected(tx: TypedTransaction): boolean {
  const WITHOUT_CHAIN = [0n, 1n, 27n, 28n]
  return !isLegacyTx(tx) || !WITHOUT_CHAIN.includes(tx.v ?? 0n)
}
