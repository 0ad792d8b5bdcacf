// The store as states use it: texts as keys, bytes as values, and errors that people can read.
import { plainBytes, type Store, storeError } from '@ethspan/node'
import type { AbstractBatchOperation } from 'abstract-level'

const ENCODINGS = { keyEncoding: 'utf8', valueEncoding: 'view' } as const
/** `sync`: LevelDB waits for the disk, with all that was written before. IndexedDB knows no such option and needs none. */
const ON_DISK = { ...ENCODINGS, sync: true } as const

/** A record to write, or, without a value, to remove. */
export interface Change {
  readonly key: string
  readonly value?: Uint8Array
}

export class StateDb {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** @throws {EthspanError} ERR_DATA_DIR */
  async open(): Promise<void> {
    await this.#store.open().catch((cause) => {
      throw failed("can't open the store of the states", cause)
    })
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const value = await this.#store.get<string, Uint8Array>(key, ENCODINGS).catch(unreadable)
    return value && plainBytes(value)
  }

  /** As many as there are keys, in their order. */
  async getMany(keys: string[]): Promise<(Uint8Array | undefined)[]> {
    if (keys.length === 0) return []
    const values = await this.#store.getMany<string, Uint8Array>(keys, ENCODINGS).catch(unreadable)
    return values.map((value) => value && plainBytes(value))
  }

  async getText(key: string): Promise<string | undefined> {
    const value = await this.get(key)
    return value && new TextDecoder().decode(value)
  }

  /** The records of a range, ascending. */
  async *entries(range: { readonly gte: string; readonly lt: string }): AsyncGenerator<[string, Uint8Array]> {
    const entries = this.#store.iterator<string, Uint8Array>({ ...range, ...ENCODINGS })
    try {
      for (;;) {
        const entry = await entries.next().catch(unreadable)
        if (entry === undefined) return
        yield [entry[0], plainBytes(entry[1])]
      }
    } finally {
      await entries.close()
    }
  }

  /**
   * Makes all changes or none.
   * @param isSynced whether to resolve only when they are on disk. Default true
   * @throws {EthspanError} ERR_DATA_DIR
   */
  async write(changes: readonly Change[], isSynced = true): Promise<void> {
    const operations = changes.map(
      ({ key, value }): AbstractBatchOperation<Store, string, Uint8Array> =>
        value === undefined ? { type: 'del', key } : { type: 'put', key, value },
    )
    await this.#store.batch<string, Uint8Array>(operations, isSynced ? ON_DISK : ENCODINGS).catch(unwritable)
  }

  /** Removes the records of a range. */
  async clear(range: { readonly gte: string; readonly lt: string }): Promise<void> {
    await this.#store.clear({ ...range, keyEncoding: 'utf8' }).catch(unwritable)
  }
}

function unreadable(cause: unknown): never {
  throw failed("can't read the states", cause)
}

function unwritable(cause: unknown): never {
  throw failed("can't write the states", cause)
}

const failed = (what: string, cause: unknown) => storeError(what, 'the states are', cause)
