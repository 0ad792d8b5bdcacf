// The view of one peer: all that admin_peers says, its traffic, its messages.
import { readFile } from 'node:fs/promises'
import { Enode } from '@ethspan/core'
import { expect } from 'vitest'
import type { DemoPage } from './demo-page.js'
import { test } from './fixtures.js'

const PHONE = { width: 360, height: 740 }

/** Messages of the timeline. */
const passed = (tab: DemoPage, protocol: string, code: number, direction: 'in' | 'out') =>
  tab.page.locator(
    `[data-testid="passed"][data-protocol="${protocol}"][data-code="${code}"][data-direction="${direction}"]`,
  )

/** Opens the view of the gateway by keyboard alone. */
async function openView(tab: DemoPage, gateway: { readonly enode: string }): Promise<string> {
  const { id } = Enode.parse(gateway.enode)
  const button = tab.peer(id).getByTestId('peer-open')
  await button.focus()
  await tab.page.keyboard.press('Enter')
  await tab.page.locator(`[data-testid="peer-dialog"][data-peer-id="${id}"][open]`).waitFor()
  return id
}

test('shows every field, the traffic by protocol, and the messages by name', async ({ openTab, gateway }) => {
  const tab = await openTab()
  await tab.phase('connected')
  const id = await openView(tab, gateway)
  const field = (path: string) => tab.page.locator(`[data-field="${path}"] dd`)
  expect(await field('id').innerText()).toBe(id)
  expect(await field('name').innerText()).toContain('ethspan/gateway/')
  expect(await field('enode').innerText()).toContain('enode+ws://')
  expect(await field('network.inbound').innerText()).toMatch(/^outbound/)
  expect(await field('caps').innerText()).toBe('peers/1, chat/1')

  // The feed's opening words, and a ping with its answer.
  await passed(tab, 'peers/1', 0, 'out').getByText('Subscribe').waitFor()
  await passed(tab, 'peers/1', 1, 'in').getByText('Snapshot').waitFor()
  await passed(tab, 'p2p/5', 2, 'out').first().getByText('Ping').waitFor()
  await passed(tab, 'p2p/5', 3, 'in').first().getByText('Pong').waitFor()
  await tab.get('peer-dialog').getByText('chat/1', { exact: true }).first().waitFor()
  const protocols = await tab.page
    .locator('[data-testid="peer-counters"] [data-protocol]')
    .evaluateAll((rows) => rows.map((row) => row.getAttribute('data-protocol')))
  expect(protocols.sort()).toEqual(['Total', 'chat/1', 'p2p/5', 'peers/1'])

  await tab.page.getByRole('radio', { name: 'peers/1' }).focus()
  await tab.page.keyboard.press('Space')
  await passed(tab, 'p2p/5', 2, 'out').first().waitFor({ state: 'detached' })
  expect(await passed(tab, 'peers/1', 0, 'out').count()).toBe(1)

  await tab.page.keyboard.press('Escape')
  expect(await tab.get('peer-dialog').isVisible()).toBe(false)
  expect(await tab.page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe('peer-open')
})

test('exports what it shows as JSON', async ({ openTab, gateway }) => {
  const tab = await openTab()
  await tab.phase('connected')
  const id = await openView(tab, gateway)
  await passed(tab, 'p2p/5', 3, 'in').first().waitFor()
  const [download] = await Promise.all([tab.page.waitForEvent('download'), tab.get('peer-export').click()])
  expect(download.suggestedFilename()).toBe(`peer-${id.slice(0, 8)}.json`)
  const { exportedBy, peer, messages } = JSON.parse(await readFile(await download.path(), 'utf8'))
  expect(exportedBy).toBe(await tab.id())
  expect(peer).toMatchObject({ id, network: { inbound: false }, traffic: { byProtocol: { 'chat/1': {} } } })
  expect(messages).toContainEqual(expect.objectContaining({ name: 'Pong', protocol: 'p2p/5', direction: 'in' }))
})

test('fits a phone, and says when the peer is gone', async ({ newContext, openTab, startProgram }) => {
  const program = await startProgram()
  const context = await newContext({ viewport: PHONE })
  const expected = /WebSocket connection|node\.json|ERR_CONNECTION_REFUSED/
  const tab = await openTab({ context, url: `${program.url}?node=own`, expected })
  await tab.phase('connected')
  await openView(tab, program)
  await tab.get('passed').first().waitFor()
  const overflow = await tab
    .get('peer-dialog')
    .evaluate((dialog) => [document.documentElement.scrollWidth - innerWidth, dialog.scrollWidth - dialog.clientWidth])
  expect(overflow).toEqual([0, 0])

  expect(await program.stop()).toBe(0)
  await tab.page.locator('[data-testid="peer-live"][data-live="false"]').waitFor()
  await passed(tab, 'p2p/5', 1, 'in').getByText('Disconnect').waitFor()
})
