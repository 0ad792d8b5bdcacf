import { MerklePatriciaTrie } from '@ethereumjs/mpt'
import { Account, Address } from '@ethereumjs/util'
import { EMPTY_ROOT, type Hash } from '@ethspan/chain'
import { bytesToHex, encodeRlp, hexToBytes, keccak256 } from '@ethspan/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type StateSource, WorldState } from '../../src/state/world-state.js'
import { word } from '../support.js'

/** States in memory. */
function stored() {
  const nodes = new Map<string, Uint8Array>()
  const codes = new Map<string, Uint8Array>()
  const find = (map: Map<string, Uint8Array>, hash: Hash) => {
    const bytes = map.get(bytesToHex(hash))
    if (bytes === undefined) throw new Error('not there')
    return bytes
  }
  const source: StateSource = {
    hash: keccak256,
    load: (hash) => find(nodes, hash),
    loadCode: (hash) => find(codes, hash),
  }
  return {
    source,
    /** Stores what a state has become, and gives its root. */
    async keep(state: WorldState): Promise<Hash> {
      const changes = await state.takeChanges()
      for (const [hash, bytes] of changes.nodes) nodes.set(hash, bytes)
      for (const [hash, bytes] of changes.codes) codes.set(hash, bytes)
      return changes.root
    },
  }
}

const addresses = Array.from({ length: 4 }, (_, i) => new Address(new Uint8Array(20).fill(i + 1)))
const address = fc.constantFrom(...addresses)
const slot = fc.nat({ max: 3 }).map(word)

type Step =
  | { readonly do: 'checkpoint' | 'commit' | 'revert' }
  | { readonly do: 'put'; readonly address: Address; readonly nonce: number; readonly balance: number }
  | { readonly do: 'delete' | 'clear'; readonly address: Address }
  | { readonly do: 'store'; readonly address: Address; readonly slot: Uint8Array; readonly value: number }
  | { readonly do: 'code'; readonly address: Address; readonly code: Uint8Array }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('checkpoint' as const, 'commit' as const, 'revert' as const) }),
  fc.record({ do: fc.constant('put' as const), address, nonce: fc.nat({ max: 3 }), balance: fc.nat({ max: 3 }) }),
  fc.record({ do: fc.constantFrom('delete' as const, 'clear' as const), address }),
  fc.record({ do: fc.constant('store' as const), address, slot, value: fc.nat({ max: 2 }) }),
  fc.record({ do: fc.constant('code' as const), address, code: fc.uint8Array({ maxLength: 3 }) }),
)

/** As the EVM does it: an account is got before it is put, and only one that is there has code and storage. */
async function apply(state: WorldState, step: Step): Promise<void> {
  if (!('address' in step)) return state[step.do]()
  const account = await state.getAccount(step.address)
  if (step.do === 'put') {
    const changed = account ?? new Account()
    changed.nonce = BigInt(step.nonce)
    changed.balance = BigInt(step.balance)
    return state.putAccount(step.address, changed)
  }
  if (account === undefined) return
  if (step.do === 'delete') return state.deleteAccount(step.address)
  if (step.do === 'clear') return state.clearStorage(step.address)
  if (step.do === 'code') return state.putCode(step.address, step.code)
  if (step.do === 'store') await state.putStorage(step.address, step.slot, word(step.value))
}

interface PlainAccount {
  nonce: number
  balance: number
  code: Uint8Array
  /** By slot, as hex. */
  readonly storage: Map<string, number>
}

/** The same without tries: a map, of which a checkpoint is a copy. */
class PlainState {
  #accounts = new Map<string, PlainAccount>()
  readonly #copies: Map<string, PlainAccount>[] = []

  apply(step: Step): void {
    if (step.do === 'checkpoint') this.#copies.push(structuredClone(this.#accounts))
    if (step.do === 'commit') this.#copies.pop()
    if (step.do === 'revert') this.#accounts = this.#copies.pop()!
    if (!('address' in step)) return
    const key = bytesToHex(step.address.bytes)
    const account = this.#accounts.get(key)
    if (step.do === 'put') {
      const { nonce, balance } = step
      this.#accounts.set(key, { ...(account ?? { code: new Uint8Array(0), storage: new Map() }), nonce, balance })
    }
    if (account === undefined) return
    if (step.do === 'delete') this.#accounts.delete(key)
    if (step.do === 'clear') account.storage.clear()
    if (step.do === 'code') account.code = step.code
    if (step.do === 'store' && step.value === 0) account.storage.delete(bytesToHex(step.slot))
    if (step.do === 'store' && step.value > 0) account.storage.set(bytesToHex(step.slot), step.value)
  }

  async root(): Promise<string> {
    const accounts = new MerklePatriciaTrie({ useKeyHashing: true })
    for (const [key, { nonce, balance, code, storage }] of this.#accounts) {
      const slots = new MerklePatriciaTrie({ useKeyHashing: true })
      for (const [slot, value] of storage) await slots.put(hexToBytes(slot), encodeRlp(value))
      await accounts.put(hexToBytes(key), encodeRlp([nonce, balance, slots.root(), keccak256(code)]))
    }
    return bytesToHex(accounts.root())
  }
}

