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
  #failure: EthspanError | undefined

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
    if (this.#failure !== undefined) throw this.#failure
    const operations = changes.map(
      ({ key, value }): AbstractBatchOperation<Store, Uint8Array, Uint8Array> =>
        value === undefined ? { type: 'del', key } : { type: 'put', key, value: ownBytes(value) },
    )
    try {
      await this.#store.batch<Uint8Array, Uint8Array>(operations, ON_DISK)
    } catch (cause) {
      const error = storeError("can't write the chain's store", cause)
      // LevelDB goes on after what it wrote half, says that it is on disk, and drops it at the next start. Seen with a disk
      // that was full and no longer is. So whatever comes after a failed write fails, too, until the store is opened anew.
      if (isIoError(cause)) this.#failure = error
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#store.close()
  }
}

/** Node's stores give Buffers, whose `slice` shares memory and which are no equals of a Uint8Array in tests. */
const plain = (bytes: Uint8Array): Uint8Array =>
  bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const isIoError = (error: unknown): boolean => ['LEVEL_IO_ERROR', 'LEVEL_CORRUPTION'].includes(codeOf(error))

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

function unreadable(cause: unknown): never {
  if (codeOf(cause) === 'LEVEL_DATABASE_NOT_OPEN')
    throw new EthspanError('ERR_CLOSED', 'the chain is closed', { cause })
  throw storeError("can't read the chain's store", cause)
}

function storeError(what: string, cause: unknown): EthspanError {
  if (codeOf(cause) === 'LEVEL_DATABASE_NOT_OPEN' && !(cause instanceof Error && cause.cause)) {
    return new EthspanError('ERR_CLOSED', 'the chain is closed', { cause })
  }
  const { message, name } = rootOf(cause)
  if (/no space left|disk full/i.test(message) || name === 'QuotaExceededError') {
    return new EthspanError('ERR_DATA_DIR', `${what}: no space left`, {
      hint: 'Free some space and start again. What was kept so far is there.',
      cause,
    })
  }
  return new EthspanError('ERR_DATA_DIR', `${what}: ${message.replaceAll(/\s+/g, ' ')}`, {
    hint: 'See whether the disk is in order, and start again.',
    cause,
  })
}

/** `abstract-level` says only that it failed; why is in the cause. */
function rootOf(error: unknown): Error {
  let at = asError(error)
  for (let i = 0; i < 8 && at.cause !== undefined; i++) at = asError(at.cause)
  return at
}
