// The stats page as it is built, served with the gateway's own headers, before a stats server with nodes that report to it.
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { chainKey } from '@ethspan/chain'
import { EthStats } from '@ethspan/ethstats'
import { StatsServer } from '@ethspan/ethstats/server'
import { Node } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import type { AxeResults } from 'axe-core'
import type { BrowserContextOptions } from 'playwright'
import { beforeAll, describe, expect, onTestFinished } from 'vitest'
import WebSocket from 'ws'
import { createHttpServer } from '../../apps/gateway/src/http.js'
import { readPage } from '../../apps/gateway/src/page.js'
import { FakeChain } from '../../packages/ethstats/test/support.js'
import { DemoPage } from './demo-page.js'
import { test as base } from './fixtures.js'

const SECRET = 'hush'
const SITE = fileURLToPath(new URL('../../apps/demo/dist/site', import.meta.url))
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }
const DESKTOP = { viewport: { width: 1280, height: 800 } }

/** A stats server with its page. */
interface Stats {
  readonly url: string
  readonly host: string
  readonly http: Server
  readonly server: StatsServer
}

interface Fixtures {
  stats: Stats
  /** A node that reports its chain until the test ends. */
  report(name: string, chain: FakeChain): Promise<Node>
  /** Opens the page; whatever goes wrong in it fails the test. */
  openStats(options?: BrowserContextOptions, expected?: RegExp): Promise<DemoPage>
  /** The page with two nodes of one chain, one of another network, and one that is offline. */
  openBusy(options?: BrowserContextOptions): Promise<{ readonly page: DemoPage; readonly chain: FakeChain }>
}

const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures are needed
  stats: async ({}, use) => {
    const http = createHttpServer({
      page: readPage(SITE),
      noPage: 'none',
      nodeInfo: () => ({}),
      externalUrl: undefined,
      trustProxy: false,
      origins: [],
      maxConnections: 100,
    })
    const server = new StatsServer({ secrets: [SECRET] })
    server.attach(http)
    http.listen(0, '127.0.0.1')
    await once(http, 'listening')
    const host = `127.0.0.1:${(http.address() as AddressInfo).port}`
    await use({ url: `http://${host}/stats`, host, http, server })
    server.close()
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  },
  report: async ({ stats }, use) => {
    const nodes: Node[] = []
    await use(async (name, chain) => {
      const node = new Node({ name: 'reporter', store: memoryStore(), p2p: { transports: [] } })
      node.register({ name: 'chain', start: (context) => context.offer(chainKey, chain as never) })
      node.register(new EthStats({ url: `${name}:${SECRET}@ws://${stats.host}` }))
      nodes.push(node)
      await node.start()
      return node
    })
    await Promise.all(nodes.map((node) => node.stop()))
  },
  openStats: async ({ stats, newContext, watchTab }, use) => {
    await use(async (options, expected) => {
      const page = await DemoPage.open(await newContext(options), stats.url)
      watchTab(page, expected)
      return page
    })
  },
  openBusy: async ({ stats, report, openStats }, use) => {
    await use(async (options) => {
      const chain = new FakeChain(100, { startTime: BigInt(Math.floor(Date.now() / 1000)) - 1_200n })
      const page = await openStats(options)
      await report('bob', chain)
      await report('alice', chain)
      await hello(stats, { id: 'elsewhere', net: '560048', client: 'x'.repeat(2_000) })
      const gone = await report('gone', chain)
      await row(page, 'gone').waitFor()
      await gone.stop()
      await row(page, 'gone', 'offline').waitFor()
      await page.page.waitForFunction(() => document.querySelectorAll('[data-testid="chart-gas"] .bar').length === 40)
      return { page, chain }
    })
  },
})

/** What a figure says, as soon as it does. */
const figure = (page: DemoPage, testid: string) => expect.poll(() => page.get(testid).innerText())

