import { defineConfig } from 'vitest/config'

// Apart from the root configuration: these tests need binaries that run.mjs builds, and run only from there.
export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  resolve: { conditions: ['ethspan-source', 'module', 'import', 'default'] },
  ssr: { resolve: { conditions: ['ethspan-source', 'node', 'module', 'import', 'default'] } },
  test: {
    name: 'interop',
    include: ['test/interop/**/*.test.ts'],
    fileParallelism: false, // the speed that is printed is one peer's, not what is left beside other tests
    testTimeout: 60_000,
    hookTimeout: 15_000,
  },
})
