// The methods of eth that read states. They exist only where blocks are executed.
import type { AccountOverride, BlockOverrides, Hash } from '@ethspan/chain'
import type { ApiMethod } from '@ethspan/node'
import { invalidParams, params } from '@ethspan/rpc'
import { clientLimitExceeded } from '../errors.js'
import { bytesToBigInt, type Hex, hex, type Json, quantity } from '../format/hex.js'
import { MAX_PROOF_KEYS, MAX_STORAGE_SLOTS } from '../limits.js'
import { type BlockSelector, blockSelector } from '../params/block.js'
import { type CallArguments, callArguments } from '../params/call.js'
import { address, hash, type StorageKey, storageKey } from '../params/hex.js'
import { accountOverrides, blockOverrides } from '../params/overrides.js'
import { fields, list, optional, type Reader, required } from '../params/reader.js'
import type { Backend } from './backend.js'
import { type Call, estimateGas, ethCall } from './calls.js'
import { stateAt, stateOf } from './state-at.js'

const byAddress = required(address)
const selected = optional(blockSelector)

const ZERO_HASH = new Uint8Array(32)

export function stateMethods(backend: Backend): Readonly<Record<string, ApiMethod>> {
  const { readParams } = params
  const account = async (of: Uint8Array, at: BlockSelector) => {
    const header = await stateAt(backend, at)
    return stateOf(backend).account(header, of)
  }
  return {
    getBalance: async (sent) => {
      const [of, at = 'latest'] = readParams<[Uint8Array, BlockSelector | undefined]>(sent, byAddress, selected)
      return quantity((await account(of, at))?.balance ?? 0n)
    },
    getTransactionCount: async (sent) => {
      const [of, at = 'latest'] = readParams<[Uint8Array, BlockSelector | undefined]>(sent, byAddress, selected)
      const pending = at === 'pending' ? backend.pool?.nextNonce(of) : undefined
      return quantity(pending ?? (await account(of, at))?.nonce ?? 0n)
    },
    getCode: async (sent) => {
      const [of, at = 'latest'] = readParams<[Uint8Array, BlockSelector | undefined]>(sent, byAddress, selected)
      return hex(await stateOf(backend).code(await stateAt(backend, at), of))
    },
    getStorageAt: async (sent) => {
      const [of, { slot }, at = 'latest'] = readParams<[Uint8Array, StorageKey, BlockSelector | undefined]>(
        sent,
        byAddress,
        required(storageKey),
        selected,
      )
      return hex(await stateOf(backend).storage(await stateAt(backend, at), of, slot))
    },
    getStorageValues: async (sent) => {
      const [wanted, at = 'latest'] = readParams<[WantedSlots, BlockSelector | undefined]>(
        sent,
        required(wantedSlots),
        selected,
      )
      return storageValues(backend, wanted, at)
    },
    getProof: async (sent) => {
      const [of, keys, at = 'latest'] = readParams<[Uint8Array, readonly StorageKey[], BlockSelector | undefined]>(
        sent,
        byAddress,
        required(storageKeys),
        selected,
      )
      return proofJson(backend, { of, keys, at })
    },
    call: (sent, { signal }) => ethCall(backend, { ...readCall(sent), signal }),
    estimateGas: (sent, { signal }) => estimateGas(backend, { ...readCall(sent), signal }),
  }
}

function readCall(sent: readonly unknown[]): Omit<Call, 'signal'> {
  const [args, at = 'latest', accounts, block] = params.readParams<
    [CallArguments, BlockSelector | undefined, readonly AccountOverride[] | undefined, BlockOverrides | undefined]
  >(sent, required(callArguments), selected, optional(accountOverrides), optional(blockOverrides))
  return { args, at, overrides: { accounts, block } }
}

/** By address, as it was sent, the slots that are asked for. */
type WantedSlots = readonly (readonly [address: Uint8Array, slots: readonly Hash[]])[]

const wantedSlots: Reader<WantedSlots> = (value) =>
  Object.entries(fields(value)).map(([of, slots]) => [address(of), slots === null ? [] : list(hash)(slots)])

async function storageValues(backend: Backend, wanted: WantedSlots, at: BlockSelector): Promise<Json> {
  const total = wanted.reduce((sum, [, slots]) => sum + slots.length, 0)
  if (total > MAX_STORAGE_SLOTS) throw clientLimitExceeded(`too many slots (max ${MAX_STORAGE_SLOTS})`)
  if (total === 0) throw invalidParams('empty request')
  const header = await stateAt(backend, at)
  const values: Record<string, Hex[]> = {}
  for (const [of, slots] of wanted) {
    const read: Hex[] = []
    for (const slot of slots) read.push(hex(await stateOf(backend).storage(header, of, slot)))
    values[hex(of)] = read
  }
  return values
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
