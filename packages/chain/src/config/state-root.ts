import { encodeRlp, keccak256 } from '@ethspan/core'
import type { Hash } from '../block/fields.js'
import { trieRoot } from '../block/trie-root.js'
import type { GenesisAccount, GenesisAlloc } from './genesis.js'

/** The root of the state that these accounts make up, empty ones included, as geth does (`hashAlloc`). */
export const allocRoot = (alloc: GenesisAlloc): Hash =>
  trieRoot(alloc.map((account) => [keccak256(account.address), encodeAccount(account)]))

const encodeAccount = ({ nonce, balance, storage, code }: GenesisAccount): Uint8Array =>
  encodeRlp([nonce, balance, storageRoot(storage), keccak256(code)])

const storageRoot = (storage: GenesisAccount['storage']): Hash =>
  trieRoot(storage.map(([slot, value]) => [keccak256(slot), encodeRlp(withoutZeros(value))]))

const withoutZeros = (word: Uint8Array): Uint8Array => word.subarray(word.findIndex((byte) => byte !== 0))
