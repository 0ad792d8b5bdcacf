// The chain in the page: blocks over devp2p, each checked in the tab; coins sent from it; the proofs of both.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import { createPublicClient, http, parseEther } from 'viem'
import { describe, expect } from 'vitest'
import type { DemoPage } from './demo-page.js'
import { test as base, measured, OWN_NODE, WORKER_SCRIPT } from './fixtures.js'
import { Program } from './program.js'

/** Milliseconds for what waits for blocks, of which there is one a second where the machine is not busy. */
const BLOCKS = 60_000
const RECIPIENT = '0x00000000000000000000000000000000000000AA'
const FAUCET = '0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266'

/** A gateway with a development chain that makes a block each second, and answers JSON-RPC. */
const test = base.extend<{ $file: { devGateway: Program } }>({
  devGateway: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures are needed
    async ({}, use) => {
      const args = [...EACH_SECOND, '--identity', 'gateway', '--http', '--http.port', '0']
      const gateway = await Program.start({ chain: true, args })
      await use(gateway)
      expect(await gateway.stop(), gateway.lines.join('\n')).toBe(0)
    },
    { scope: 'file' },
  ],
})
const EACH_SECOND = ['--dev.period', '1']

const clientOf = (gateway: Program) => {
  const url = gateway.lines.map((line) => /^ +JSON-RPC (\S+)/.exec(line)?.[1]).find((found) => found !== undefined)
  return createPublicClient({ transport: http(url ?? '') })
}

/** The number of the newest block that the tab shows. */
const headOf = async (tab: DemoPage) => Number(await tab.get('chain').getAttribute('data-head'))

const reaches = (tab: DemoPage, number: number) =>
  expect.poll(() => headOf(tab), { timeout: BLOCKS }).toBeGreaterThanOrEqual(number)

describe.each([
  { home: 'a node of the tab’s own', query: OWN_NODE },
  { home: 'a node in a worker', query: '' },
])('$home', ({ query }) => {
  test('follows the development chain, and shows each block with what it checked', async ({ openTab, devGateway }) => {
    const tab = await openTab({ url: devGateway.url + query, expected: WORKER_SCRIPT })
    const start = Date.now()
    await tab.get('block').first().waitFor({ timeout: BLOCKS })
    measured('page load to the first checked block', Date.now() - start)
    await reaches(tab, 3)

    const number = await headOf(tab)
    const row = tab.page.locator(`[data-testid="block"][data-number="${number}"]`)
    const hash = await row.getAttribute('data-hash')
    expect(await clientOf(devGateway).getBlock({ blockNumber: BigInt(number) })).toMatchObject({ hash })

    await row.getByTestId('verified').click()
    const detail = await tab.get('block-detail').innerText()
    for (const part of [
      'Header: parent, number',
      'Transactions: none',
      'Withdrawals: their root',
      'Receipts: none',
      hash!,
    ])
      expect(detail).toContain(part)

    const before = await headOf(tab)
    await reaches(tab, before + 2)
    expect(await tab.get('chain').innerText()).toContain('development chain · network 1337')
  })

  test('asks the faucet, sends coins, and proves the receipts of both', async ({ openTab, devGateway }) => {
    const tab = await openTab({ url: devGateway.url + query, expected: WORKER_SCRIPT })
    await reaches(tab, 1)
    const address = (await tab.get('address').getAttribute('data-address')) as `0x${string}`
    await tab.get('faucet').click()
    await tab.page.locator(`[data-testid="balance"][data-wei="${parseEther('10')}"]`).waitFor({ timeout: BLOCKS })
    expect(await tab.get('proven-at').innerText()).toMatch(/^Proven against the state root of block \d+\.$/)
    const gift = tab.page.locator('[data-testid="own-transaction"][data-direction="in"][data-step="proven"]')
    await gift.waitFor({ timeout: BLOCKS })
    expect(await gift.innerText()).toContain('10 ETH')

    await tab.get('send-to').fill(RECIPIENT)
    await tab.get('send-amount').fill('0.25')
    await tab.get('send').click()
    const sent = tab.page.locator('[data-testid="own-transaction"][data-direction="out"]')
    await sent.waitFor()
    const hash = (await sent.getAttribute('data-hash')) as `0x${string}`
    await tab.page.locator(`[data-hash="${hash}"][data-step="proven"]`).waitFor({ timeout: BLOCKS })
    const words = await sent.innerText()
    for (const part of ['0.25 ETH', 'signed here', 'sent to 1 peer', 'in block', 'receipt proven'])
      expect(words).toContain(part)

    // The gateway says the same, and the root that the tab computed is in the block's header.
    const client = clientOf(devGateway)
    const receipt = await client.getTransactionReceipt({ hash })
    expect(receipt).toMatchObject({ status: 'success', from: address.toLowerCase(), to: RECIPIENT.toLowerCase() })
    const { receiptsRoot } = await client.getBlock({ blockNumber: receipt.blockNumber })
    expect(await sent.getByTestId('proof').locator('code').getAttribute('title')).toBe(receiptsRoot)

    const left = await client.getBalance({ address })
    await tab.page.locator(`[data-testid="balance"][data-wei="${left}"]`).waitFor({ timeout: BLOCKS })
    expect(left).toBe(parseEther('9.75') - receipt.gasUsed * receipt.effectiveGasPrice)
  })
})

