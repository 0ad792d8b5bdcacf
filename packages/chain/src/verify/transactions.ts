// Whether the transactions of a block are such as its fork allows, as far as can be told without its state.
import type { Common } from '@ethereumjs/common'
import { isAccessList2930Tx, isBlob4844Tx, isLegacyTx, type TypedTransaction } from '@ethereumjs/tx'
import { asError } from '@ethspan/core'
import type { Body } from '../block/body.js'
import type { Header } from '../block/header.js'
import { readSidecar } from '../block/sidecar.js'
import { readTransaction, senderOf } from '../block/signed.js'
import { sharedTurn } from '../block/turn.js'
import { commonAt } from '../config/common.js'
import { GAS_PER_BLOB, TURN_BYTES } from '../limits.js'
import { fakeExponential } from './fees.js'
import { invalidBlock } from './invalid-block.js'

/** So many signatures, of more than a millisecond each, take as long as a turn may. */
const SIGNATURES_PER_TURN = 4

/**
 * Holds a block's transactions to the rules of its fork: types, fields, signatures and chain id, gas within the block's, fees
 * that pay the block's, as many blobs as the header says, and nothing that goes with them outside of blocks. A fault is the
 * block's own, if the body is the header's. Others may run meanwhile.
 * @param common the chain's rules.
 * @throws {EthspanError} ERR_INVALID_BLOCK
 */
export async function verifyTransactions(header: Header, body: Body, common: Common): Promise<void> {
  const rules = commonAt(common, header)
  let blobs = 0
  for (const [i, transaction] of body.transactions.entries()) {
    const invalid = (what: string, cause?: unknown) => invalidBlock(header, 'transactions', `[${i}]: ${what}`, cause)
    let tx: TypedTransaction
    try {
      tx = readTransaction(transaction, rules)
      senderOf(tx)
    } catch (error) {
      throw invalid(asError(error).message, error)
    }
    if (readSidecar(transaction) !== undefined) throw invalid('its blobs are in the block')
    const fault = gasFault(header, tx) ?? blobFault(header, tx, rules)
    if (fault !== undefined) throw invalid(fault)
    if (isBlob4844Tx(tx)) blobs += tx.blobVersionedHashes.length
    if (sharedTurn.spend(TURN_BYTES / SIGNATURES_PER_TURN)) await sharedTurn.next()
  }
  const blobGas = BigInt(blobs * GAS_PER_BLOB)
  if (blobGas !== (header.blobGasUsed ?? 0n)) {
    throw invalidBlock(header, 'blobGasUsed', `is ${header.blobGasUsed}, its transactions have ${blobGas}`)
  }
}

function gasFault({ gasLimit, baseFeePerGas = 0n }: Header, tx: TypedTransaction): string | undefined {
  if (tx.gasLimit > gasLimit) return `its gas limit is ${tx.gasLimit}, the block's ${gasLimit}`
  const most = isLegacyTx(tx) || isAccessList2930Tx(tx) ? tx.gasPrice : tx.maxFeePerGas
  return most < baseFeePerGas ? `it pays ${most} wei for gas, the block's base fee is ${baseFeePerGas}` : undefined
}

function blobFault({ excessBlobGas = 0n }: Header, tx: TypedTransaction, rules: Common): string | undefined {
  if (!isBlob4844Tx(tx)) return undefined
  const fee = fakeExponential(1n, excessBlobGas, rules.param('blobGasPriceUpdateFraction'))
  if (tx.maxFeePerBlobGas >= fee) return undefined
  return `it pays ${tx.maxFeePerBlobGas} wei for blob gas, the block's base fee is ${fee}`
}
