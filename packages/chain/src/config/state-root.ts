import { encodeRlp, keccak256 } from '@ethspan/core'
import type { Hash } from '../block/fields.js'
import { trieRootNow } from '../block/trie-root.js'
import type { GenesisAlloc } from './genesis.js'

/** The root of the state that these accounts make up, empty ones included, as geth does (`hashAlloc`). */
export function allocRoot(alloc: GenesisAlloc): Hash {
  return trieRootNow(
    alloc.map(({ address, nonce, balance, storage, code }) => {
      const slots = storage.map(([slot, value]) => [keccak256(slot), encodeRlp(withoutZeros(value))] as const)
      return [keccak256(address), encodeRlp([nonce, balance, trieRootNow(slots), keccak256(code)])] as const
    }),
  )
}

const withoutZeros = (word: Uint8Array): Uint8Array => word.subarray(word.findIndex((byte) => byte !== 0))
