import type { AbstractBatchOperation, AbstractBatchOptions } from 'abstract-level'
import { ClassicLevel } from 'classic-level'
import type { Store } from '../service.js'

type Operations = AbstractBatchOperation<Store, string, Uint8Array>[]
type Options = AbstractBatchOptions<string, Uint8Array>

/**
 * A store on disk, in LevelDB, closed. Once a write of it failed it takes no more until it is opened anew.
 *
 * LevelDB itself goes on: what it wrote half stays in its log, what it is given later follows there and counts as written, and all
 * from the broken place on is dropped at the next start. Seen with a disk that was full and then no longer was.
 */
export function levelStore(location: string): Store {
  const store: Store = new ClassicLevel<string, Uint8Array>(location, { valueEncoding: 'view' })
  let failure: unknown
  store.on('open', () => {
    failure = undefined
  })
  const checked =
    <Arguments extends unknown[]>(write: (...args: Arguments) => Promise<void>) =>
    async (...args: Arguments): Promise<void> => {
      if (failure !== undefined) throw failure
      try {
        await write(...args)
      } catch (error) {
        if (isIoError(error)) failure = error
        throw error
      }
    }
  const batch = store.batch.bind(store)
  // Parts of the store (sublevels) write by these as well. There is no chained batch, which takes no operations.
  return Object.assign(store, {
    put: checked(store.put.bind(store)),
    del: checked(store.del.bind(store)),
    batch: checked((operations: Operations, options: Options = {}) => batch(operations, options)),
    clear: checked(store.clear.bind(store)),
  })
}

const isIoError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'LEVEL_IO_ERROR' || error.code === 'LEVEL_CORRUPTION')
