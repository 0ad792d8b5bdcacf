import { defineConfig } from 'vitest/config'

// Apart from the root configuration: Firefox is in no package, so these tests need one on this machine (`npm run firefox`).
export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  resolve: { conditions: ['ethspan-source', 'module', 'import', 'default'] },
  ssr: { resolve: { conditions: ['ethspan-source', 'node', 'module', 'import', 'default'] } },
  test: { name: 'firefox', include: ['test/firefox/**/*.test.ts'], testTimeout: 180_000, hookTimeout: 90_000 },
})
