// The receipts of a block, with what only their order tells.
import { type Block, blobBaseFee, decodeLogs } from '@ethspan/chain'
import { decodeRlp, expectBigUint, expectBytes, splitRlpList } from '@ethspan/core'
import { failed } from '../errors.js'
import type { ReceiptInBlock } from '../format/receipt.js'
import type { Backend } from './backend.js'

/**
 * The receipts up to and with one of them, or all. They are the chain's own, so their encoding is not checked twice.
 * @throws {RpcError} -32000 where they are not there
 */
export async function receiptsInBlock(backend: Backend, block: Block, last?: number): Promise<ReceiptInBlock[]> {
  const encoded = await storedReceipts(backend, block)
  const blobFee = blobBaseFee(block.header, backend.chain.config)
  let gasBefore = 0n
  let logsBefore = 0
  return encoded.slice(0, last === undefined ? encoded.length : last + 1).map((raw) => {
    const [, status, gas, logs] = split(raw)
    const cumulativeGasUsed = gasOf(gas!)
    const inBlock = {
      postStateOrStatus: expectBytes(decodeRlp(status!), 'status'),
      cumulativeGasUsed,
      logs: decodeLogs({ logs: logs! }),
      gasBefore,
      logsBefore,
      blobBaseFee: blobFee,
    }
    gasBefore = cumulativeGasUsed
    logsBefore += inBlock.logs.length
    return inBlock
  })
}

/** The gas that each transaction of a block used. @throws {RpcError} -32000 where its receipts are not there */
export async function gasUsedInBlock(backend: Backend, block: Block): Promise<bigint[]> {
  const cumulative = (await storedReceipts(backend, block)).map((raw) => gasOf(split(raw)[2]!))
  return cumulative.map((gas, i) => gas - (cumulative[i - 1] ?? 0n))
}

/** Each as eth/69 has it: type, status, cumulative gas, logs. @throws {RpcError} -32000 where they are not there */
export async function storedReceipts(
  { chain }: Backend,
  { hash, header, body }: Block,
): Promise<readonly Uint8Array[]> {
  const encoded = (await chain.receipts(hash)) ?? (body.transactions.length === 0 ? [] : undefined)
  if (encoded === undefined) throw failed(`receipts of block ${header.number} are not available`)
  const [txs, receipts] = [body.transactions.length, encoded.length]
  if (txs !== receipts) throw failed(`receipts length mismatch: ${txs} vs ${receipts}`)
  return encoded
}

const split = (raw: Uint8Array): Uint8Array[] => splitRlpList(raw, 'receipt', { min: 4, max: 4 })
const gasOf = (item: Uint8Array): bigint => expectBigUint(decodeRlp(item), 'cumulative gas')
