// States on disk: the nodes of their tries and the codes of their contracts, by hash. What a block adds goes to the newest
// generation; a block that was executed tells the oldest one that its state needs, and that state is there as long as that one is.
//
//   schema                  version of this layout, decimal digits
//   genesis                 hash of the chain's genesis block, hexadecimal
//   generations             `Generations`, JSON
//   block/<hash>            of a block that was executed: the oldest generation that the state after it needs
//   g<generation>/<hash>    a node of a trie
//   g<generation>/c<hash>   a contract's code
//
// A state comes with all that is new in it in one batch: so it is there as a whole or not at all whenever its process ends.
// It is found by its block and not by its root: whoever makes a block can write the root of a state that is there into it, and
// only what was run may count as executed.
import type { Hash } from '@ethspan/chain'
import { bytesToHex, EthspanError } from '@ethspan/core'
import type { Store } from '@ethspan/node'
import { NODE_CACHE_BYTES } from '../limits.js'
import { type Generations, readGenerations, writeGenerations } from './generations.js'
import { NodeCache } from './node-cache.js'
import { type Change, StateDb } from './state-db.js'
import type { StateChanges, StateSource } from './world-state.js'

/** Of the layout above. */
export const STATE_SCHEMA_VERSION = 2

const SCHEMA_KEY = 'schema'
const GENESIS_KEY = 'genesis'
const GENERATIONS_KEY = 'generations'
const blockKey = (block: Hash) => `block/${bytesToHex(block)}`
const BLOCKS = { gte: 'block/', lt: 'block0' }
/** With as many digits for each: texts are in the order of their numbers. */
const prefixOf = (generation: number) => `g${String(generation).padStart(10, '0')}/`
const nodeKey = (hash: Hash) => bytesToHex(hash)
const codeKey = (hash: Hash) => `c${bytesToHex(hash)}`
const text = (value: string) => new TextEncoder().encode(value)

/** A part of a state. */
export interface StatePart {
  readonly kind: 'node' | 'code'
  readonly hash: Hash
}

export class StateStore implements StateSource {
  readonly hash: (bytes: Uint8Array) => Hash
  readonly #db: StateDb
  readonly #cache = new NodeCache(NODE_CACHE_BYTES)
  #generations: Generations

  private constructor(db: StateDb, hash: (bytes: Uint8Array) => Hash, generations: Generations) {
    this.#db = db
    this.hash = hash
    this.#generations = generations
  }

  /**
   * Opens the states of a chain, and clears away what a process that ended in the middle left.
   * @param genesis hash of the chain's genesis block
   * @param hash Keccak-256
   * @throws {EthspanError} ERR_DATA_DIR for a store that can't be read, is of another chain or of another version
   */
  static async open(store: Store, genesis: Hash, hash: (bytes: Uint8Array) => Hash): Promise<StateStore> {
    const db = new StateDb(store)
    await db.open()
    const schema = await db.getText(SCHEMA_KEY)
    if (schema === undefined) {
      const changes = { [SCHEMA_KEY]: `${STATE_SCHEMA_VERSION}`, [GENESIS_KEY]: bytesToHex(genesis) }
      await db.write(Object.entries(changes).map(([key, value]) => ({ key, value: text(value) })))
      return new StateStore(db, hash, readGenerations(undefined))
    }
    if (schema !== `${STATE_SCHEMA_VERSION}`) throw unknownLayout(schema)
    const [found, expected] = [await db.getText(GENESIS_KEY), bytesToHex(genesis)]
    if (found !== expected) {
      const message = `the states are those of the chain with genesis block 0x${found}, not 0x${expected}`
      throw new EthspanError('ERR_DATA_DIR', message, {
        fields: { found, expected },
        hint: 'Use another data directory for this chain.',
      })
    }
    const states = new StateStore(db, hash, readGenerations(await db.getText(GENERATIONS_KEY)))
    await states.#clear()
    return states
  }

  get generations(): Generations {
    return this.#generations
  }

