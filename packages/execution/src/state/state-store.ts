// States on disk: the nodes of their tries and the codes of their contracts, by hash. What a block adds goes to the newest
// generation; a state tells the oldest one it needs, and is there as long as that one is.
import type { Hash } from '@ethspan/chain'
import { asError, bytesToHex, EthspanError } from '@ethspan/core'
import type { Store } from '@ethspan/node'
import type { AbstractBatchOptions } from 'abstract-level'
import { NODE_CACHE_BYTES } from '../limits.js'
import { type Generations, readGenerations, writeGenerations } from './generations.js'
import { NodeCache } from './node-cache.js'
import type { StateChanges, StateSource } from './world-state.js'

/** Of the layout below. */
export const STATE_SCHEMA_VERSION = 1

const SCHEMA_KEY = 'schema'
const GENESIS_KEY = 'genesis'
const GENERATIONS_KEY = 'generations'
const rootKey = (root: Hash) => `root/${bytesToHex(root)}`
/** In which order texts are is that of their numbers. */
const prefixOf = (generation: number) => `g${String(generation).padStart(10, '0')}/`
const codeKey = (hash: string) => `c${hash}`

type Put = { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
const put = (key: string, value: Uint8Array): Put => ({ type: 'put', key, value })
/** LevelDB's: on disk when it resolves, with all that came before. IndexedDB knows no such option and needs none. */
const SYNCED: AbstractBatchOptions<string, Uint8Array> & { readonly sync: boolean } = { sync: true }
const text = (value: string) => new TextEncoder().encode(value)

export class StateStore implements StateSource {
  readonly hash: (bytes: Uint8Array) => Hash
  readonly #store: Store
  readonly #cache = new NodeCache(NODE_CACHE_BYTES)
  #generations: Generations

  private constructor(store: Store, hash: (bytes: Uint8Array) => Hash, generations: Generations) {
    this.#store = store
    this.hash = hash
    this.#generations = generations
  }

  /**
   * Opens the states of a chain, and clears away what a process that ended in the middle left.
   * @throws {EthspanError} ERR_DATA_DIR for a store that can't be read, is of another chain or of a newer version
   */
  static async open(store: Store, genesis: Hash, hash: (bytes: Uint8Array) => Hash): Promise<StateStore> {
    const read = async (key: string) => textOf(await reading(store.get(key)))
    await reading(store.open())
    const schema = await read(SCHEMA_KEY)
    if (schema !== undefined && schema !== `${STATE_SCHEMA_VERSION}`) {
      const message = `the states have layout ${schema}, and this version of the program knows only ${STATE_SCHEMA_VERSION}`
      throw dataDirError(message, { hint: 'Use the version that wrote them, or another data directory.' })
    }
    const kept = await read(GENESIS_KEY)
    if (kept !== undefined && kept !== bytesToHex(genesis)) {
      const message = `the states are those of the chain with genesis block 0x${kept}, not 0x${bytesToHex(genesis)}`
      throw dataDirError(message, { hint: 'Use another data directory for this chain.' })
    }
    const states = new StateStore(store, hash, readGenerations(await read(GENERATIONS_KEY)))
    if (schema !== undefined) await states.#clear()
    else
      await writing(
        store.batch([put(SCHEMA_KEY, text(`${STATE_SCHEMA_VERSION}`)), put(GENESIS_KEY, text(bytesToHex(genesis)))]),
      )
    return states
  }

  get generations(): Generations {
    return this.#generations
  }

  /** Bytes of memory that nodes and codes take. */
  get cacheBytes(): number {
    return this.#cache.bytes
  }

  /** Whether a state is there with all its parts. */
  async has(root: Hash): Promise<boolean> {
    return (await this.#oldestOf(root)) !== undefined
  }

  load(hash: Hash): Uint8Array | Promise<Uint8Array> {
    return this.#loadKey(bytesToHex(hash))
  }

  loadCode(hash: Hash): Uint8Array | Promise<Uint8Array> {
    return this.#loadKey(codeKey(bytesToHex(hash)))
  }

  /**
   * Keeps a state. When it resolves, that is on disk.
   * @param parent the state it was made of; undefined for the genesis block's
   * @throws {EthspanError} ERR_STATE where the parent's is not there; ERR_DATA_DIR where the store can't be written, and then nothing is
   */
  async keep({ root, nodes, codes }: StateChanges, parent: Hash | undefined): Promise<void> {
    const { newest } = this.#generations
    const needed = parent === undefined ? newest : await this.#oldestOf(parent)
    if (needed === undefined) throw new EthspanError('ERR_STATE', `the state 0x${bytesToHex(parent!)} is not there`)
    const prefix = prefixOf(newest)
    const entries = [...nodes, ...[...codes].map(([hash, code]) => [codeKey(hash), code] as const)]
    const known = await this.#oldestOf(root)
    const oldest = known === undefined ? needed : Math.max(known, needed)
    await this.#write([
      ...entries.map(([key, value]) => put(prefix + key, value)),
      put(rootKey(root), text(`${oldest}`)),
    ])
    for (const [key, value] of entries) this.#cache.set(key, value)
  }

  /** Begins a generation in which the state `base`, and those made of it from now on, will be whole. */
  async beginGeneration(generations: Generations, base: Hash): Promise<void> {
    await this.#write([
      put(GENERATIONS_KEY, text(writeGenerations(generations))),
      put(rootKey(base), text(`${generations.newest}`)),
    ])
    this.#generations = generations
  }

  /** Copies what is only in older generations to the newest. Not on disk before `dropBefore` is. */
  async carry(entries: readonly { readonly kind: 'node' | 'code'; readonly hash: Hash }[]): Promise<void> {
    const prefix = prefixOf(this.#generations.newest)
    const missing: Put[] = []
    for (const { kind, hash } of entries) {
      const key = kind === 'node' ? bytesToHex(hash) : codeKey(bytesToHex(hash))
      if ((await reading(this.#store.get(prefix + key))) === undefined)
        missing.push(put(prefix + key, await this.read(key)))
    }
    await writing(this.#store.batch(missing))
  }

  /** Drops the generations before the newest, and the states that need them. */
  async dropBefore(generations: Generations): Promise<void> {
    await this.#write([put(GENERATIONS_KEY, text(writeGenerations(generations)))])
    this.#generations = generations
    await this.#clear()
  }

  /** A node or code by its key, past the cache: whoever walks a whole state would fill it with what nobody needs. */
  async read(key: string): Promise<Uint8Array> {
    const { newest, oldest } = this.#generations
    for (let generation = newest; generation >= oldest; generation--) {
      const value = await reading(this.#store.get(prefixOf(generation) + key))
      if (value !== undefined) return value
    }
    throw new EthspanError('ERR_STATE', `a part of the state is not there: ${key}`, { fields: { key } })
  }

  #loadKey(key: string): Uint8Array | Promise<Uint8Array> {
    return this.#cache.get(key) ?? this.#fetch(key)
  }

  async #fetch(key: string): Promise<Uint8Array> {
    const value = await this.read(key)
    this.#cache.set(key, value)
    return value
  }

  /** The oldest generation that a state needs; undefined where it is not there. */
  async #oldestOf(root: Hash): Promise<number | undefined> {
    const told = textOf(await reading(this.#store.get(rootKey(root))))
    const oldest = told === undefined ? undefined : Number(told)
    return oldest !== undefined && oldest >= this.#generations.oldest ? oldest : undefined
  }

  /** Removes generations that were dropped, and what is told of states that needed them. */
  async #clear(): Promise<void> {
    const { oldest } = this.#generations
    await writing(this.#store.clear({ gte: 'g0', lt: prefixOf(oldest) }))
    const gone: string[] = []
    for await (const [key, value] of this.#store.iterator({ gte: 'root/', lt: 'root0' })) {
      if (Number(textOf(value)) < oldest) gone.push(String(key))
    }
    await writing(this.#store.batch(gone.map((key) => ({ type: 'del', key }))))
  }

  #write(puts: readonly Put[]): Promise<void> {
    return writing(this.#store.batch([...puts], SYNCED))
  }
}

const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes)

const dataDirError = (message: string, details: { readonly hint?: string; readonly cause?: unknown } = {}) =>
  new EthspanError('ERR_DATA_DIR', message, details)

const reading = <T>(promise: Promise<T>): Promise<T> =>
  promise.catch((cause) => {
    throw dataDirError(`can't read the states: ${reasonOf(cause)}`, { cause })
  })

const writing = <T>(promise: Promise<T>): Promise<T> =>
  promise.catch((cause) => {
    throw dataDirError(`can't write the states: ${reasonOf(cause)}`, { cause })
  })

/** `abstract-level` says only that it failed; why is in the cause. */
function reasonOf(error: unknown): string {
  const { cause, message } = asError(error)
  return cause === undefined ? message : asError(cause).message
}
