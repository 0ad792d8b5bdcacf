// One node for all tabs of a browser, in a SharedWorker; and where there is none.
import { Enode } from '@ethspan/core'
import { describe, expect } from 'vitest'
import type { DemoPage } from './demo-page.js'
import { ANY_ORIGIN, test as base, LAN_NAME, measured, WORKER_SCRIPT } from './fixtures.js'

interface Fixtures {
  /** Opens the page as people do, in one browser. */
  openShared(query?: string): Promise<DemoPage>
}

const test = base.extend<Fixtures>({
  openShared: async ({ newContext, openTab, gateway }, use) => {
    const context = await newContext()
    await use(async (query = '') => {
      const tab = await openTab({ context, url: gateway.url + query, expected: WORKER_SCRIPT })
      await tab.phase('connected')
      return tab
    })
  },
})

const home = async (tab: DemoPage) => (await tab.get('self-home').getAttribute('data-home')) ?? ''
const keyPlace = async (tab: DemoPage) => (await tab.get('self-key-place').getAttribute('data-place')) ?? ''
/** Waits until so many tabs show the node of `tab`. */
const tabs = (tab: DemoPage, count: number) =>
  tab.page.locator(`[data-testid="self-home"][data-tabs="${count}"]`).waitFor()
/** Waits until the node of `tab` is another one than `id`. */
const otherThan = (tab: DemoPage, id: string) =>
  tab.page.locator(`[data-testid="self-id"]:not([data-node-id="${id}"])`).waitFor()
const gone = (id: string) => new RegExp(`msg="peer gone".*id=${id.slice(0, 16)}.*`)

describe('two tabs of one browser', () => {
  test('share one node and show the same', async ({ openShared, gateway }) => {
    const first = await openShared()
    expect(await home(first)).toBe('worker')
    expect(await keyPlace(first)).toBe('indexeddb')
    const second = await openShared()
    expect(await second.id()).toBe(await first.id())
    await Promise.all([tabs(first, 2), tabs(second, 2)])
    expect(await first.get('self-home').innerText()).toBe('this browser, shared by 2 tabs')

    const gatewayId = Enode.parse(gateway.enode).id
    await Promise.all([first.peer(gatewayId).waitFor(), second.peer(gatewayId).waitFor()])
    const connections = gateway.lines.filter((line) => /peer connected/.test(line) && line.includes('ethspan-tab'))
    expect(connections).toHaveLength(1)
    // What happened before the second tab came is told there too.
    expect(await second.log('The node started as').count()).toBe(1)

    await first.say('said in one tab')
    await second.message('said in one tab').waitFor()
    expect(await second.message('said in one tab').locator('strong').textContent()).toBe('You')

    await second.get('rename').click()
    await second.page.keyboard.type('Ada')
    await second.page.keyboard.press('Enter')
    await first.get('self-name').filter({ hasText: 'Ada' }).waitFor()

    await first.page.close()
    await tabs(second, 1)
    await second.phase('connected')
    await second.peer(gatewayId).waitFor()
  })

  test('are two nodes where one asks for its own, and see each other', async ({ openShared }) => {
    const shared = await openShared()
    await shared.get('open-own').waitFor()
    const [popup] = await Promise.all([shared.page.context().waitForEvent('page'), shared.get('open-own').click()])
    expect(new URL(popup.url()).search).toBe('?node=own')
    await popup.close()

    const own = await openShared('?node=own')
    expect(await home(own)).toBe('tab')
    expect(await keyPlace(own)).toBe('session')
    const [sharedId, ownId] = [await shared.id(), await own.id()]
    expect(ownId).not.toBe(sharedId)
    await Promise.all([shared.node(ownId).waitFor(), own.node(sharedId).waitFor()])
    await own.page.close()
    await shared.node(ownId).waitFor({ state: 'detached' })
  })
})

test('the node ends with the last tab, and the gateway sees it leave', async ({ openShared, gateway }) => {
  const [first, second] = [await openShared(), await openShared()]
  const id = await first.id()
  await first.page.close()
  await tabs(second, 1)
  expect(gateway.lines.some((line) => gone(id).test(line))).toBe(false)
  const left = Date.now()
  await second.page.close()
  const line = await gateway.line(gone(id))
  measured('the last tab closed, its node is gone after', Date.now() - left)
  expect(line).toMatch(/reason="(client quitting|network error)"/)
})

