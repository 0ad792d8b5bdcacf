// The store as the chain uses it: bytes by bytes, changes on disk together or not at all, and errors that people can read.
import { asError, EthspanError } from '@ethspan/core'
import type { Store } from '@ethspan/node'
import type { AbstractBatchOperation } from 'abstract-level'
import type { Change } from './layout.js'
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
      throw storeError("can't open the chain's store", cause)
    })
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const value = await this.#store.get<Uint8Array, Uint8Array>(key, BYTES).catch(unreadable)
    return value && plain(value)
  }

  /** As many as there are keys, in their order. */
  async getMany(keys: Uint8Array[]): Promise<(Uint8Array | undefined)[]> {
    if (keys.length === 0) return []
    const values = await this.#store.getMany<Uint8Array, Uint8Array>(keys, BYTES).catch(unreadable)
    return values.map((value) => value && plain(value))
  }

  /** The keys of a range, ascending. */
  async *keys(range: { readonly gte: Uint8Array; readonly lt: Uint8Array }): AsyncGenerator<Uint8Array> {
    const keys = this.#store.keys<Uint8Array>({ ...range, ...BYTES })
    try {
      for (;;) {
        const key = await keys.next().catch(unreadable)
        if (key === undefined) return
        yield plain(key)
      }
    } finally {
      await keys.close()
    }
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
      throw storeError("can't write the chain's store", cause)
    })
  }

  async close(): Promise<void> {
    await this.#store.close()
  }
}

/** Node's stores give Buffers, whose `slice` shares memory and which are no equals of a Uint8Array in tests. */
const plain = (bytes: Uint8Array): Uint8Array =>
  bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function unreadable(cause: unknown): never {
  throw storeError("can't read the chain's store", cause)
}

function storeError(what: string, cause: unknown): EthspanError {
  if (isClosed(cause)) return new EthspanError('ERR_CLOSED', 'the chain is closed', { cause })
  const { message, name } = rootOf(cause)
  const isFull = name === 'QuotaExceededError' || NO_SPACE.test(message)
  return new EthspanError('ERR_DATA_DIR', `${what}: ${isFull ? 'no space left' : message.replaceAll(/\s+/g, ' ')}`, {
    hint: isFull
      ? 'Free some space and start again. All that was kept before is there.'
      : 'See whether the disk is in order, and start again.',
    cause,
  })
}

/** Texts of the system for ENOSPC, EDQUOT and EFBIG, which LevelDB hands on without their codes. */
const NO_SPACE = /no space left|quota exceeded|file too large/i

/** Where it could not be opened, there is a cause. */
const isClosed = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'LEVEL_DATABASE_NOT_OPEN' && error.cause === undefined

/** `abstract-level` says only that it failed; why is in the cause. */
function rootOf(error: unknown): Error {
  let at = asError(error)
  for (let i = 0; i < 8 && at.cause !== undefined; i++) at = asError(at.cause)
  return at
}
