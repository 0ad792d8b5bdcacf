// The same chain in a page, kept in IndexedDB.
import { browserStore } from '@ethspan/node/browser-store'
import { describe, expect, test } from 'vitest'
import { chainConformance } from '../../src/testing/index.js'

chainConformance({
  name: 'browser-level',
  makeStore: async () => {
    const name = `ethspan-chain-${Math.random().toString(36).slice(2)}`
    return {
      store: () => browserStore(name),
      remove: async () => void indexedDB.deleteDatabase(name),
    }
  },
  api: { describe, test, expect },
})
