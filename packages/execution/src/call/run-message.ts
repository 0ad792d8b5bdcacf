// One message on one state: what `eth_call` does once, and `eth_estimateGas` many times.
import { createBlockHeaderFromRLP, Block as VmBlock } from '@ethereumjs/block'
import type { Common } from '@ethereumjs/common'
import {
  AccessList2930Tx,
  Blob4844Tx,
  FeeMarket1559Tx,
  LegacyTx,
  paramsTx,
  type TxOptions,
  type TypedTransaction,
} from '@ethereumjs/tx'
import { Address, createBlockLevelAccessList, EthereumJSError } from '@ethereumjs/util'
import { type RunTxResult, runTx } from '@ethereumjs/vm'
import { encodeHeader, type Header } from '@ethspan/chain'
import { bytesToHex, EthspanError, equalBytes } from '@ethspan/core'
import type { Machine, Run } from '../evm/machine.js'
import { EMPTY_ACCOUNT, EMPTY_CODE_HASH } from '../state/account.js'
import { evmErrorText } from './evm-errors.js'
import { checkFunds, type Message } from './message.js'
import { fieldsOfFork } from './overrides.js'

/** How a message ended that was run. */
export interface Outcome {
  readonly returnData: Uint8Array
  readonly gasUsed: bigint
  /** Before anything was given back. */
  readonly peakGas: bigint
  /** Undefined where it succeeded. */
  readonly error?: string
}

export interface MessageOptions {
  /** The block that it runs in. */
  readonly header: Header
  readonly gas: bigint
  /** The fork's cap on a transaction's gas (EIP-7825) does not hold: for calls. It changes the rules of the machine. */
  readonly isUncapped: boolean
  /** What gas of blobs costs as far as the message sees it, wei. Default: what the header makes of it. */
  readonly blobBaseFee?: bigint | undefined
}

const UNCAPPED = { ...paramsTx, 7825: { ...paramsTx[7825], maxTransactionGasLimit: `${2n ** 63n}` } }
/** Wei, the least there is (EIP-4844). */
const BLOB_BASE_FEE = 1n
const GAS_PER_BLOB = 2n ** 17n

/**
 * Runs a message on the state that the machine stands on, which is changed by it.
 * @throws {EthspanError} ERR_EXECUTION where it can't run, with geth's text; `fields.needsGas` is true where more gas helps.
 * ERR_TIMEOUT, ERR_ABORTED
 */
export async function runMessage(
  machine: Machine,
  message: Message,
  { header, gas, isUncapped, blobBaseFee }: MessageOptions,
  run: Run,
): Promise<Outcome> {
  const { state, vm, common } = machine
  const sender = (await state.account(message.from)) ?? EMPTY_ACCOUNT
  checkFunds(message, gas, sender.balance, header)
  // A call has no blobs to pay for: their price is given to the sender before the library takes it.
  const blobFee = BLOB_BASE_FEE * GAS_PER_BLOB * BigInt(message.blobVersionedHashes.length)
  const from = new Address(message.from)
  if (blobFee > 0n) await state.modifyAccountFields(from, { balance: sender.balance + blobFee })
  if (common.isActivatedEIP(7928)) vm.evm.blockLevelAccessList = createBlockLevelAccessList()
  const restoreCode = await hideCode(machine, from)
  try {
    const tx = asTransaction(message, gas, { common, freeze: false, ...(isUncapped && { params: UNCAPPED }) })
    tx.getSenderAddress = () => from
    const block = blockOf(header, message, common)
    // Who brings blobs pays nothing for them.
    if (blobBaseFee !== undefined && blobFee === 0n) block.header.getBlobGasPrice = () => blobBaseFee
    const skip = { skipNonce: true, skipBlockGasLimitValidation: true, skipHardForkValidation: true }
    return outcomeOf(await machine.during(run, () => runTx(vm, { tx, block, ...skip })))
  } catch (error) {
    throw messageError(error)
  } finally {
    restoreCode()
  }
}

/**
 * Anyone may be said to call, a contract as well, which never sends a transaction (EIP-3607): so until its message runs, the
 * sender has no code.
 * @returns to be called when the message has run
 */
