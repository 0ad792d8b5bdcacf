// How much gas a transaction takes at least, and how much it may take at most.
import { getCalldataFloorGas, type TypedTransaction } from '@ethereumjs/tx'
import { type Refusal, refusal } from '../refusal.js'
import type { Rules } from './rules.js'

/** Of one transaction, until Amsterdam of all its gas. Source: EIP-7825; geth, `MaxTxGas`. */
export const MAX_TX_GAS = 2n ** 24n
/** Of one transaction from Amsterdam on. Source: EIP-8037; geth, `MaxTxTotalGas`. */
const MAX_TX_TOTAL_GAS = 2n ** 32n - 1n

/** With geth's texts. From Amsterdam on it recovers the sender: what one sends oneself costs less. */
export function gasFault(tx: TypedTransaction, { common, gasLimit }: Rules): Refusal | undefined {
  const gas = tx.gasLimit
  const isAmsterdam = common.isActivatedEIP(8037)
  if (isAmsterdam && gas > MAX_TX_TOTAL_GAS) return refusal('invalid', tooMuchGas(MAX_TX_TOTAL_GAS, gas))
  if (gas > gasLimit) return refusal('not-yet', 'exceeds block gas limit')
  const intrinsic = tx.getIntrinsicGas()
  if (gas < intrinsic) return refusal('invalid', `intrinsic gas too low: gas ${gas}, minimum needed ${intrinsic}`)
  // For each byte of data (EIP-7623); 0 before Prague.
  const floor = getCalldataFloorGas(tx)
  const low = 'insufficient gas for floor data gas cost'
  if (gas < floor) return refusal('invalid', `${low}: gas ${gas}, minimum needed ${floor}`)
  if (!isAmsterdam || (intrinsic <= MAX_TX_GAS && floor <= MAX_TX_GAS)) return undefined
  return refusal('invalid', `${low}: intrinsic cost ${intrinsic}, floor: ${floor}`)
}

export const tooMuchGas = (cap: bigint, gas: bigint): string =>
  `transaction gas limit too high (cap: ${cap}, tx: ${gas})`