describe('a state', () => {
  test('has the root of what it holds, whatever was changed and taken back, block after block', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 20 }), { minLength: 1, maxLength: 4 }), async (blocks) => {
        const { source, keep } = stored()
        const plain = new PlainState()
        let root = EMPTY_ROOT
        for (const steps of blocks) {
          const state = new WorldState(source, root)
          let open = 0
          for (const step of steps) {
            if ((step.do === 'commit' || step.do === 'revert') && open === 0) continue
            if (step.do === 'checkpoint') open++
            if (step.do === 'commit' || step.do === 'revert') open--
            await apply(state, step)
            plain.apply(step)
          }
          for (; open > 0; open--) {
            await state.commit()
            plain.apply({ do: 'commit' })
          }
          root = await keep(state)
          expect(bytesToHex(root)).toBe(await plain.root())
        }
      }),
      { numRuns: 200 },
    )
  }, 30_000)

  test('gives what was written, what the parent had, and nothing for what is not there', async () => {
    const { source, keep } = stored()
    const [one, two] = addresses as [Address, Address]
    const first = new WorldState(source, EMPTY_ROOT)
    await first.putAccount(one, new Account(1n, 2n))
    await first.putCode(one, Uint8Array.of(1, 2, 3))
    await first.putStorage(one, word(1), word(7))
    const root = await keep(first)
    const second = new WorldState(source, root)
    expect(await second.getAccount(one)).toMatchObject({ nonce: 1n, balance: 2n })
    expect(await second.getCode(one)).toEqual(Uint8Array.of(1, 2, 3))
    expect(await second.getStorage(one, word(1))).toEqual(Uint8Array.of(7))
    expect(await second.getStorage(one, word(2))).toEqual(new Uint8Array(0))
    expect(await second.getAccount(two)).toBeUndefined()
    expect(await second.getCode(two)).toEqual(new Uint8Array(0))
  })

  test('tells slots as they were before the transaction', async () => {
    const { source, keep } = stored()
    const [one] = addresses as [Address]
    const first = new WorldState(source, EMPTY_ROOT)
    await first.putAccount(one, new Account())
    await first.putStorage(one, word(1), word(7))
    const state = new WorldState(source, await keep(first))
    expect(await state.originalStorageCache.get(one, word(1))).toEqual(Uint8Array.of(7))
    await state.putStorage(one, word(1), word(8))
    expect(await state.originalStorageCache.get(one, word(1))).toEqual(Uint8Array.of(7))
    state.originalStorageCache.clear()
    expect(await state.originalStorageCache.get(one, word(1))).toEqual(Uint8Array.of(8))
  })

  test.each<[string, (state: WorldState, one: Address) => Promise<void>]>([
    ['a slot that was known', (state, one) => state.putStorage(one, word(1), word(8))],
    ['a slot that was not', (state, one) => state.putStorage(one, word(2), word(9))],
    ['a slot that was unset', (state, one) => state.putStorage(one, word(1), new Uint8Array(0))],
    ['all of its storage', (state, one) => state.clearStorage(one)],
    ['the account', (state, one) => state.deleteAccount(one)],
  ])('takes back what was written in a call that failed: %s', async (_, write) => {
    const { source, keep } = stored()
    const [one] = addresses as [Address]
    const first = new WorldState(source, EMPTY_ROOT)
    await first.putAccount(one, new Account(1n))
    await first.putStorage(one, word(1), word(7))
    const root = await keep(first)
    const state = new WorldState(source, root)
    await state.checkpoint()
    await state.getStorage(one, word(1))
    await state.checkpoint()
    await write(state, one)
    // What an inner call that succeeded wrote is taken back with the outer one.
    await state.commit()
    await state.revert()
    expect(await state.getStorage(one, word(1))).toEqual(Uint8Array.of(7))
    expect(await state.getStorage(one, word(2))).toEqual(new Uint8Array(0))
    expect(await state.getStateRoot()).toEqual(root)
  })

  test('stores no code that was taken back', async () => {
    const { source } = stored()
    const [one] = addresses as [Address]
    const state = new WorldState(source, EMPTY_ROOT)
    await state.putAccount(one, new Account(1n))
    await state.checkpoint()
    await state.putCode(one, Uint8Array.of(1))
    await state.revert()
    expect((await state.takeChanges()).codes.size).toBe(0)
  })

  test('becomes another state, and forgets the one before', async () => {
    const { source, keep } = stored()
    const [one] = addresses as [Address]
    const state = new WorldState(source, EMPTY_ROOT)
    await state.putAccount(one, new Account(1n))
    const root = await keep(state)
    await state.putAccount(one, new Account(2n))
    await state.setStateRoot(root)
    expect(await state.getAccount(one)).toMatchObject({ nonce: 1n })
    expect(await state.getStateRoot()).toEqual(root)
  })
})
