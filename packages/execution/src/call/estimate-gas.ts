// The least gas with which a message succeeds, found as geth finds it (`eth/gasestimator`).
import { type ChainConfig, type Header, isForked } from '@ethspan/chain'
import { EthspanError } from '@ethspan/core'
import { CALL_STIPEND, ESTIMATE_ERROR_RATIO, MAX_TX_GAS, TRANSFER_GAS } from '../limits.js'
import { OUT_OF_GAS } from './evm-errors.js'
import type { Message } from './message.js'
import type { Outcome } from './run-message.js'

export interface EstimateOptions {
  readonly header: Header
  readonly config: ChainConfig
  readonly message: Message
  /** Of the sender, wei. */
  readonly balance: bigint
  /** Whether the message goes to an account without code, and has no data: it is a plain transfer. */
  readonly isTransfer: boolean
  /** What the caller is willing to spend; undefined: as much as a block has. */
  readonly gas: bigint | undefined
  /** The most that is given. */
  readonly gasCap: bigint
  /** Runs the message with so much gas, each time on the same state. */
  run(gas: bigint): Promise<Outcome>
}

/** @throws {EthspanError} ERR_EXECUTION where no gas is enough, with what a revert returned in `fields.returnData` */
export async function estimateGas(options: EstimateOptions): Promise<bigint> {
  const { isTransfer, run } = options
  let high = highestGas(options)
  // What can't be run is told with the highest gas.
  const transfer = isTransfer ? await attempt(run, TRANSFER_GAS).catch(notExecuted) : undefined
  if (transfer !== undefined && transfer.error === undefined) return transfer.gasUsed
  const first = await attempt(run, high)
  if (first === undefined || first.error === OUT_OF_GAS) {
    throw new EthspanError('ERR_EXECUTION', `gas required exceeds allowance (${high})`)
  }
  if (first.error !== undefined) {
    throw new EthspanError('ERR_EXECUTION', first.error, { fields: { returnData: first.returnData } })
  }
  let low = first.gasUsed - 1n
  const succeeds = async (gas: bigint) => {
    const outcome = await attempt(run, gas)
    return outcome !== undefined && outcome.error === undefined
  }
  // Most succeed with what they used and what a call must leave behind (EIP-150).
  const likely = ((first.peakGas + CALL_STIPEND) * 64n) / 63n
  if (likely < high) {
    if (await succeeds(likely)) high = likely
    else low = likely
  }
  while (low + 1n < high && Number(high - low) / Number(high) >= ESTIMATE_ERROR_RATIO) {
    const middle = low + (high - low) / 2n
    // Few need much more than they use.
    const next = middle > low * 2n ? low * 2n : middle
    if (await succeeds(next)) high = next
    else low = next
  }
  return high
}

/** More is of no use: the block has no more, the fork allows no more, or the sender can't pay it. */
function highestGas({ header, config, message, balance, gas, gasCap }: EstimateOptions): bigint {
  let high = gas !== undefined && gas >= TRANSFER_GAS ? gas : header.gasLimit
  const isCapped = isForked(config, 'osakaTime', header) && !isForked(config, 'amsterdamTime', header)
  if (isCapped && high > MAX_TX_GAS) high = MAX_TX_GAS
  if (message.maxFeePerGas > 0n) {
    if (message.value >= balance) throw new EthspanError('ERR_EXECUTION', 'insufficient funds for transfer')
    const affordable = (balance - message.value) / message.maxFeePerGas
    if (affordable < high) high = affordable
  }
  return high > gasCap ? gasCap : high
}

function notExecuted(error: unknown): undefined {
  if (error instanceof EthspanError && error.code === 'ERR_EXECUTION') return undefined
  throw error
}

/** Undefined where the gas is not even enough to begin. */
async function attempt(run: EstimateOptions['run'], gas: bigint): Promise<Outcome | undefined> {
  try {
    return await run(gas)
  } catch (error) {
    if (error instanceof EthspanError && error.code === 'ERR_EXECUTION') {
      if (error.fields.needsGas === true) return undefined
      throw new EthspanError('ERR_EXECUTION', `failed with ${gas} gas: ${error.message}`, { cause: error })
    }
    throw error
  }
}
