// What the parts of the conformance suite share.
import { bytesToHex, EthspanError } from '@ethspan/core'
import type { Store } from '@ethspan/node'
import type { Hash } from '../../block/fields.js'
import type { ChainSpec } from '../../config/chain-spec.js'
import type { Chain, ChainHead, HeadEvent } from '../../contract/chain.js'
import { openChain } from '../../store/open-chain.js'
import { testSpec } from '../test-spec.js'

/** The part of a test runner that the suite uses; vitest's own functions fit. */
export interface ChainConformanceApi {
  describe(name: string, body: () => void): void
  test(name: string, body: () => Promise<void>): void
  expect(actual: unknown): { toBe(expected: unknown): void; toEqual(expected: unknown): void }
}

/** Where a test's store lies. */
export interface StorePlace {
  /** The store in it, closed. Called again once the one before is closed: with what was kept in that. */
  store(): Store
  /** Removes it. */
  remove(): Promise<void>
}

export interface ChainConformanceOptions {
  /** What is tested, such as `classic-level`. */
  readonly name: string
  /** A new, empty place. */
  makeStore(): Promise<StorePlace>
  readonly api: ChainConformanceApi
}

/** A test with a chain on a new store. */
export type WithChain = (title: string, body: (context: SuiteContext) => Promise<void>, options?: SuiteOptions) => void

export interface SuiteOptions {
  readonly spec?: ChainSpec
  readonly keep?: number
}

export interface SuiteContext {
  readonly chain: Chain
  readonly spec: ChainSpec
  readonly place: StorePlace
  /** Closes the chain and opens it again, with other options if told. */
  reopen(options?: SuiteOptions): Promise<Chain>
  /** How many records the store has. Closes the chain. */
  countRecords(): Promise<number>
}

export function withChainOf({ makeStore, api }: ChainConformanceOptions): WithChain {
  return (title, body, { spec = testSpec(), keep } = {}) =>
    api.test(title, async () => {
      const place = await makeStore()
      const open = (options: SuiteOptions = {}) => openChain({ store: place.store(), spec, keep, ...options })
      let chain = await open()
      const reopen = async (options?: SuiteOptions) => {
        await chain.close()
        chain = await open(options)
        return chain
      }
      const countRecords = async () => {
        await chain.close()
        const store = place.store()
        await store.open()
        const keys = await store.keys({ keyEncoding: 'view' }).all()
        await store.close()
        return keys.length
      }
      try {
        await body({ chain, spec, place, reopen, countRecords })
      } finally {
        await chain.close()
        await place.remove()
      }
    })
}

export const hex = (bytes: Uint8Array): string => bytesToHex(bytes)
export const text = (value: string): Uint8Array => new TextEncoder().encode(value)

/** How a promise fails. */
export async function failure(promise: Promise<unknown>): Promise<EthspanError> {
  try {
    await promise
  } catch (error) {
    if (error instanceof EthspanError) return error
    throw error
  }
  throw new Error('did not fail')
}

/** The events of a chain's head, as they are told: numbers of the blocks by which branches are told apart. */
export function recordHeads(chain: Chain): HeadEvent[] {
  const events: HeadEvent[] = []
  chain.addEventListener('head', (event) => events.push(event))
  return events
}

export const hashesOf = (blocks: readonly { readonly hash: Hash }[]): string[] => blocks.map(({ hash }) => hex(hash))
export const numbersOf = (heads: readonly ChainHead[]): bigint[] => heads.map(({ number }) => number)
