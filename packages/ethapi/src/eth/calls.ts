// Calls that leave nothing behind: how they are prepared, bounded and answered.
import type { CallOverrides, CallRequest } from '@ethspan/chain'
import { asError, EthspanError } from '@ethspan/core'
import type { RpcError } from '@ethspan/rpc'
import { failed } from '../errors.js'
import { type Hex, hex, quantity } from '../format/hex.js'
import type { BlockSelector } from '../params/block.js'
import type { CallArguments } from '../params/call.js'
import type { Backend } from './backend.js'
import { revertError } from './revert.js'
import { stateAt, stateOf } from './state-at.js'

/** Of an error whose call reverted. Geth: `vm.ErrExecutionReverted`. */
const REVERT_TEXT = 'execution reverted'

export interface Call {
  readonly args: CallArguments
  readonly at: BlockSelector
  /** What it sees instead of what is there. */
  readonly overrides: CallOverrides
  readonly signal: AbortSignal
}

/** What the call returns. @throws {RpcError} 3 where it reverts; -32000 */
export async function ethCall(backend: Backend, { args, at, overrides, signal }: Call): Promise<Hex> {
  const { gas = backend.limits.gasCap, ...call } = prepared(backend, args)
  const header = await stateAt(backend, at)
  const { error, returnData } = await bounded(backend, signal, (until) =>
    stateOf(backend).call(header, { ...call, gas }, { signal: until, overrides }),
  )
  if (error === undefined) return hex(returnData)
  throw executionError(error, returnData)
}

/** The least gas with which it succeeds. @throws {RpcError} 3 where it reverts however much it has; -32000 */
export async function estimateGas(backend: Backend, { args, at, overrides, signal }: Call): Promise<Hex> {
  const request = prepared(backend, args)
  const header = await stateAt(backend, at)
  return quantity(
    await bounded(backend, signal, (until) =>
      stateOf(backend).estimateGas(header, request, { signal: until, overrides }),
    ),
  )
}

const executionError = (message: string, returnData: unknown): RpcError =>
  message.startsWith(REVERT_TEXT) && returnData instanceof Uint8Array ? revertError(returnData) : failed(message)

/** Refuses what contradicts itself, and caps the gas that is asked for. Geth: `CallDefaults`. @throws {RpcError} -32000 */
function prepared({ chain, limits, log }: Backend, { chainId, ...call }: CallArguments): CallRequest {
  if (call.gasPrice !== undefined && (call.maxFeePerGas ?? call.maxPriorityFeePerGas) !== undefined) {
    throw failed('both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified')
  }
  if (call.to === undefined && call.blobVersionedHashes !== undefined) {
    throw failed('blob transaction of type create')
  }
  const ours = BigInt(chain.config.chainId ?? 0)
  if (chainId !== undefined && chainId !== ours) {
    throw failed(`chainId does not match node's (have=${chainId}, want=${ours})`)
  }
  if (call.gas === undefined || call.gas <= limits.gasCap) return call
  log.warn('Caller gas above allowance, capping', { requested: call.gas, cap: limits.gasCap })
  return { ...call, gas: limits.gasCap }
}

/** Ends what runs for too long, and says as a caller is told why it failed. @throws {RpcError} 3, -32000 in geth's words */
async function bounded<T>(
  { clock, limits }: Backend,
  signal: AbortSignal,
  run: (until: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController()
  const onAbort = () => abort.abort(signal.reason)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  const late = failed(`execution aborted (timeout = ${limits.evmTimeout / 1000}s)`)
  const timer = clock.setTimeout(() => abort.abort(late), limits.evmTimeout)
  try {
    return await run(abort.signal)
  } catch (error) {
    if (abort.signal.aborted) throw asError(abort.signal.reason)
    if (error instanceof EthspanError && error.code === 'ERR_INVALID_OPTION') throw failed(error.message)
    if (!(error instanceof EthspanError) || error.code !== 'ERR_EXECUTION') throw error
    throw executionError(error.message, error.fields.returnData)
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', onAbort)
  }
}
