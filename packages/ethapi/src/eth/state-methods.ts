// The methods of eth that read states. They exist only where blocks are executed.
import type { Hash } from '@ethspan/chain'
import type { ApiMethod } from '@ethspan/node'
import { invalidParams, params } from '@ethspan/rpc'
import { bytesToBigInt, hex, type Json, quantity } from '../format/hex.js'
import { MAX_PROOF_KEYS } from '../limits.js'
import { type BlockSelector, blockSelector } from '../params/block.js'
import { type CallArguments, callArguments } from '../params/call.js'
import { address, type StorageKey, storageKey } from '../params/hex.js'
import { list, optional, type Reader, required, Unreadable } from '../params/reader.js'
import type { Backend } from './backend.js'
import { estimateGas, ethCall } from './calls.js'
import { stateAt, stateOf } from './state-at.js'

const byAddress = required(address)
const block = optional(blockSelector)
const call = required(callArguments)

/** Geth lays other states and blocks under a call; nothing here does. */
const noOverrides = optional<never>(() => {
  throw new Unreadable('overrides are not supported')
})

const ZERO_HASH = new Uint8Array(32)

export function stateMethods(backend: Backend): Readonly<Record<string, ApiMethod>> {
  const { readParams } = params
  const account = async (of: Uint8Array, at: BlockSelector) => {
    const header = await stateAt(backend, at)
    return stateOf(backend).account(header, of)
  }
  return {
    getBalance: async (sent) => {
      const [of, at = 'latest'] = readParams<[Uint8Array, BlockSelector | undefined]>(sent, byAddress, block)
      return quantity((await account(of, at))?.balance ?? 0n)
    },
    getTransactionCount: async (sent) => {
      const [of, at = 'latest'] = readParams<[Uint8Array, BlockSelector | undefined]>(sent, byAddress, block)
      const pending = at === 'pending' ? backend.pool?.nextNonce(of) : undefined
      return quantity(pending ?? (await account(of, at))?.nonce ?? 0n)
    },
    getCode: async (sent) => {
      const [of, at = 'latest'] = readParams<[Uint8Array, BlockSelector | undefined]>(sent, byAddress, block)
      return hex(await stateOf(backend).code(await stateAt(backend, at), of))
    },
    getStorageAt: async (sent) => {
      const [of, { slot }, at = 'latest'] = readParams<[Uint8Array, StorageKey, BlockSelector | undefined]>(
        sent,
        byAddress,
        required(storageKey),
        block,
      )
      return hex(await stateOf(backend).storage(await stateAt(backend, at), of, slot))
    },
    getProof: async (sent) => {
      const [of, keys, at = 'latest'] = readParams<[Uint8Array, readonly StorageKey[], BlockSelector | undefined]>(
        sent,
        byAddress,
        required(storageKeys),
        block,
      )
      return proofJson(backend, { of, keys, at })
    },
    call: (sent, { signal }) => {
      const [args, at = 'latest'] = readParams<[CallArguments, BlockSelector | undefined, undefined, undefined]>(
        sent,
        call,
        block,
        noOverrides,
        noOverrides,
      )
      return ethCall(backend, { args, at, signal })
    },
    estimateGas: (sent, { signal }) => {
      const [args, at = 'latest'] = readParams<[CallArguments, BlockSelector | undefined, undefined, undefined]>(
        sent,
        call,
        block,
        noOverrides,
        noOverrides,
      )
      return estimateGas(backend, { args, at, signal })
    },
  }
}

const storageKeys: Reader<readonly StorageKey[]> = (value) => {
  const keys = list(storageKey)(value)
  if (keys.length <= MAX_PROOF_KEYS) return keys
  throw invalidParams(`too many storage keys requested (max ${MAX_PROOF_KEYS}, got ${keys.length})`)
}

/** EIP-1186. Geth: `AccountResult`. */
async function proofJson(
  backend: Backend,
  { of, keys, at }: { readonly of: Uint8Array; readonly keys: readonly StorageKey[]; readonly at: BlockSelector },
): Promise<Json> {
  const header = await stateAt(backend, at)
  const slots: Hash[] = keys.map(({ slot }) => slot)
  const { account: found, accountProof, storageProof } = await stateOf(backend).proof(header, of, slots)
  return {
    address: hex(of),
    accountProof: accountProof.map(hex),
    balance: quantity(found?.balance ?? 0n),
    codeHash: hex(found?.codeHash ?? ZERO_HASH),
    nonce: quantity(found?.nonce ?? 0n),
    storageHash: hex(found?.storageRoot ?? ZERO_HASH),
    storageProof: storageProof.map(({ value, proof }, i) => ({
      key: keyText(keys[i]!),
      value: quantity(bytesToBigInt(value)),
      proof: proof.map(hex),
    })),
  }
}

/** A key of 32 bytes is told as it came, a shorter one as a number. */
const keyText = ({ slot, sentBytes }: StorageKey): string =>
  sentBytes === slot.length ? hex(slot) : quantity(bytesToBigInt(slot))
