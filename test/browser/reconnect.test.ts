// What a tab does when its gateway goes and comes back, and what its gateway learns when the tab goes.
import { rm } from 'node:fs/promises'
import { Enode } from '@ethspan/core'
import { describe, expect } from 'vitest'
import type { DemoPage } from './demo-page.js'
import { test as base, measured, OWN_NODE } from './fixtures.js'
import { newDataDir, Program } from './program.js'

/** Chromium reports each try that nobody answered, whatever the page does about it. */
const REFUSED = /^(console: WebSocket connection to|console: Failed to load resource|request: \S+\/node\.json) /

interface Fixtures {
  /** Starts a gateway on the web port that the first one had; with the key of the first, or with another. */
  startGateway(key?: 'same key' | 'other key'): Promise<Program>
}

const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern which fixtures are needed
  startGateway: async ({}, use) => {
    const dataDir = await newDataDir()
    const started: Program[] = []
    await use(async (key = 'same key') => {
      const args = ['--identity', 'gateway', '--web.port', started[0]?.webPort ?? '0']
      const program = await Program.start({ args, ...(key === 'same key' ? { dataDir } : {}) })
      started.push(program)
      return program
    })
    await Promise.all(started.map((program) => program.stop()))
    await rm(dataDir, { recursive: true, force: true })
  },
})

interface Notes {
  /** The state's sentence whenever it changed, and each new entry of the log; `at` in milliseconds since 1970. */
  readonly notes: { readonly kind: 'detail' | 'log'; readonly text: string; readonly at: number }[]
}

/** Notes from now on what the page tells, since some of it stands there for half a second only. */
const takeNotes = (tab: DemoPage): Promise<void> =>
  tab.page.evaluate(() => {
    const { notes } = Object.assign(globalThis, { notes: [] } as Notes)
    const known = new Set<Element>(document.querySelectorAll('[data-testid="log-entry"]'))
    let last: string | undefined
    const look = () => {
      const at = performance.timeOrigin + performance.now()
      const detail = document.querySelector('[data-testid="status-detail"]')?.textContent ?? ''
      if (detail !== last) notes.push({ kind: 'detail', text: detail, at })
      last = detail
      for (const entry of document.querySelectorAll('[data-testid="log-entry"]')) {
        if (!known.has(entry)) notes.push({ kind: 'log', text: entry.textContent ?? '', at })
        known.add(entry)
      }
    }
    new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true })
  })

/** The first thing noted that matches. It must have been told. */
async function noted(tab: DemoPage, kind: 'detail' | 'log', pattern: RegExp) {
  const notes = await tab.page.evaluate(() => (globalThis as unknown as Notes).notes)
  const found = notes.find((note) => note.kind === kind && pattern.test(note.text))
  if (found === undefined) throw new Error(`the page did not tell ${pattern}, but ${JSON.stringify(notes, null, 1)}`)
  return found
}

const idOf = (program: Program): string => Enode.parse(program.enode).id

describe.each([
  { how: 'stopped', end: 'stop', query: OWN_NODE, why: 'it is shutting down' },
  { how: 'killed', end: 'kill', query: OWN_NODE, why: 'the connection broke' },
  { how: 'stopped, with the node that tabs share', end: 'stop', query: '', why: 'it is shutting down' },
] as const)('a gateway that is $how', ({ how, end, query, why }) => {
  test('is tried again within a second, and connected again once it is back', async ({ startGateway, openTab }) => {
    const gateway = await startGateway()
    const tab = await openTab({ url: gateway.url + query, expected: REFUSED })
    await tab.phase('connected')
    await takeNotes(tab)
    const ended = Date.now()
    await gateway[end]()
    await tab.phase('reconnecting')
    await tab.log('The gateway could not be reached.').first().waitFor()
    expect(await tab.get('status').textContent()).toBe('Reconnecting')
    expect(await tab.page.title()).toBe('Reconnecting · ethspan')
    expect(await tab.peer(idOf(gateway)).count()).toBe(0)

    const lost = await noted(
      tab,
      'detail',
      new RegExp(`^The gateway is gone: ${why}\\. (Next try in \\d+ s|Trying again)\\.$`),
    )
    await noted(tab, 'log', new RegExp(`Connection to gateway \\(\\S+\\) ended: ${why}\\.`))
    const tried = await noted(tab, 'log', /The gateway could not be reached\./)
    await noted(tab, 'detail', /^The gateway could not be reached\. (Next try in \d+ s|Trying again)\.$/)

    await startGateway()
    const back = Date.now()
    await tab.phase('connected')
    await tab.peer(idOf(gateway)).waitFor()
    const connected = await tab.when('phase', 'connected', true, ended)
    measured(`a gateway ${how}: told after`, lost.at - ended)
    measured(`a gateway ${how}: first try after`, tried.at - lost.at)
    measured(`a gateway ${how}: away for`, back - ended)
    measured(`a gateway ${how}: back, connected after`, connected - back)
    expect(await tab.get('status-detail').textContent()).toMatch(/^Peered with gateway /)
  })
})

test('a gateway that comes back with another key is found anew', async ({ startGateway, openTab }) => {
  const first = await startGateway()
  const tab = await openTab({ url: first.url + OWN_NODE, expected: REFUSED })
  await tab.phase('connected')
  await first.stop()
  await tab.phase('reconnecting')
  const second = await startGateway('other key')
  const back = Date.now()
  expect(idOf(second)).not.toBe(idOf(first))
  await tab.phase('connected')
  await tab.peer(idOf(second)).waitFor()
  expect(await tab.peer(idOf(first)).count()).toBe(0)
  await tab.log('The gateway came back as another node, gateway').waitFor()
  const connected = await tab.when('phase', 'connected', true, back)
  measured('a gateway with another key: back, connected after', connected - back)
})

test('a tab that is closed says goodbye', async ({ gateway, openTab }) => {
  const tab = await openTab()
  await tab.phase('connected')
  const id = (await tab.id()).slice(0, 16)
  const closed = Date.now()
  const [line] = await Promise.all([gateway.line(new RegExp(`msg="peer gone".*id=${id}`)), tab.page.close()])
  measured('a tab closed, its gateway knows after', Date.now() - closed)
  expect(line).toMatch(/reason="client quitting" by=peer/)
})
