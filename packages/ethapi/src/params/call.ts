// The transaction of `eth_call` and its neighbours: geth's `TransactionArgs`.
import type { CallRequest } from '@ethspan/chain'
import { equalBytes } from '@ethspan/core'
import { address, bytes, hash, uint64, uint256 } from './hex.js'
import { field, fields, list, type Reader, Unreadable } from './reader.js'

/** A call as it was asked for. */
export interface CallArguments extends CallRequest {
  readonly chainId?: bigint
}

const accessListItem: Reader<{ readonly address: Uint8Array; readonly storageKeys: readonly Uint8Array[] }> = (
  value,
) => {
  const item = fields(value)
  const of = field(item, 'address', address)
  if (of === undefined) throw new Unreadable("missing required field 'address'")
  return { address: of, storageKeys: field(item, 'storageKeys', list(hash)) ?? [] }
}

/** Fields that are asked for in vain: what executes calls here does not know them. */
const NOT_OFFERED = ['authorizationList', 'blobs', 'commitments', 'proofs']

export const callArguments: Reader<CallArguments> = (value) => {
  const call = fields(value)
  for (const name of NOT_OFFERED) {
    if (call[name] !== undefined && call[name] !== null) throw new Unreadable(`${name}: not supported`)
  }
  const data = field(call, 'data', bytes)
  const input = field(call, 'input', bytes)
  if (data !== undefined && input !== undefined && !equalBytes(data, input)) {
    throw new Unreadable(
      'both "data" and "input" are set and not equal. Please use "input" to pass transaction call data',
    )
  }
  return {
    from: field(call, 'from', address),
    to: field(call, 'to', address),
    gas: field(call, 'gas', uint64),
    gasPrice: field(call, 'gasPrice', uint256),
    maxFeePerGas: field(call, 'maxFeePerGas', uint256),
    maxPriorityFeePerGas: field(call, 'maxPriorityFeePerGas', uint256),
    value: field(call, 'value', uint256),
    data: input ?? data,
    nonce: field(call, 'nonce', uint64),
    accessList: field(call, 'accessList', list(accessListItem)),
    blobVersionedHashes: field(call, 'blobVersionedHashes', list(hash)),
    chainId: field(call, 'chainId', uint256),
  }
}
