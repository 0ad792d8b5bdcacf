// The third and fourth parameters of `eth_call` and its neighbours: geth's `StateOverride` and `BlockOverrides`.
import type { AccountOverride, BlockOverrides, StorageSlots } from '@ethspan/chain'
import { bytesToHex } from '@ethspan/core'
import { failed } from '../errors.js'
import { address, bytes, hash, uint64, uint256 } from './hex.js'
import { field, fields, type Reader } from './reader.js'

const slots: Reader<StorageSlots> = (value) =>
  Object.entries(fields(value)).map(([slot, word]) => [hash(slot), hash(word)] as const)

/** By address, ascending: the order in which geth applies them. */
export const accountOverrides: Reader<readonly AccountOverride[]> = (value) => {
  const overrides = Object.entries(fields(value)).map(([of, sent]) => {
    const override = sent === null ? {} : fields(sent)
    return {
      address: address(of),
      nonce: field(override, 'nonce', uint64),
      code: field(override, 'code', bytes),
      balance: field(override, 'balance', uint256),
      state: field(override, 'state', slots),
      stateDiff: field(override, 'stateDiff', slots),
      movePrecompileTo: field(override, 'movePrecompileToAddress', address),
    }
  })
  const key = (it: AccountOverride) => bytesToHex(it.address)
  return overrides.sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** Fields that only make sense for blocks that are made. */
const OF_MADE_BLOCKS = ['beaconRoot', 'withdrawals']

/** @throws {RpcError} -32000 for what a call's block can't have, in geth's words */
export const blockOverrides: Reader<BlockOverrides> = (value) => {
  const override = fields(value)
  const read = {
    number: field(override, 'number', uint64),
    difficulty: field(override, 'difficulty', uint256),
    time: field(override, 'time', uint64),
    gasLimit: field(override, 'gasLimit', uint64),
    feeRecipient: field(override, 'feeRecipient', address),
    prevRandao: field(override, 'prevRandao', hash),
    baseFeePerGas: field(override, 'baseFeePerGas', uint256),
    blobBaseFee: field(override, 'blobBaseFee', uint256),
  }
  for (const name of OF_MADE_BLOCKS) {
    if (override[name] === undefined || override[name] === null) continue
    throw failed(`block override "${name}" is not supported for this RPC method`)
  }
  return read
}
