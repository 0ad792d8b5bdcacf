import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { launchOptions, plannedPath } from './test/browser/chromium.js'

// Workspace packages are tested from their sources: the condition picks `src/` in every `exports` and `imports` map.
const resolve = { conditions: ['ethspan-source', 'module', 'import', 'default'] }
const ssr = { resolve: { conditions: ['ethspan-source', 'node', 'module', 'import', 'default'] } }

// How long a test may wait for what must happen. A busy machine is slow and not wrong; what never happens fails all the same.
const patience = { testTimeout: 30_000, hookTimeout: 60_000, expect: { poll: { timeout: 20_000 } } }

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          ...patience,
          name: 'unit',
          include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts'],
          exclude: ['**/*.browser.test.ts'],
        },
      },
      { resolve, ssr, test: { ...patience, name: 'architecture', include: ['test/architecture/**/*.test.ts'] } },
      {
        // What is published, packed and tried outside of the checkout.
        test: { ...patience, name: 'packages', include: ['test/packages/**/*.test.ts'], testTimeout: 60_000 },
      },
      { resolve, ssr, test: { ...patience, name: 'docs', include: ['test/docs/**/*.test.ts'] } },
      { resolve, ssr, test: { ...patience, name: 'peers', include: ['test/peers/**/*.test.ts'] } },
      {
        // Inside Chromium: what is portable must pass there too, and the WebSocket transport's browser half.
        resolve: { conditions: ['ethspan-source', 'browser', 'module', 'import', 'default'] },
        // The global setup runs in Node, in the environment that vitest calls so; `ssr` does not reach it here.
        environments: { __vitest__: ssr },
        // Dependencies found in the middle of a run would be bundled again and reload the page under the tests. So
        // nothing is discovered: what is not plain ES modules (or is very many files) is listed, all else is served as is.
        optimizeDeps: {
          noDiscovery: true,
          include: [
            'fast-check',
            'browser-level',
            'memory-level',
            '@ethereumjs/block',
            '@ethereumjs/common',
            '@ethereumjs/evm',
            '@ethereumjs/tx',
            '@ethereumjs/util',
            '@ethereumjs/vm',
          ],
        },
        server: { host: '127.0.0.1' },
        test: {
          ...patience,
          name: 'chromium',
          include: [
            'packages/core/test/**/*.test.ts',
            'packages/websocket/test/**/*.browser.test.ts',
            'packages/node/test/**/*.browser.test.ts',
            'packages/chain/test/**/*.browser.test.ts',
            'packages/eth/test/**/*.browser.test.ts',
            'packages/ethstats/test/**/*.browser.test.ts',
            'packages/txpool/test/**/*.browser.test.ts',
            'packages/execution/test/**/*.browser.test.ts',
          ],
          exclude: ['**/*.node.test.ts'],
          globalSetup: [
            'test/browser/setup.ts',
            'packages/websocket/test/echo-server.setup.ts',
            'packages/ethstats/test/socket-servers.setup.ts',
          ],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: launchOptions(plannedPath()) }),
            instances: [{ browser: 'chromium' }],
            api: { host: '127.0.0.1' },
          },
        },
      },
      {
        // Pages in Chromium, driven from Node.
        resolve,
        ssr,
        test: {
          ...patience,
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          // Programs are started and blocks are waited for, several in one test.
          testTimeout: 180_000,
          globalSetup: ['test/browser/setup.ts'],
        },
      },
    ],
  },
})