const row = (page: DemoPage, name: string, standing?: string) =>
  page.page.locator(`[data-testid="node"][data-node="${name}"]${standing ? `[data-standing="${standing}"]` : ''}`)

/** The names in the order of the table. */
const names = (page: DemoPage) => page.get('node').evaluateAll((rows) => rows.map((each) => each.dataset.node))

/** A node that says hello by itself, and nothing more. */
async function hello(
  { host }: Stats,
  { id, net = '1337', client = 'Geth/v1' }: { id: string; net?: string; client?: string },
) {
  const socket = new WebSocket(`ws://${host}/api`)
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  const info = { name: id, node: client, net, os: 'linux', os_v: 'amd64', canUpdateHistory: false }
  socket.send(JSON.stringify({ emit: ['hello', { id, secret: SECRET, info }] }))
  await once(socket, 'message')
  return socket
}

describe('the page', () => {
  test('says how to report while no node does', async ({ openStats, stats }) => {
    const page = await openStats()
    await page.page.locator('[data-testid="stats-state"][data-phase="live"]').waitFor()
    expect(await page.get('node-count').innerText()).toBe('none report here yet')
    expect(await page.get('how-to').innerText()).toContain(`geth --ethstats "my-node:<secret>@ws://${stats.host}"`)
    expect(await page.get('best-block').innerText()).toBe('–')
  })

  test('shows nodes as they come, blocks as they arrive, and nodes that leave', async ({ openStats, report }) => {
    const page = await openStats()
    const chain = new FakeChain(100)
    await report('alice', chain)
    const bob = await report('bob', chain)
    await row(page, 'alice', 'well').waitFor()
    await row(page, 'bob', 'well').waitFor()
    await page.page.getByText('2 nodes live').waitFor()
    await figure(page, 'best-block').toBe('99')

    chain.grow(7)
    await page.page.locator('[data-testid="best-block"]', { hasText: '100' }).waitFor()
    await page.page.locator('[data-testid="last-block"]', { hasText: /^(now|\d+ s)/ }).waitFor()
    for (const name of ['alice', 'bob']) await row(page, name).getByText('#100').waitFor()
    await figure(page, 'chart-transactions').toContain('7')
    await figure(page, 'block-time').toBe('12 s')
    await figure(page, 'gas-price').toBe('7 wei')
    // One of the two was the first to report it.
    await page.page.getByText('first', { exact: true }).first().waitFor()

    await bob.stop()
    await row(page, 'bob', 'offline').waitFor()
    await figure(page, 'active-nodes').toBe('1 of 2')
    expect(await names(page)).toEqual(['alice', 'bob'])
    expect(await page.violations()).toEqual([])
  })

  test('has all charts filled from the history of a node', async ({ openBusy }) => {
    const { page } = await openBusy()
    for (const chart of ['chart-time', 'chart-gas', 'chart-transactions']) {
      await expect.poll(() => page.page.locator(`[data-testid="${chart}"] .bar`).count()).toBe(40)
    }
    const words = await page.page.locator('[data-testid="chart-time"] svg').getAttribute('aria-label')
    expect(words).toBe('Block time: from 12 s to 12 s over 39 blocks, 12 s on average, 12 s last')
  })

  test('finds the server again when it was away', async ({ openStats, stats, report }) => {
    // What the browser says of a server that is not there.
    const page = await openStats(PHONE, /WebSocket connection to .* failed|ERR_/)
    await report('alice', new FakeChain(10))
    await row(page, 'alice').waitFor()
    stats.server.close()
    await page.page.locator('[data-testid="stats-state"][data-phase="lost"]').waitFor()
    expect(await row(page, 'alice').count()).toBe(1)
    expect(await page.page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.viewport.width)
    const again = new StatsServer({ secrets: [SECRET] })
    onTestFinished(() => again.close())
    again.attach(stats.http)
    await page.page.locator('[data-testid="stats-state"][data-phase="live"]').waitFor()
  })

  test('shows what a node says as text and nothing else', async ({ openStats, stats }) => {
    const page = await openStats()
    const id = '<img src=x onerror=alert(1)>'
    await hello(stats, { id, client: 'Geth/v1\u202e\u0007/<script>alert(1)</script>' })
    await page.get('node').waitFor()
    expect(await page.get('node').locator('strong').innerText()).toBe(id)
    const text = await page.get('node').innerText()
    for (const mark of ['\u202e', '\u0007']) expect(text).not.toContain(mark)
    expect(await page.get('node').locator('img, script').count()).toBe(0)
    expect(await page.violations()).toEqual([])
  })
})

