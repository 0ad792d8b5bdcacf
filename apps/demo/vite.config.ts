import { defaultClientConditions, defineConfig } from 'vite'
import pkg from './package.json' with { type: 'json' }

const gateway = '127.0.0.1:8547'

export default defineConfig({
  // Works wherever the gateway, or anyone else, puts the page.
  base: './',
  // The workspace's packages are bundled from their sources.
  resolve: { conditions: ['ethspan-source', ...defaultClientConditions] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // The node's worker is a module, as the page is.
  worker: { format: 'es' },
  define: { __VERSION__: JSON.stringify(pkg.version) },
  build: {
    outDir: 'dist/site',
    emptyOutDir: true,
    // The node's page, and the stats page at /stats.
    rolldownOptions: { input: ['index.html', 'stats.html'] },
  },
  server: {
    proxy: {
      '/node.json': `http://${gateway}`,
      '/genesis.json': `http://${gateway}`,
      '/account': `http://${gateway}`,
      '/faucet': `http://${gateway}`,
      '/stats/feed': { target: `ws://${gateway}`, ws: true },
      '/p2p': { target: `ws://${gateway}`, ws: true },
    },
  },
})
