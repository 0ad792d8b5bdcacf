import { Address, Account as EvmAccount } from '@ethereumjs/util'
import { type ChainSpec, EMPTY_ROOT } from '@ethspan/chain'
import { EthspanError, equalBytes } from '@ethspan/core'
import type { StateStore } from './state-store.js'
import { WorldState } from './world-state.js'

/**
 * Keeps the state of a chain's genesis block, where it is not there yet.
 * @throws {EthspanError} ERR_INVALID_OPTION where the accounts are not known or are not those of the block; ERR_DATA_DIR
 */
export async function keepGenesisState(states: StateStore, { genesis, alloc = [] }: ChainSpec): Promise<void> {
  const { stateRoot } = genesis.header
  // It is dropped with the states of other old blocks, and then nobody needs it any more.
  if ((await states.has(genesis.hash)) || states.generations.newest > 0) return
  const state = new WorldState(states, EMPTY_ROOT)
  for (const { address, nonce, balance, code, storage } of alloc) {
    const account = new Address(address)
    await state.putAccount(account, new EvmAccount(nonce, balance))
    await state.putCode(account, code)
    for (const [slot, value] of storage) await state.putStorage(account, slot, value)
  }
  const changes = await state.takeChanges()
  if (!equalBytes(changes.root, stateRoot)) {
    const message = "the accounts of the chain's genesis block are not known, so its blocks can't be executed"
    throw new EthspanError('ERR_INVALID_OPTION', message, {
      hint: 'Give the genesis.json with all of its accounts, or do without execution.',
    })
  }
  await states.keep(changes, genesis.hash, undefined)
}
