import { calculateSigRecovery, setLengthLeft, ecrecover as slowEcrecover } from '@ethereumjs/util'
import { concatBytes, isCurveFast, recover } from '@ethspan/core'

/**
 * Whose signature it is, as @ethereumjs asks for it: a public key of 64 bytes. By core's curve where that is WASM, which is some
 * eight times as fast as the noble curves of @ethereumjs; core's own noble is smaller and slower than those.
 */
export function ecrecover(hash: Uint8Array, v: bigint, r: Uint8Array, s: Uint8Array, chainId?: bigint): Uint8Array {
  if (!isCurveFast()) return slowEcrecover(hash, v, r, s, chainId)
  const parity = calculateSigRecovery(v, chainId)
  // The curve has two more, for an r past its order, which Ethereum does not know.
  if (parity !== 0n && parity !== 1n) throw new RangeError(`v is ${v}, which is no parity`)
  return recover(hash, concatBytes(setLengthLeft(r, 32), setLengthLeft(s, 32), Uint8Array.of(Number(parity))))
}
