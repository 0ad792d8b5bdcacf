// The store as states use it: texts as keys, bytes as values, and errors that people can read.
import { asError, EthspanError } from '@ethspan/core'
import type { Store } from '@ethspan/node'
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
      throw storeError("can't open the store of the states", cause)
    })
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    const value = await this.#store.get<string, Uint8Array>(key, ENCODINGS).catch(unreadable)
    return value && plain(value)
  }

  /** As many as there are keys, in their order. */
  async getMany(keys: string[]): Promise<(Uint8Array | undefined)[]> {
    if (keys.length === 0) return []
    const values = await this.#store.getMany<string, Uint8Array>(keys, ENCODINGS).catch(unreadable)
    return values.map((value) => value && plain(value))
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
        yield [entry[0], plain(entry[1])]
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

/** Node's stores give Buffers, whose `slice` shares memory and which are no equals of a Uint8Array in tests. */
const plain = (bytes: Uint8Array): Uint8Array =>
  bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)

function unreadable(cause: unknown): never {
  throw storeError("can't read the states", cause)
}

function unwritable(cause: unknown): never {
  throw storeError("can't write the states", cause)
}

function storeError(what: string, cause: unknown): EthspanError {
  if (isClosed(cause)) return new EthspanError('ERR_CLOSED', 'the states are closed', { cause })
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
