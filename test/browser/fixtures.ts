// What each test of the page starts from: Chromium, a gateway, and tabs in which nothing may go wrong.
import type { Browser, BrowserContext, BrowserContextOptions } from 'playwright'
import { test as base, expect } from 'vitest'
import { launchChromium } from './chromium.js'
import { DEADLINE, DemoPage } from './demo-page.js'
import { Program, type ProgramOptions } from './program.js'

/** A name that Chromium finds on this machine, but that is no secure context over plain http, as for a phone in the LAN. */
export const LAN_NAME = 'demo.test'

/** What asks the page for a node of the tab's own; without it all tabs of a browser share one. */
export const OWN_NODE = '?node=own'

/** Chromium counts a worker's script as still loading for the page that asked for it, and gives it up when that page goes. */
export const WORKER_SCRIPT = /^request: \S+\/assets\/worker-\S+\.js net::ERR_ABORTED$/

export interface TabOptions {
  /** Default: the gateway's page with a node of the tab's own, as for the demonstration with two tabs. */
  readonly url?: string
  /** Default: a context, that is a browser profile, of its own. */
  readonly context?: BrowserContext
  /** Troubles that belong to what the test does. */
  readonly expected?: RegExp
}

interface FileFixtures {
  /** One for all tests of a file. */
  chromium: Browser
  /** One for all tests of a file. */
  gateway: Program
}

interface TestFixtures {
  newContext(options?: BrowserContextOptions): Promise<BrowserContext>
  /** Opens a tab; when the test is over, whatever went wrong in it fails the test. */
  openTab(options?: TabOptions): Promise<DemoPage>
  /** Watches a tab that the page itself opens. */
  watchTab(tab: DemoPage, expected?: RegExp): void
  startProgram(options?: ProgramOptions): Promise<Program>
}

/** A gateway while `use` runs. */
async function useGateway(args: readonly string[], use: (gateway: Program) => Promise<void>): Promise<void> {
  const gateway = await Program.start({ args: ['--identity', 'gateway', ...args] })
  await use(gateway)
  // One that crashed on the way says why.
  expect(await gateway.stop(), gateway.lines.join('\n')).toBe(0)
}

/** Lets in pages at {@link LAN_NAME}: on loopback only names count that are the machine's own, as others may be pointed there. */
export const ANY_ORIGIN = ['--web.origins', '*'] as const

export const test = base.extend<{ $test: TestFixtures; $file: FileFixtures }>({
  chromium: [
    // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures are needed
    async ({}, use) => {
      const browser = await launchChromium([`--host-resolver-rules=MAP ${LAN_NAME} 127.0.0.1`])
      await use(browser)
      await browser.close()
    },
    { scope: 'file' },
  ],
  gateway: [
    // biome-ignore lint/correctness/noEmptyPattern: as above
    async ({}, use) => useGateway([], use),
    { scope: 'file' },
  ],
  newContext: async ({ chromium }, use) => {
    const contexts: BrowserContext[] = []
    await use(async (options) => {
      const context = await chromium.newContext(options)
      context.setDefaultTimeout(DEADLINE)
      contexts.push(context)
      return context
    })
    await Promise.all(contexts.map((context) => context.close()))
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above
  watchTab: async ({}, use: (watch: TestFixtures['watchTab']) => Promise<void>) => {
    const tabs: { tab: DemoPage; expected: RegExp | undefined }[] = []
    await use((tab, expected) => tabs.push({ tab, expected }))
    const troubles = tabs.flatMap(({ tab, expected }) => tab.troubles.filter((trouble) => !expected?.test(trouble)))
    expect(troubles).toEqual([])
  },
  openTab: async ({ newContext, gateway, watchTab }, use) => {
    await use(async ({ url = gateway.url + OWN_NODE, context, expected } = {}) => {
      const tab = await DemoPage.open(context ?? (await newContext()), url)
      watchTab(tab, expected)
      return tab
    })
  },
  // biome-ignore lint/correctness/noEmptyPattern: as above
  startProgram: async ({}, use) => {
    const programs: Program[] = []
    await use(async (options) => {
      const program = await Program.start(options)
      programs.push(program)
      return program
    })
    await Promise.all(programs.map((program) => program.stop()))
  },
})

/** The same, but the gateway lets in pages of any origin, such as those at {@link LAN_NAME}. */
export const openTest = test.extend<{ $file: Pick<FileFixtures, 'gateway'> }>({
  gateway: [
    // biome-ignore lint/correctness/noEmptyPattern: as above
    async ({}, use) => useGateway(ANY_ORIGIN, use),
    { scope: 'file' },
  ],
})

/** Shows a figure in the test's output. */
export const measured = (what: string, ms: number): void => {
  process.stdout.write(`  ${what}: ${ms.toFixed(0)} ms\n`)
}
