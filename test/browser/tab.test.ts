// One tab with one gateway.
import { Enode } from '@ethspan/core'
import { describe, expect } from 'vitest'
import { measured, test } from './fixtures.js'

const idOf = (enode: string): string => Enode.parse(enode).id

test('a node starts in the tab, finds the gateway and becomes its peer', async ({ openTab, gateway }) => {
  const tab = await openTab()
  const gatewayId = idOf(gateway.enode)
  await tab.peer(gatewayId).waitFor()
  await tab.phase('connected')
  expect(await tab.get('status').textContent()).toBe('Connected')
  expect(await tab.get('status-detail').textContent()).toMatch(/^Peered with gateway (just now|for \d+ s)\.$/)
  expect(await tab.page.title()).toBe('Connected · ethspan')

  const row = await tab.peer(gatewayId).innerText()
  expect(row).toContain('outbound · ws')
  expect(row).toContain('chat/1')
  expect(row).toContain('peers/1')
  await tab
    .peer(gatewayId)
    .getByText(/^\d+(\.\d)? ms$/)
    .waitFor()

  const time = (await tab.when('peer', gatewayId, true)) - (await tab.loadedAt())
  measured('page load to first peer', time)
})

test('a reload keeps the key', async ({ openTab }) => {
  const tab = await openTab()
  await tab.phase('connected')
  const id = await tab.id()
  expect(id).toMatch(/^[0-9a-f]{64}$/)
  await tab.page.reload()
  await tab.phase('connected')
  expect(await tab.id()).toBe(id)
  expect(await tab.page.getByText('The key this tab had before the reload.').count()).toBeGreaterThan(0)
})

test('a browser that denies session storage runs a node all the same, and says that its key is not kept', async ({
  newContext,
  openTab,
}) => {
  const context = await newContext()
  await context.addInitScript(() => {
    Object.defineProperty(globalThis, 'sessionStorage', {
      get: () => {
        throw new DOMException('denied', 'SecurityError')
      },
    })
  })
  const tab = await openTab({ context })
  await tab.phase('connected')
  await tab.get('key-open').click()
  expect(await tab.get('key-dialog').innerText()).toContain('the key is gone after a reload')
})

describe('the private key', () => {
  test('is shown only when asked for, and copied', async ({ openTab }) => {
    const tab = await openTab()
    await tab.phase('connected')
    const kept = await tab.page.evaluate(() => sessionStorage.getItem('ethspan.private-key'))
    expect(kept).toMatch(/^[0-9a-f]{64}$/)
    expect(await tab.page.content()).not.toContain(kept)
    await tab.get('key-open').click()
    await tab.get('key-show').click()
    expect(await tab.get('key-hex').textContent()).toContain(kept)
    await tab.page.getByRole('button', { name: 'Copy the private key' }).click()
    await tab.page.getByText('Copied', { exact: true }).waitFor()
    await tab.get('key-import').focus()
    await tab.page.keyboard.press('ControlOrMeta+V')
    expect(await tab.get('key-import').inputValue()).toBe(kept)
    await tab.page.keyboard.press('Escape')
    await tab.get('key-hex').waitFor({ state: 'detached' })
    expect(await tab.page.content()).not.toContain(kept)
  })

  test('is exported as a file that the program reads', async ({ openTab, startProgram }) => {
    const tab = await openTab()
    await tab.phase('connected')
    const publicKey = await tab.get('self-enode').getAttribute('title')
    await tab.get('key-open').click()
    await tab.get('key-show').click()
    const [download] = await Promise.all([tab.page.waitForEvent('download'), tab.get('key-export').click()])
    await tab.page.close()
    const program = await startProgram({ args: ['--nodekey', await download.path()] })
    expect(idOf(program.enode)).toBe(idOf(publicKey ?? ''))
  })

  test('is imported: the node starts again as another, and a bad key is refused in words', async ({
    openTab,
    gateway,
  }) => {
    const tab = await openTab()
    await tab.phase('connected')
    await tab.get('key-open').click()
    await tab.get('key-import').fill('42')
    await tab.get('key-import').press('Enter')
    await tab
      .get('key-answer')
      .filter({ hasText: /\w+ \w+/ })
      .waitFor()
    expect(await tab.get('key-answer').getAttribute('class')).toContain('bad')
    await tab.get('key-import').fill('b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291')
    await tab.get('key-import').press('Enter')
    // The node id of the key in EIP-778.
    const id = 'a448f24c6d18e575453db13171562b71999873db5b286df957af199ec94617f7'
    await tab.page.locator(`[data-testid="self-id"][data-node-id="${id}"]`).waitFor()
    await tab.phase('connected')
    await tab.peer(idOf(gateway.enode)).waitFor()
  })

  test('is forgotten for a new one', async ({ openTab }) => {
    const tab = await openTab()
    await tab.phase('connected')
    const id = await tab.id()
    await tab.get('key-open').click()
    await tab.get('key-reset').click()
    await tab.get('key-reset-sure').click()
    await tab.page.locator(`[data-testid="self-id"]:not([data-node-id="${id}"])`).waitFor()
    await tab.phase('connected')
    await tab.page.reload()
    await tab.phase('connected')
    expect(await tab.id()).not.toBe(id)
  })
})

test('the nickname can be changed, and the network sees it', async ({ openTab }) => {
  const [tab, other] = await Promise.all([openTab(), openTab()])
  await Promise.all([tab.phase('connected'), other.phase('connected')])
  await tab.get('rename').click()
  await tab.page.keyboard.press('ControlOrMeta+A')
  await tab.page.keyboard.type('Ada ‮<b>')
  await tab.page.keyboard.press('Enter')
  await tab.page.getByTestId('self-name').filter({ hasText: 'Ada' }).waitFor()
  const node = other.node(await tab.id()).filter({ hasText: 'Ada' })
  await node.waitFor()
  expect(await node.innerHTML()).not.toContain('‮')
})
