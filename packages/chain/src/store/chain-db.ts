// The store as the chain uses it: bytes by bytes, changes on disk together or not at all, and errors that people can read.
import { plainBytes, type Store, storeError } from '@ethspan/node'
import type { AbstractBatchOperation } from 'abstract-level'
import type { Change, KeyRange } from './layout.js'
import { ownBytes } from './own-bytes.js'

const BYTES = { keyEncoding: 'view', valueEncoding: 'view' } as const
/** `sync`: LevelDB waits for the disk. IndexedDB hands it to the system, which survives the end of the browser. */
const ON_DISK = { ...BYTES, sync: true } as const

export class ChainDb {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** @throws {EthspanError} ERR_DATA_DIR */
  async open(): Promise<void> {
    await this.#store.open().catch((cause) => {
      throw failed("can't open the chain's store", cause)
    })
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const value = await this.#store.get<Uint8Array, Uint8Array>(key, BYTES).catch(unreadable)
    return value && plainBytes(value)
  }

  /** As many as there are keys, in their order. */
  async getMany(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    if (keys.length === 0) return []
    const values = await this.#store.getMany<Uint8Array, Uint8Array>(keys, BYTES).catch(unreadable)
    return values.map((value) => value && plainBytes(value))
  }

  /** The first keys of a range, ascending; with `reverse` the last ones, descending. Where nothing lies costs nothing. */
  async keys(range: KeyRange, limit: number, reverse = false): Promise<Uint8Array[]> {
    const keys = await this.#store
      .keys<Uint8Array>({ ...range, limit, reverse, ...BYTES })
      .all()
      .catch(unreadable)
    return keys.map(plainBytes)
  }

  /**
   * Writes all changes in one batch; resolves when they are on disk.
   * @throws {EthspanError} ERR_DATA_DIR; then none is made.
   */
  async write(changes: readonly Change[]): Promise<void> {
    const operations = changes.map(
      ({ key, value }): AbstractBatchOperation<Store, Uint8Array, Uint8Array> =>
        value === undefined ? { type: 'del', key } : { type: 'put', key, value: ownBytes(value) },
    )
    await this.#store.batch<Uint8Array, Uint8Array>(operations, ON_DISK).catch((cause) => {
      throw failed("can't write the chain's store", cause)
    })
  }

  async close(): Promise<void> {
    await this.#store.close()
  }
}

function unreadable(cause: unknown): never {
  throw failed("can't read the chain's store", cause)
}

const failed = (what: string, cause: unknown) => storeError(what, 'the chain is', cause)