test('says what is wrong with an address, an amount, and funds', async ({ openTab, devGateway }) => {
  const tab = await openTab({ url: devGateway.url + OWN_NODE })
  await reaches(tab, 1)
  const refused = async (to: string, amount: string, why: RegExp) => {
    await tab.get('send-to').fill(to)
    await tab.get('send-amount').fill(amount)
    await tab.get('send').click()
    await tab.get('send-answer').filter({ hasText: why }).waitFor()
  }
  await refused('0x12', '1', /An address is 0x and 40 hex digits/)
  await refused(FAUCET.replace('F39', 'f39').replace('aad', 'Aad'), '1', /its checksum does not fit/)
  await refused(RECIPIENT, 'one', /An amount is a number of coins/)
  await refused(RECIPIENT, '1', /takes up to 1\.\d+, and there are 0/)
})

test('a node of a terminal follows the same chain, and a page of its own follows that one', async ({
  openTab,
  startProgram,
  devGateway,
}) => {
  const args = ['--peers', devGateway.enode, '--page', '--http', '--http.port', '0']
  const follower = await startProgram({ chain: true, args })
  // It ends before its tab does.
  const tab = await openTab({ url: follower.url + OWN_NODE, expected: /ERR_CONNECTION_REFUSED/ })
  const number = await clientOf(devGateway).getBlockNumber()
  await reaches(tab, Number(number))
  const { hash } = await clientOf(devGateway).getBlock({ blockNumber: number })
  expect(await clientOf(follower).getBlock({ blockNumber: number })).toMatchObject({ hash })
  // Where nobody can prove what an account has, there is none to send from.
  expect(await tab.get('account').count()).toBe(0)
})

test('keeps its blocks and its account over a reload', async ({ openTab, devGateway }) => {
  const tab = await openTab({ url: devGateway.url, expected: WORKER_SCRIPT })
  await reaches(tab, 3)
  const address = await tab.get('address').getAttribute('data-address')
  await tab.page.reload()
  await reaches(tab, 3)
  expect(await tab.get('address').getAttribute('data-address')).toBe(address)
})

test('starts again with a chain when the gateway came back with one, and without when it has none', async ({
  openTab,
}) => {
  let gateway = await Program.start()
  try {
    const { webPort } = gateway
    const tab = await openTab({ url: gateway.url + OWN_NODE, expected: /ERR_CONNECTION_REFUSED|WebSocket|ERR_SOCKET/ })
    await tab.phase('connected')
    expect(await tab.get('chain').count()).toBe(0)
    await gateway.stop()
    await tab.phase('reconnecting')
    gateway = await Program.start({ chain: true, args: [...EACH_SECOND, '--web.port', webPort] })
    await reaches(tab, 2)
    await gateway.stop()
    await tab.phase('reconnecting')
    gateway = await Program.start({ args: ['--web.port', webPort] })
    await tab.get('chain').waitFor({ state: 'detached', timeout: BLOCKS })
  } finally {
    await gateway.stop()
  }
})

