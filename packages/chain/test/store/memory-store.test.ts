import { memoryStore } from '@ethspan/node/memory'
import { describe, expect, test } from 'vitest'
import { chainConformance } from '../../src/testing/index.js'

chainConformance({
  name: 'memory-level',
  makeStore: async () => {
    // It keeps what it has for as long as it lives, closed or not.
    const store = memoryStore()
    return { store: () => store, remove: async () => undefined }
  },
  api: { describe, test, expect },
})
