// Puts what a call shall see over what is there. Geth: its package internal/ethapi/override, whose texts these are.
import type { Common } from '@ethereumjs/common'
import { Address, toChecksumAddress } from '@ethereumjs/util'
import type { AccountOverride, BlockOverrides, Header, HeaderFields, StorageSlots } from '@ethspan/chain'
import { bytesToHex, EthspanError } from '@ethspan/core'
import type { Machine } from '../evm/machine.js'
import type { Turns } from '../evm/turns.js'
import type { WorldState } from '../state/world-state.js'

const ZERO_HASH = new Uint8Array(32)

/** The header that the call sees. The price of blobs is in none: see `runMessage`. */
export function overrideHeader(header: Header, block: BlockOverrides = {}): Header {
  const { number, difficulty, time, gasLimit, feeRecipient, prevRandao, baseFeePerGas } = block
  return {
    ...header,
    number: number ?? header.number,
    // Since the merge there is none.
    difficulty: header.difficulty === 0n ? 0n : (difficulty ?? header.difficulty),
    time: time ?? header.time,
    gasLimit: gasLimit ?? header.gasLimit,
    coinbase: feeRecipient ?? header.coinbase,
    mixDigest: prevRandao ?? header.mixDigest,
    baseFeePerGas: baseFeePerGas ?? header.baseFeePerGas,
  }
}

/** The fields that a header of the fork has, where another number or time made it one of another fork. */
export function fieldsOfFork(header: HeaderFields, common: Common): HeaderFields {
  const from = <T>(eip: number, value: T | undefined, missing: T) =>
    common.isActivatedEIP(eip) ? (value ?? missing) : undefined
  return {
    ...header,
    baseFeePerGas: from(1559, header.baseFeePerGas, 0n),
    withdrawalsRoot: from(4895, header.withdrawalsRoot, ZERO_HASH),
    blobGasUsed: from(4844, header.blobGasUsed, 0n),
    excessBlobGas: from(4844, header.excessBlobGas, 0n),
    parentBeaconRoot: from(4788, header.parentBeaconRoot, ZERO_HASH),
    requestsHash: from(7685, header.requestsHash, ZERO_HASH),
    blockAccessListHash: from(7928, header.blockAccessListHash, ZERO_HASH),
    slotNumber: from(7928, header.slotNumber, 0n),
  }
}

type Precompiles = Pick<Map<string, unknown>, 'get' | 'set' | 'delete'>

/**
 * Checks the overrides, and takes away and moves precompiled contracts: one whose account is overridden is none any more.
 * @param accounts by address, ascending
 * @throws {EthspanError} ERR_INVALID_OPTION
 */
export function overridePrecompiles(machine: Pick<Machine, 'vm'>, accounts: readonly AccountOverride[]): void {
  const precompiles: Precompiles = machine.vm.evm.precompiles
  const overridden = new Set(accounts.map(({ address }) => bytesToHex(address)))
  const moved = new Set<string>()
  for (const { address, movePrecompileTo, state, stateDiff } of accounts) {
    const key = bytesToHex(address)
    if (moved.has(key)) throw invalid(address, 'has already been overridden by a precompile')
    const precompile = precompiles.get(key)
    if (movePrecompileTo !== undefined) {
      const target = bytesToHex(movePrecompileTo)
      if (precompile === undefined) throw invalid(address, 'is not a precompile')
      if (overridden.has(target)) throw invalid(movePrecompileTo, 'is already overridden')
      precompiles.set(target, precompile)
      moved.add(target)
    }
    precompiles.delete(key)
    if (state !== undefined && stateDiff !== undefined) throw invalid(address, "has both 'state' and 'stateDiff'")
  }
}

/**
 * Changes a state that nobody else has. What it was before is gone, so that the call takes it for what the block left.
 * @throws {EthspanError} ERR_TIMEOUT, ERR_ABORTED
 */
export async function overrideAccounts(
  state: WorldState,
  accounts: readonly AccountOverride[],
  turns: Pick<Turns, 'pause'>,
): Promise<void> {
  const put = async (of: Address, slots: StorageSlots = []) => {
    for (const [slot, value] of slots) {
      await state.putStorage(of, slot, value)
      await turns.pause()
    }
  }
  for (const account of accounts) {
    const of = new Address(account.address)
    const { nonce, balance, code } = account
    if (nonce !== undefined || balance !== undefined) {
      await state.modifyAccountFields(of, {
        ...(nonce !== undefined && { nonce }),
        ...(balance !== undefined && { balance }),
      })
    }
    if (code !== undefined) await state.putCode(of, code)
    if (account.state !== undefined) await state.clearStorage(of)
    await put(of, account.state ?? account.stateDiff)
    await turns.pause()
  }
}

const invalid = (address: Uint8Array, why: string) =>
  new EthspanError('ERR_INVALID_OPTION', `account ${toChecksumAddress(`0x${bytesToHex(address)}`)} ${why}`)
