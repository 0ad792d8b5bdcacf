import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { levelStore } from '@ethspan/node/data-dir'
import { describe, expect, test } from 'vitest'
import { chainConformance } from '../../src/testing/index.js'

chainConformance({
  name: 'classic-level',
  makeStore: async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'ethspan-chain-'))
    return {
      store: () => levelStore(folder),
      remove: async () => rmSync(folder, { recursive: true, force: true }),
    }
  },
  api: { describe, test, expect },
})