describe('the identity of the shared node', () => {
  test('survives a reload of its only tab', async ({ openShared }) => {
    const tab = await openShared()
    const id = await tab.id()
    await tab.page.reload()
    await tab.phase('connected')
    expect(await tab.id()).toBe(id)
    await tab.page.getByText('The key this browser keeps for the page.').first().waitFor()
  })

  test('survives that all tabs are closed', async ({ openShared, gateway }) => {
    const tab = await openShared()
    const id = await tab.id()
    await tab.page.close()
    await gateway.line(gone(id))
    const again = await openShared()
    expect(await again.id()).toBe(id)
    await again.get('key-open').click()
    expect(await again.get('key-dialog').innerText()).toContain('IndexedDB')
  })

  test('changes in all tabs when a key is imported, and that key is kept', async ({ openShared, gateway }) => {
    const [first, second] = [await openShared(), await openShared()]
    const id = await first.id()
    await first.get('key-open').click()
    await first.get('key-import').fill('7'.repeat(64))
    await first.get('key-import').press('Enter')
    await Promise.all([otherThan(first, id), otherThan(second, id)])
    await second.phase('connected')
    const imported = await second.id()
    await Promise.all([first.page.close(), second.page.close()])
    await gateway.line(gone(imported))
    expect(await (await openShared()).id()).toBe(imported)
  })

  test('is not used twice: the page of another build takes a key for as long as the first one runs', async ({
    newContext,
    openTab,
    gateway,
  }) => {
    const context = await newContext()
    const open = () => openTab({ context, url: gateway.url, expected: WORKER_SCRIPT })
    const asked = context.waitForEvent('request', (request) => request.url().includes('/assets/worker-'))
    const tab = await open()
    await tab.phase('connected')
    const id = await tab.id()
    const script = (await asked).url()
    await tab.page.close()
    await gateway.line(gone(id))

    // The same origin and another name: what a page of an older build has running.
    const older = await context.newPage()
    await older.goto(`${gateway.url}favicon.svg`)
    await older.evaluate(
      ([url, base]) =>
        new Promise((resolve) => {
          const { port } = new SharedWorker(url!, { type: 'module', name: 'older' })
          port.addEventListener('message', resolve, { once: true })
          port.start()
          port.postMessage(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'page_start', params: [base] }))
        }),
      [script, gateway.url],
    )
    const newer = await open()
    await newer.phase('connected')
    expect(await newer.id()).not.toBe(id)
    expect(await keyPlace(newer)).toBe('memory')
    await newer.page.getByText('another version of this page, still open, runs with the old').first().waitFor()
    await newer.node(id).waitFor()
  })
})

describe('where the browser has no shared worker to give', () => {
  test.for([
    { what: 'it has none', hide: () => Reflect.deleteProperty(globalThis, 'SharedWorker') },
    {
      what: 'it refuses',
      hide: () => {
        globalThis.SharedWorker = class {
          constructor() {
            throw new DOMException('denied', 'SecurityError')
          }
        } as unknown as typeof SharedWorker
      },
    },
  ])('$what: each tab has a node of its own', async ({ hide }, { newContext, openTab, gateway }) => {
    const context = await newContext()
    await context.addInitScript(hide)
    const [first, second] = await Promise.all([0, 1].map(() => openTab({ context, url: gateway.url })))
    await Promise.all([first!.phase('connected'), second!.phase('connected')])
    expect(await home(first!)).toBe('tab')
    expect(await first!.id()).not.toBe(await second!.id())
    await first!.node(await second!.id()).waitFor()
  })
})

test('a page on plain http in the LAN shares its node all the same', async ({ newContext, openTab, startProgram }) => {
  const context = await newContext()
  const gateway = await startProgram({ args: ANY_ORIGIN })
  const url = `http://${LAN_NAME}:${gateway.webPort}/`
  const [first, second] = [0, 1].map(() => openTab({ context, url, expected: WORKER_SCRIPT }))
  const [one, other] = await Promise.all([first!, second!])
  await Promise.all([one.phase('connected'), other.phase('connected')])
  expect(await one.page.evaluate(() => isSecureContext)).toBe(false)
  expect(await home(one)).toBe('worker')
  expect(await other.id()).toBe(await one.id())
})

test('how long it takes to the first peer', async ({ openShared, gateway }) => {
  const tab = await openShared()
  const gatewayId = Enode.parse(gateway.enode).id
  const time = (await tab.when('peer', gatewayId, true)) - (await tab.loadedAt())
  measured('page load to first peer, with the node in a worker', time)
})
