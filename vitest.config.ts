import { defineConfig } from 'vitest/config'

// Workspace packages are tested from their sources: the condition picks `src/` in every `exports` and `imports` map.
const resolve = { conditions: ['ethspan-source', 'module', 'import', 'default'] }
const ssr = { resolve: { conditions: ['ethspan-source', 'node', 'module', 'import', 'default'] } }

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts'],
        },
      },
      { resolve, ssr, test: { name: 'architecture', include: ['test/architecture/**/*.test.ts'] } },
    ],
  },
})
