// What a call asks for, made complete as geth does (`TransactionArgs.CallDefaults`, `ToMessage`), and what must hold before it
// runs (`stateTransition.preCheck`, `buyGas`). The texts are geth's.

import { toChecksumAddress } from '@ethereumjs/util'
import type { CallRequest, Hash, Header } from '@ethspan/chain'
import { bytesToHex, EthspanError } from '@ethspan/core'

export interface Message {
  /** 20 bytes. */
  readonly from: Uint8Array
  readonly to: Uint8Array | undefined
  /** Wei. */
  readonly value: bigint
  readonly data: Uint8Array
  /** Wei. */
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
  readonly accessList: NonNullable<CallRequest['accessList']>
  readonly blobVersionedHashes: readonly Hash[]
  /** Nobody pays for gas, and the block's base fee is 0. */
  readonly isFree: boolean
}

/** @throws {EthspanError} ERR_INVALID_OPTION for what contradicts itself */
export function messageOf(request: CallRequest): Message {
  const { gasPrice, maxFeePerGas, maxPriorityFeePerGas, blobVersionedHashes, to } = request
  if (gasPrice !== undefined && (maxFeePerGas !== undefined || maxPriorityFeePerGas !== undefined)) {
    throw invalid('both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified')
  }
  if (blobVersionedHashes !== undefined) {
    if (to === undefined) throw invalid('blob transaction of type create')
    if (blobVersionedHashes.length === 0) throw invalid('blob transaction missing blob hashes')
    const wrong = blobVersionedHashes.findIndex((hash) => hash[0] !== 1)
    if (wrong !== -1) throw invalid(`blob ${wrong} has invalid hash version`)
  }
  const feeCap = gasPrice ?? maxFeePerGas ?? 0n
  const tip = gasPrice ?? maxPriorityFeePerGas ?? 0n
  return {
    from: request.from ?? new Uint8Array(20),
    to,
    value: request.value ?? 0n,
    data: request.data ?? new Uint8Array(0),
    maxFeePerGas: feeCap,
    maxPriorityFeePerGas: tip,
    accessList: request.accessList ?? [],
    blobVersionedHashes: blobVersionedHashes ?? [],
    isFree: feeCap === 0n && tip === 0n,
  }
}

/**
 * Whether the sender offers enough, and has it.
 * @param balance of the sender, wei
 * @throws {EthspanError} ERR_EXECUTION
 */
export function checkFunds(message: Message, gas: bigint, balance: bigint, { baseFeePerGas }: Header): void {
  const { from, maxFeePerGas, maxPriorityFeePerGas, value, isFree } = message
  const who = `address ${toChecksumAddress(`0x${bytesToHex(from)}`)}`
  if (!isFree && baseFeePerGas !== undefined) {
    if (maxFeePerGas < maxPriorityFeePerGas) {
      const fees = `maxPriorityFeePerGas: ${maxPriorityFeePerGas}, maxFeePerGas: ${maxFeePerGas}`
      throw failed(`max priority fee per gas higher than max fee per gas: ${who}, ${fees}`)
    }
    if (maxFeePerGas < baseFeePerGas) {
      const fees = `maxFeePerGas: ${maxFeePerGas}, baseFee: ${baseFeePerGas}`
      throw failed(`max fee per gas less than block base fee: ${who}, ${fees}`)
    }
  }
  const cost = gas * maxFeePerGas + value
  if (balance < cost) throw failed(`insufficient funds for gas * price + value: ${who} have ${balance} want ${cost}`)
}

const invalid = (message: string) => new EthspanError('ERR_INVALID_OPTION', message)
const failed = (message: string) => new EthspanError('ERR_EXECUTION', message)
