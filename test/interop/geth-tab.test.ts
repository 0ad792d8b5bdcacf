// geth's test chain in a tab: a gateway imports and executes it, and the node behind the page syncs it over devp2p, checks
// every header, body and receipt, and then says of each block what geth says of it.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, vi } from 'vitest'
import type { DemoPage } from '../browser/demo-page.js'
import { test as base, measured, OWN_NODE, WORKER_SCRIPT } from '../browser/fixtures.js'
import { Program } from '../browser/program.js'
import { startGeth, TEST_CHAIN_BLOCKS, TEST_CHAIN_NETWORK_ID, testChainFolder } from './geth-node.js'
import { askAll, type Request } from './rpc-pair.js'
import { askTab, noteWorkers } from './tab-rpc.js'

/** Milliseconds: 600 blocks are run in the gateway, and then checked in the tab, on a machine that has other things to do. */
const IMPORT = 60_000
const SYNC = 60_000
vi.setConfig({ testTimeout: IMPORT + 2 * SYNC, hookTimeout: IMPORT })

const BUILT = ['apps/gateway/dist/main.js', 'apps/demo/dist/site/index.html']

/** A gateway with the whole test chain. */
const test = base.extend<{ $file: { gateway: Program } }>({
  gateway: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures are needed
    async ({}, use) => {
      const missing = BUILT.filter((path) => !existsSync(fileURLToPath(new URL(`../../${path}`, import.meta.url))))
      if (missing.length > 0) throw new Error(`there is no ${missing.join(' and no ')}: run "npm run build" first`)
      const folder = await testChainFolder()
      const args = ['--genesis', join(folder, 'genesis.json'), '--import', join(folder, 'chain.rlp'), '--execute']
      args.push('--networkid', String(TEST_CHAIN_NETWORK_ID), '--authrpc.port', '0', '--ipcdisable')
      const gateway = await Program.start({ chain: true, args, startsWithin: IMPORT })
      await use(gateway)
      expect(await gateway.stop(), gateway.lines.join('\n')).toBe(0)
    },
    { scope: 'file' },
  ],
})

/** Waits until the tab's own chain is whole. */
async function synced(tab: DemoPage): Promise<void> {
  const whole = `[data-testid="chain"][data-head="${TEST_CHAIN_BLOCKS}"]`
  await tab.page.locator(whole).waitFor({ timeout: SYNC })
}

describe.each([
  { home: 'a node of the tab’s own', query: OWN_NODE },
  { home: 'a node in a worker', query: '' },
])('$home', ({ home, query }) => {
  test('syncs the whole chain, and has checked what it shows', async ({ gateway, openTab }) => {
    const tab = await openTab({ url: gateway.url + query, expected: WORKER_SCRIPT })
    await tab.phase('connected')
    const start = await tab.when('phase', 'connected', true)
    await synced(tab)
    measured(`${home}, from its connection to ${TEST_CHAIN_BLOCKS} checked blocks`, Date.now() - start)
    expect(await tab.get('chain').innerText()).toContain(`Kept here\n${TEST_CHAIN_BLOCKS} blocks`)
    const checks = await tab.get('verified').evaluateAll((all) => all.map((button) => button.dataset.checks))
    expect(new Set(checks)).toEqual(new Set(['header transactions withdrawals receipts']))
  })
})

test('says of every block and of every receipt what geth says', async ({ gateway, newContext, openTab }) => {
  const geth = await startGeth(await testChainFolder(), { http: true })
  const context = await newContext()
  await noteWorkers(context)
  const tab = await openTab({ url: gateway.url, context, expected: WORKER_SCRIPT })
  await synced(tab)

  const numbers = Array.from({ length: TEST_CHAIN_BLOCKS + 1 }, (_, number) => `0x${number.toString(16)}`)
  for (const ask of [
    (number: string): Request => ['eth_getBlockByNumber', number, true],
    (number: string): Request => ['eth_getBlockReceipts', number],
  ]) {
    const requests = numbers.map(ask)
    const [ours, theirs] = await Promise.all([askTab(tab.page, requests), askAll(geth.httpUrl ?? '', requests)])
    expect(theirs.every(({ result }) => result !== undefined)).toBe(true)
    for (const [i, request] of requests.entries()) expect(ours[i], JSON.stringify(request)).toEqual(theirs[i])
  }
})
