// `@ethspan/node/browser-store`: what a node keeps in a browser, in IndexedDB. For pages and workers.
import { BrowserLevel } from 'browser-level'
import type { Store } from './service.js'

/** The store of this name and origin. IndexedDB has no locks: whoever opens it twice sees that one node at a time uses it. */
export const browserStore = (name: string): Store => {
  const store = new BrowserLevel<string, Uint8Array>(name, { prefix: '', valueEncoding: 'view' })
  // The types differ in how the database holds a key within, which nobody outside of it sees.
  return store as unknown as Store
}
