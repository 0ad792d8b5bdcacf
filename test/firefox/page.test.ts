// The gateway's page in Firefox, as it is shipped: the node in a worker, that of a tab's own, and the stats.
import { test as base, describe, expect } from 'vitest'
import { OWN_NODE } from '../browser/fixtures.js'
import { Program } from '../browser/program.js'
import { Firefox, type FirefoxTab, Key } from './bidi.js'

/** Milliseconds for what waits for blocks, of which there is one a second. */
const BLOCKS = 40_000
const RECIPIENT = '0x00000000000000000000000000000000000000AA'
const TEN_ETHER = '10000000000000000000'

const test = base.extend<{
  $file: { firefox: Firefox; gateway: Program }
  $test: { openTab(path: string): Promise<FirefoxTab> }
}>({
  firefox: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures are needed
    async ({}, use) => {
      const firefox = await Firefox.launch()
      process.stdout.write(`  Firefox ${firefox.version}\n`)
      await use(firefox)
      await firefox.close()
    },
    { scope: 'file' },
  ],
  gateway: [
    // biome-ignore lint/correctness/noEmptyPattern: as above
    async ({}, use) => {
      const args = ['--dev.period', '1', '--identity', 'gateway']
      const gateway = await Program.start({ chain: true, args, startsWithin: BLOCKS })
      await use(gateway)
      expect(await gateway.stop(), gateway.lines.join('\n')).toBe(0)
    },
    { scope: 'file' },
  ],
  openTab: async ({ firefox, gateway }, use) => {
    const tabs: FirefoxTab[] = []
    firefox.troubles.length = 0
    await use(async (path) => {
      const tab = await firefox.open(gateway.url + path)
      tabs.push(tab)
      return tab
    })
    for (const tab of tabs) await tab.close()
    expect(firefox.troubles).toEqual([])
  },
})

const id = (testid: string, more = '') => `[data-testid="${testid}"]${more}`

const appears = (tab: FirefoxTab, selector: string) =>
  expect.poll(() => tab.count(selector), { timeout: BLOCKS, message: selector }).toBeGreaterThan(0)

describe.each([
  { home: 'worker', path: '', key: 'this browser’s IndexedDB' },
  { home: 'tab', path: OWN_NODE, key: 'this tab’s session storage' },
])('a node in a $home', ({ home, path, key }) => {
  test('follows the chain, verifies it, and has a transaction mined and proven', async ({ openTab }) => {
    const tab = await openTab(path)
    await appears(tab, id('status', '[data-phase="connected"]'))
    expect(await tab.count(id('self-home', `[data-home="${home}"]`))).toBe(1)
    expect(await tab.text('body')).toContain(key)
    expect(await tab.text(id('self-crypto'))).toBe('noble, keccak: wasm')
    await expect.poll(() => tab.count(id('verified')), { timeout: BLOCKS }).toBeGreaterThan(2)

    await tab.click(id('faucet'))
    await appears(tab, id('balance', `[data-wei="${TEN_ETHER}"]`))
    await tab.focus(id('send-to'))
    await tab.press(RECIPIENT)
    await tab.focus(id('send-amount'))
    await tab.press('0.25')
    await tab.click(id('send'))
    await appears(tab, '[data-direction="out"][data-step="proven"]')
  })
})

test('a tab with a node of its own and the browser’s shared one see each other', async ({ openTab }) => {
  const shared = await openTab('')
  const own = await openTab(OWN_NODE)
  for (const tab of [shared, own]) await appears(tab, id('status', '[data-phase="connected"]'))
  const [ours, theirs] = await Promise.all(
    [shared, own].map((tab) => tab.evaluate(`document.querySelector('${id('self-id')}').dataset.nodeId`)),
  )
  expect(ours).not.toBe(theirs)
  await appears(shared, id('network-node', `[data-node-id="${theirs}"]`))
  await appears(own, id('network-node', `[data-node-id="${ours}"]`))
})

test('Tab leads to the graph, and the arrow keys through its nodes', async ({ openTab }) => {
  const tab = await openTab(OWN_NODE)
  await expect.poll(() => tab.count(id('network-node')), { timeout: BLOCKS }).toBeGreaterThan(1)
  const focused = () => tab.evaluate('document.activeElement.dataset.nodeId ?? null')
  await tab.focus(id('key-open'))
  await tab.press(Key.Tab)
  const first = await focused()
  expect(first).toEqual(expect.any(String))
  await tab.press(Key.ArrowRight)
  const second = await focused()
  expect(second).toEqual(expect.any(String))
  expect(second).not.toBe(first)
})

test('the stats show the gateway and its blocks', async ({ openTab }) => {
  const tab = await openTab('stats')
  await expect.poll(() => tab.text(id('node')), { timeout: BLOCKS }).toMatch(/gateway[\s\S]*#[1-9]/)
})