describe('the table', () => {
  test('is ordered by the keyboard, and says so', async ({ openBusy }) => {
    const { page } = await openBusy(DESKTOP)
    expect(await names(page)).toEqual(['alice', 'bob', 'elsewhere', 'gone'])
    await page.get('sort-state').focus()
    await page.page.keyboard.press('Enter')
    await expect.poll(() => names(page)).toEqual(['gone', 'alice', 'bob', 'elsewhere'])
    await page.page.keyboard.press('Tab')
    await page.page.keyboard.press('Space')
    const sorts = await page.page
      .locator('th')
      .evaluateAll((heads) => heads.map((head) => head.getAttribute('aria-sort')))
    expect(sorts.slice(0, 2)).toEqual(['none', 'ascending'])
  })

  test('of nodes does not jump when blocks arrive', async ({ openBusy }) => {
    const { page, chain } = await openBusy(DESKTOP)
    const before = await names(page)
    for (let i = 0; i < 3; i++) {
      chain.grow()
      await page.page.locator('[data-testid="best-block"]', { hasText: String(100 + i) }).waitFor()
      expect(await names(page)).toEqual(before)
    }
  })

  test('names the network of a node of another one', async ({ openBusy }) => {
    const { page } = await openBusy()
    expect(await row(page, 'elsewhere').innerText()).toContain('network 560048')
    expect(await row(page, 'alice').innerText()).not.toContain('network')
  })
})

let axeSource = ''
beforeAll(async () => {
  axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
})

describe.each([
  { width: 'on a desktop', screen: DESKTOP },
  { width: 'on a phone', screen: PHONE },
])('$width', ({ screen }) => {
  test.for(['dark', 'light'] as const)('axe finds nothing serious in %s', async (colorScheme, { openBusy }) => {
    const { page } = await openBusy({ ...screen, colorScheme, reducedMotion: 'reduce' })
    await page.get('how-to').locator('summary').click()
    // Evaluated by the debugger, to which the page's policy does not apply.
    await page.page.evaluate(axeSource)
    const { violations } = (await page.page.evaluate('axe.run()')) as AxeResults
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    expect(
      serious.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`)),
    ).toEqual([])
  })

  test('nothing is wider than the screen', async ({ openBusy }) => {
    const { page } = await openBusy(screen)
    await page.get('how-to').locator('summary').click()
    const width = await page.page.evaluate(() => document.documentElement.scrollWidth)
    expect(width).toBe(screen.viewport.width)
  })
})

test.for(['reduce', 'no-preference'] as const)(
  'with motion: %s, a block is told as one may',
  async (motion, { openBusy }) => {
    const { page, chain } = await openBusy({ reducedMotion: motion })
    await page.page.evaluate(() => {
      const seen: string[] = []
      Object.assign(globalThis, { seen })
      document.addEventListener('animationstart', ({ animationName }) => seen.push(animationName), true)
    })
    chain.grow()
    await page.page.locator('[data-testid="best-block"]', { hasText: '100' }).waitFor()
    await page.page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    )
    const seen = await page.page.evaluate(() => (globalThis as unknown as { seen: string[] }).seen)
    expect(seen).toEqual(motion === 'reduce' ? [] : ['fresh'])
  },
)
