// Where a node's key and nickname outlive the node. Session storage dies with its tab; IndexedDB belongs to all of the origin.
import type { Store } from '@ethspan/node'
import { browserStore } from '@ethspan/node/browser-store'
import { memoryStore } from '@ethspan/node/memory'
import type { KeyPlace } from './client.js'

export interface Kept {
  /** 64 hex digits. */
  readonly privateKey?: string
  /** Of the node's account on the chain, 64 hex digits. */
  readonly accountKey?: string
  readonly nickname?: string
}

export interface Keeper {
  readonly place: KeyPlace
  load(): Promise<Kept>
  save(kept: Kept): Promise<void>
  /** Where one life of a node keeps what it knows. The node closes it. */
  nodeStore(): Store
  /** Where the blocks of a chain are kept, for one life of a node. `name`: letters and digits that tell chains apart. */
  chainStore(name: string): Promise<Store>
  /** The keeper for a node that found another one running with the key that is kept here. */
  forTwin(): Keeper
}

/** Whatever storage holds, another version of the page may have written it, or the person. */
export function readKept(text: string | null | undefined): Kept {
  if (text === null || text === undefined) return {}
  try {
    const value: unknown = JSON.parse(text)
    const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
    const { privateKey, accountKey, nickname } = fields
    return {
      ...(isKey(privateKey) ? { privateKey } : {}),
      ...(isKey(accountKey) ? { accountKey } : {}),
      ...(typeof nickname === 'string' ? { nickname } : {}),
    }
  } catch {
    return {}
  }
}

const isKey = (value: unknown): value is string => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)

/** Keeps things as long as the node's page or worker lives. */
export class MemoryKeeper implements Keeper {
  readonly place = 'memory'
  #kept: Kept = {}

  load = async (): Promise<Kept> => this.#kept

  async save(kept: Kept): Promise<void> {
    this.#kept = kept
  }

  nodeStore = memoryStore

  chainStore = async (): Promise<Store> => memoryStore()

  forTwin(): Keeper {
    return this
  }
}

const KEY = 'ethspan.private-key'
const ACCOUNT_KEY = 'ethspan.account-key'
const NICKNAME = 'ethspan.nickname'

/** Of one tab: survives a reload, gone with the tab. */
export class SessionKeeper implements Keeper {
  readonly place = 'session'
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'>

  constructor(storage: Pick<Storage, 'getItem' | 'setItem'>) {
    this.#storage = storage
  }

  async load(): Promise<Kept> {
    const [privateKey, accountKey, nickname] = [KEY, ACCOUNT_KEY, NICKNAME].map((name) => this.#storage.getItem(name))
    return readKept(JSON.stringify({ privateKey, accountKey, nickname }))
  }

  async save({ privateKey, accountKey, nickname }: Kept): Promise<void> {
    if (privateKey !== undefined) this.#storage.setItem(KEY, privateKey)
    if (accountKey !== undefined) this.#storage.setItem(ACCOUNT_KEY, accountKey)
    if (nickname !== undefined) this.#storage.setItem(NICKNAME, nickname)
  }

  nodeStore = memoryStore

  chainStore = async (): Promise<Store> => memoryStore()

  /** The storage was copied with the tab, so what is in it is this tab's alone. */
  forTwin(): Keeper {
    return this
  }
}

/** This tab's session storage, or memory where the browser denies it. */
export function tabKeeper(): Keeper {
  try {
    const storage = globalThis.sessionStorage
    // Some browsers hand out a storage whose quota is zero.
    storage.setItem('ethspan.probe', '1')
    storage.removeItem('ethspan.probe')
    return new SessionKeeper(storage)
  } catch (error) {
    console.info('This browser denies session storage; the key will not survive a reload.', error)
    return new MemoryKeeper()
  }
}

const DATABASE = 'ethspan'
/** What the databases of chains begin with; each has its own, so that one can be let go of as a whole. */
const CHAIN_DATABASE = 'ethspan-chain-'
const RECORD = 'kept'

/** Of all tabs of this origin. The node's own store is in the same database. */
class OriginKeeper implements Keeper {
  readonly place = 'indexeddb'

  async load(): Promise<Kept> {
    return this.#open(async (part) => {
      const bytes = await part.get(RECORD)
      return readKept(bytes === undefined ? undefined : new TextDecoder().decode(bytes))
    })
  }

  async save(kept: Kept): Promise<void> {
    await this.#open((part) => part.put(RECORD, new TextEncoder().encode(JSON.stringify(kept))))
  }

  nodeStore(): Store {
    return browserStore(DATABASE)
  }

  /** Other chains are let go of: each gateway that is made anew may bring one. */
  async chainStore(name: string): Promise<Store> {
    const database = `${CHAIN_DATABASE}${name}`
    // Firefox has it from 126 on; without it the others stay.
    for (const other of (await indexedDB.databases?.()) ?? []) {
      if (other.name?.startsWith(CHAIN_DATABASE) && other.name !== database) indexedDB.deleteDatabase(other.name)
    }
    return browserStore(database)
  }

  /** The database is the other node's. */
  forTwin(): Keeper {
    return new MemoryKeeper()
  }

  async #open<T>(use: (part: Store) => Promise<T>): Promise<T> {
    const store = browserStore(DATABASE)
    await store.open()
    try {
      return await use(store.sublevel<string, Uint8Array>('page', { valueEncoding: 'view' }))
    } finally {
      await store.close()
    }
  }
}

/** This origin's IndexedDB, or memory where the browser denies it. */
export async function originKeeper(): Promise<Keeper> {
  const keeper = new OriginKeeper()
  try {
    await keeper.load()
    return keeper
  } catch (error) {
    console.info('This browser denies IndexedDB; the key is gone with the last tab.', error)
    return new MemoryKeeper()
  }
}