async function hideCode({ state, vm }: Machine, from: Address): Promise<() => void> {
  const { codeHash } = (await state.account(from.bytes)) ?? EMPTY_ACCOUNT
  if (equalBytes(codeHash, EMPTY_CODE_HASH)) return () => {}
  await state.modifyAccountFields(from, { codeHash: EMPTY_CODE_HASH })
  const show = ({ depth }: { readonly depth: number }, resolve?: () => void) => {
    const shown = depth === 0 ? state.modifyAccountFields(from, { codeHash }) : Promise.resolve()
    void shown.then(resolve, resolve)
  }
  vm.evm.events?.on('beforeMessage', show)
  return () => vm.evm.events?.off('beforeMessage', show)
}

/** @throws {EthereumJSError} for what no transaction may have, such as too long an initcode */
function asTransaction(message: Message, gasLimit: bigint, options: TxOptions): TypedTransaction {
  const { to, value, data, maxFeePerGas, maxPriorityFeePerGas, blobVersionedHashes } = message
  const { common } = options
  const accessList = message.accessList.map(
    ({ address, storageKeys }) => [address, [...storageKeys]] as [Uint8Array, Uint8Array[]],
  )
  const fields = { to, value, data, gasLimit }
  if (!common!.isActivatedEIP(1559)) {
    const priced = { ...fields, gasPrice: maxFeePerGas }
    if (accessList.length === 0) return new LegacyTx(priced, options)
    return new AccessList2930Tx({ ...priced, chainId: common!.chainId(), accessList }, options)
  }
  const priced = { ...fields, chainId: common!.chainId(), accessList, maxFeePerGas, maxPriorityFeePerGas }
  if (blobVersionedHashes.length === 0) return new FeeMarket1559Tx(priced, options)
  const hashes = blobVersionedHashes.map((hash) => `0x${bytesToHex(hash)}` as const)
  return new Blob4844Tx({ ...priced, blobVersionedHashes: hashes, maxFeePerBlobGas: BLOB_BASE_FEE }, options)
}

/** The block as the message sees it: who pays nothing for gas sees a base fee of 0, who pays nothing for blobs their lowest. */
function blockOf(header: Header, { isFree, blobVersionedHashes }: Message, common: Common): VmBlock {
  const raw = encodeHeader({
    ...fieldsOfFork(header, common),
    // The library refuses more than the limit, which may be another one here.
    gasUsed: 0n,
    ...(header.baseFeePerGas !== undefined && isFree && { baseFeePerGas: 0n }),
    ...(blobVersionedHashes.length > 0 && { excessBlobGas: 0n }),
  })
  const options = { common, skipConsensusFormatValidation: true, freeze: false }
  return new VmBlock(createBlockHeaderFromRLP(raw, options), [], [], undefined, options)
}

function outcomeOf({ execResult, totalGasSpent, gasRefund, blockGasSpent }: RunTxResult): Outcome {
  // At most a fifth of what was used is given back (EIP-3529), which the result does not tell.
  const givenBack = gasRefund < totalGasSpent / 4n ? gasRefund : totalGasSpent / 4n
  const peak = totalGasSpent + givenBack
  const error = execResult.exceptionError
  return {
    returnData: execResult.returnValue,
    gasUsed: totalGasSpent,
    peakGas: peak > blockGasSpent ? peak : blockGasSpent,
    ...(error !== undefined && { error: evmErrorText(error.error, execResult.runState?.opCode) }),
  }
}

function messageError(error: unknown): unknown {
  if (!(error instanceof EthereumJSError)) return error
  const message = error.message.split('\n')[0]!.replace(/ \(vm hf=.*$/, '')
  const [, have, want] = /^INTRINSIC_GAS_TOO_LOW: tx gas limit (\d+) is .* limit of (\d+)/.exec(message) ?? []
  if (have === undefined) return new EthspanError('ERR_EXECUTION', message, { cause: error })
  const text = `intrinsic gas too low: have ${have}, want ${want}`
  return new EthspanError('ERR_EXECUTION', text, { fields: { needsGas: true }, cause: error })
}
