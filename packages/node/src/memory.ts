// `@ethspan/node/memory`: a store for tests and for nodes that shall forget. An entry point of its own, so that nobody
// bundles it who has another store.
import { MemoryLevel } from 'memory-level'
import type { Store } from './service.js'

/** A store that lives as long as the object: a node that is given it again finds what the one before kept. */
export const memoryStore = (): Store =>
  new MemoryLevel<string, Uint8Array>({ valueEncoding: 'view', storeEncoding: 'view' })