test('follows the chain that the gateway begins anew, which is shorter than what was followed before', async ({
  openTab,
}) => {
  let gateway = await Program.start({ chain: true, args: EACH_SECOND })
  try {
    const { webPort } = gateway
    const expected = /ERR_CONNECTION_REFUSED|WebSocket|ERR_SOCKET|assets\/worker/
    const tab = await openTab({ url: gateway.url, expected })
    await reaches(tab, 6)
    await tab.get('faucet').click()
    await tab.page.locator(`[data-testid="balance"][data-wei="${parseEther('10')}"]`).waitFor({ timeout: BLOCKS })
    await tab.get('send-to').fill(RECIPIENT)
    await tab.get('send-amount').fill('0.25')
    await tab.get('send').click()
    await tab.page.locator('[data-direction="out"][data-step="proven"]').waitFor({ timeout: BLOCKS })
    const owns = await Promise.all(['in', 'out'].map((way) => hashOf(tab, way)))
    await gateway.stop()
    await tab.phase('reconnecting')
    gateway = await Program.start({
      chain: true,
      args: [...EACH_SECOND, '--web.port', webPort, '--http', '--http.port', '0'],
    })
    const client = clientOf(gateway)
    const shown = tab.page.locator('[data-testid="block"]').first()
    const ofGateway = async () => {
      const [number, hash] = await Promise.all(['data-number', 'data-hash'].map((name) => shown.getAttribute(name)))
      const block = await client.getBlock({ blockNumber: BigInt(number ?? 0) }).catch(() => undefined)
      return block?.hash === hash
    }
    await expect.poll(ofGateway, { timeout: BLOCKS }).toBe(true)
    // Both were in blocks that are gone and came back into the tab's pool. The gateway mines the gift again; and then what was
    // sent of it, which it had refused as long as the account had nothing.
    for (const hash of owns) {
      const isOfGateway = async () => {
        const receipt = await client.getTransactionReceipt({ hash }).catch(() => undefined)
        const words = await tab.page.locator(`[data-hash="${hash}"][data-step="proven"]`).allInnerTexts()
        return receipt !== undefined && words.some((text) => text.includes(`in block ${receipt.blockNumber}\n`))
      }
      await expect.poll(isOfGateway, { timeout: BLOCKS }).toBe(true)
    }
    const address = (await tab.get('address').getAttribute('data-address')) as `0x${string}`
    const left = await client.getBalance({ address })
    await tab.page.locator(`[data-testid="balance"][data-wei="${left}"]`).waitFor({ timeout: BLOCKS })
  } finally {
    await gateway.stop()
  }
})

/** The hash of the only transaction that goes `in` to the account, or `out` of it. */
const hashOf = async (tab: DemoPage, way: string) =>
  (await tab.page
    .locator(`[data-testid="own-transaction"][data-direction="${way}"]`)
    .getAttribute('data-hash')) as `0x${string}`

const SCREENS = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
}

describe.each(Object.entries(SCREENS))('on a %s', (_, screen) => {
  test.for(['dark', 'light'] as const)(
    'axe finds nothing serious in %s, and nothing is too wide',
    async (colorScheme, { newContext, openTab, devGateway }) => {
      const context = await newContext({ ...screen, colorScheme, reducedMotion: 'reduce' })
      const tab = await openTab({ url: devGateway.url + OWN_NODE, context })
      await reaches(tab, 2)
      await tab.get('faucet').click()
      await tab.page.locator('[data-testid="own-transaction"][data-step="proven"]').waitFor({ timeout: BLOCKS })
      await tab.get('send-to').fill('nobody')
      await tab.get('send-amount').fill('1')
      await tab.get('send').click()
      await tab.get('send-answer').filter({ hasText: /\w/ }).waitFor()
      await tab.get('verified').first().click()
      // Evaluated by the debugger, to which the page's policy does not apply.
      await tab.page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
      const { violations } = (await tab.page.evaluate('axe.run()')) as AxeResults
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
      expect(serious.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`))).toEqual([])
      expect(await tab.page.evaluate(() => document.documentElement.scrollWidth)).toBe(screen.viewport.width)
    },
  )
})
