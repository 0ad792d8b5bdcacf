// The page as a phone in the LAN gets it: over plain http from a name that is no secure context, where browsers withhold much.
import { Enode } from '@ethspan/core'
import { describe, expect } from 'vitest'
import type { DemoPage } from './demo-page.js'
import { openTest as base, LAN_NAME, OWN_NODE, WORKER_SCRIPT } from './fixtures.js'

interface Fixtures {
  /** Opens the page at the LAN's name, in a browser of its own, and waits until its node is connected. */
  openInLan(query?: string): Promise<DemoPage>
}

const test = base.extend<Fixtures>({
  openInLan: async ({ openTab, gateway }, use) => {
    await use(async (query = OWN_NODE) => {
      const tab = await openTab({ url: `http://${LAN_NAME}:${gateway.webPort}/${query}`, expected: WORKER_SCRIPT })
      await tab.phase('connected')
      return tab
    })
  },
})

/** Pastes into the field in which one names a node to dial, and tells what was in the clipboard. */
async function pasted(tab: DemoPage): Promise<string> {
  const field = tab.get('dial-input')
  await field.fill('')
  await field.focus()
  await tab.page.keyboard.press('ControlOrMeta+V')
  return field.inputValue()
}

test('no secure context: what the page must do without is indeed absent', async ({ openInLan }) => {
  const tab = await openInLan()
  const present = await tab.page.evaluate(() => ({
    isSecureContext,
    subtle: 'subtle' in crypto,
    randomUUID: 'randomUUID' in crypto,
    locks: 'locks' in navigator,
    clipboard: 'clipboard' in navigator,
  }))
  expect(present).toEqual({
    isSecureContext: false,
    subtle: false,
    randomUUID: false,
    locks: false,
    clipboard: false,
  })
})

describe.each([
  { home: 'tab', query: OWN_NODE },
  { home: 'worker', query: '' },
])('a node in a $home', ({ home, query }) => {
  test('finds the gateway under the name that the page came from, and becomes its peer', async ({
    openInLan,
    gateway,
  }) => {
    const tab = await openInLan(query)
    expect(await tab.get('self-home').getAttribute('data-home')).toBe(home)
    const row = tab.peer(Enode.parse(gateway.enode).id)
    await row.waitFor()
    expect(await row.innerText()).toContain(`${LAN_NAME}:${gateway.webPort}/p2p`)
  })

  test('sees another, and they chat', async ({ openInLan }) => {
    const [ada, bob] = await Promise.all([openInLan(query), openInLan(query)])
    const [adaId, bobId] = [await ada.id(), await bob.id()]
    expect(adaId).not.toBe(bobId)
    await Promise.all([ada.node(bobId).waitFor(), bob.node(adaId).waitFor()])
    const text = `hello from ${adaId}`
    await ada.say(text)
    await bob.message(text).waitFor()
    expect(await bob.message(text).getAttribute('data-from')).toBe(adaId)
  })

  test('keeps its key over a reload', async ({ openInLan }) => {
    const tab = await openInLan(query)
    const id = await tab.id()
    await tab.page.reload()
    await tab.phase('connected')
    expect(await tab.id()).toBe(id)
  })
})

test('tabs at the LAN address and on the machine itself see each other', async ({ openInLan, openTab }) => {
  const [phone, own] = await Promise.all([openInLan(), openTab()])
  await own.phase('connected')
  await Promise.all([phone.node(await own.id()).waitFor(), own.node(await phone.id()).waitFor()])
})

describe('copying without a clipboard to write to', () => {
  test('works by a selection, and leaves no trace in the page', async ({ openInLan }) => {
    const tab = await openInLan()
    const button = tab.page.getByRole('button', { name: 'Copy the node id' })
    await button.click()
    await button.getByText('Copied', { exact: true }).waitFor()
    expect(await tab.page.locator('textarea').count()).toBe(0)
    expect(await button.evaluate((element) => element === document.activeElement)).toBe(true)
    expect(await pasted(tab)).toBe(await tab.id())
  })

  test('works inside a dialog', async ({ openInLan }) => {
    const tab = await openInLan()
    await tab.get('key-open').click()
    await tab.get('key-show').click()
    const key = (await tab.get('key-hex').innerText()).trim()
    expect(key).toMatch(/[0-9a-f]{64}$/)
    await tab.page.getByRole('button', { name: 'Copy the private key' }).click()
    await tab.get('key-dialog').getByText('Copied', { exact: true }).waitFor()
    await tab.page.keyboard.press('Escape')
    expect(await pasted(tab)).toBe(key)
  })
})