  /** Whether a block was executed, and the state after it is there with all its parts. */
  async has(block: Hash): Promise<boolean> {
    return (await this.#oldestFor(block)) !== undefined
  }

  /** Whether a block's state is there, but will be gone with the generations before the newest: it was not made of the base. */
  async needsOlder(block: Hash): Promise<boolean> {
    const oldest = await this.#oldestFor(block)
    return oldest !== undefined && oldest < this.#generations.newest
  }

  load(hash: Hash): Uint8Array | Promise<Uint8Array> {
    return this.#load(nodeKey(hash))
  }

  loadCode(hash: Hash): Uint8Array | Promise<Uint8Array> {
    return this.#load(codeKey(hash))
  }

  /**
   * Keeps the state after a block that was executed. When it resolves, that is on disk.
   * @param parent the block on whose state it was run; undefined for the genesis block
   * @throws {EthspanError} ERR_STATE where the parent's is not there; ERR_DATA_DIR where it can't be written, and then nothing is
   */
  async keep({ nodes, codes }: StateChanges, block: Hash, parent: Hash | undefined): Promise<void> {
    const { newest } = this.#generations
    const needed = parent === undefined ? newest : await this.#oldestFor(parent)
    if (needed === undefined) throw new EthspanError('ERR_STATE', `block 0x${bytesToHex(parent!)} has no state here`)
    // It may have been run before, and a generation have begun at it.
    const known = (await this.#oldestFor(block)) ?? needed
    const entries = [...nodes, ...[...codes].map(([hash, code]) => [`c${hash}`, code] as const)]
    await this.#db.write([
      ...entries.map(([key, value]) => ({ key: prefixOf(newest) + key, value })),
      { key: blockKey(block), value: text(`${Math.max(known, needed)}`) },
    ])
    for (const [key, value] of entries) this.#cache.set(key, value)
  }

  /** Begins a generation in which the state of the block `base`, and those made of it from now on, will be whole. */
  async beginGeneration(generations: Generations, base: Hash): Promise<void> {
    await this.#db.write([
      { key: GENERATIONS_KEY, value: text(writeGenerations(generations)) },
      { key: blockKey(base), value: text(`${generations.newest}`) },
    ])
    this.#generations = generations
  }

  /** Copies what only older generations have to the newest. It may be on disk only after `dropBefore`. */
  async carry(parts: readonly StatePart[]): Promise<void> {
    const prefix = prefixOf(this.#generations.newest)
    const keys = parts.map(({ kind, hash }) => (kind === 'node' ? nodeKey(hash) : codeKey(hash)))
    const there = await this.#db.getMany(keys.map((key) => prefix + key))
    const missing: Change[] = []
    for (const [i, key] of keys.entries()) {
      if (there[i] === undefined) missing.push({ key: prefix + key, value: await this.#read(key) })
    }
    await this.#db.write(missing, false)
  }

  /** Drops all generations before the oldest that is told, and what is told of blocks whose states need them. */
  async dropBefore(generations: Generations): Promise<void> {
    await this.#db.write([{ key: GENERATIONS_KEY, value: text(writeGenerations(generations)) }])
    this.#generations = generations
    await this.#clear()
  }

  /** A node, past the cache: whoever walks a whole state would fill it with what nobody needs. */
  readNode(hash: Hash): Promise<Uint8Array> {
    return this.#read(nodeKey(hash))
  }

  #load(key: string): Uint8Array | Promise<Uint8Array> {
    return this.#cache.get(key) ?? this.#fetch(key)
  }

  async #fetch(key: string): Promise<Uint8Array> {
    const value = await this.#read(key)
    this.#cache.set(key, value)
    return value
  }

  async #read(key: string): Promise<Uint8Array> {
    const generations = this.#generations
    for (let generation = generations.newest; generation >= generations.oldest; generation--) {
      const value = await this.#db.get(prefixOf(generation) + key)
      if (value !== undefined) return value
    }
    // Carried over behind our back: it is where we looked first.
    if (generations !== this.#generations) return this.#read(key)
    throw new EthspanError('ERR_STATE', `a part of the state is not there: ${key}`, { fields: { key } })
  }

  /** The oldest generation that a block's state needs; undefined where it is not there. */
  async #oldestFor(block: Hash): Promise<number | undefined> {
    const oldest = Number((await this.#db.getText(blockKey(block))) ?? -1)
    return oldest >= this.#generations.oldest ? oldest : undefined
  }

  /** Removes generations that were dropped, and what is told of blocks whose states needed them. */
  async #clear(): Promise<void> {
    const { oldest } = this.#generations
    await this.#db.clear({ gte: 'g0', lt: prefixOf(oldest) })
    const gone: Change[] = []
    for await (const [key, value] of this.#db.entries(BLOCKS)) {
      if (Number(new TextDecoder().decode(value)) < oldest) gone.push({ key })
    }
    await this.#db.write(gone)
  }
}

function unknownLayout(schema: string): EthspanError {
  const isOlder = Number(schema) < STATE_SCHEMA_VERSION
  const message = isOlder
    ? `the states have layout ${schema}, which does not tell what blocks were executed`
    : `the states have layout ${schema}, and this version of the program knows none above ${STATE_SCHEMA_VERSION}`
  return new EthspanError('ERR_DATA_DIR', message, {
    fields: { schema },
    hint: isOlder
      ? 'Remove the chain data (ethspan removedb) and import or sync it anew, or use the version that wrote them.'
      : 'Use the version that wrote them, or another data directory.',
  })
}
