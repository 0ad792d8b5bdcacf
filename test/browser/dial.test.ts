// Dialing nodes by URL from a tab: what is refused before it is tried, and what comes of the rest.
import { once } from 'node:events'
import { createServer } from 'node:net'
import { Enode } from '@ethspan/core'
import { describe, expect } from 'vitest'
import type { DemoPage } from './demo-page.js'
import { test } from './fixtures.js'
import type { Program } from './program.js'

/** A point on the curve: the public key of the node record in EIP-778. */
const PUBLIC_KEY =
  'ca634cae0d49acb401d8a4c6b6fe8c55b70d115bf400769cc1400f3258cd31387574077f301b421bc84df7266c44e9e6d569fc56be00812904767bf5ccd1fc7f'
/** What Chromium itself says of a connection that did not come about, whatever the page does about it. */
const NO_CONNECTION = /^console: WebSocket connection to /

interface Target {
  readonly url: string
  readonly id: string
}

/** Where browsers dial a gateway. */
async function targetOf(gateway: Program): Promise<Target> {
  const response = await fetch(new URL('node.json', gateway.url))
  const { dial } = (await response.json()) as { dial: string }
  return { url: dial, id: Enode.parse(dial).id }
}

/** The URL of a node on a port where nobody listens. */
async function nobody(): Promise<Target> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  server.close()
  await once(server, 'close')
  const url = `enode+ws://${PUBLIC_KEY}@127.0.0.1:${port}/p2p`
  return { url, id: Enode.parse(url).id }
}

const answer = (tab: DemoPage, text: string | RegExp) => tab.get('dial-answer').filter({ hasText: text })
/** The line that tells how far a node is which the person asked for. */
const target = (tab: DemoPage, { id }: Target) => tab.page.locator(`[data-testid="dial-target"][data-node-id="${id}"]`)
const shortId = ({ id }: Target) => `${id.slice(0, 6)}…${id.slice(-4)}`

async function dial(tab: DemoPage, { url }: Target): Promise<void> {
  await tab.get('dial-input').fill(url)
  await answer(tab, 'This node can be dialed from here.').waitFor()
  await tab.get('dial').click()
}

/** Waits until a node was dialed for the third time: longer than any node waits to be dialed again for the first. */
const thirdTry = (tab: DemoPage, node: Target) =>
  tab.log(new RegExp(`${shortId(node)} could not be reached\\. ×([3-9]|\\d\\d)`)).waitFor()

/** What is typed, and what the page says of it. */
const refused: readonly (readonly [url: string, why: RegExp])[] = [
  [`enode://${PUBLIC_KEY}@127.0.0.1:30303`, /^This node has a TCP address only, and a browser cannot open TCP conn/],
  ['enode+ws://abc@127.0.0.1:8547/p2p', /^This is no node address: the public key has 3 hex digits instead of 128;/],
  [`enode+ws://${'1'.repeat(128)}@127.0.0.1:8547/p2p`, /^This is no node address: the public key is not a point on/],
  [`enode+ws://${PUBLIC_KEY}`, /^This is no node address: there is no @ between a public key and a host;/],
  ['hello there', /^This is no node address: " " can't be part of an address;/],
  ['https://example.org/', /^This is no node address: "https:\/\/example\.org\/" is not a node address;/],
  ['ws://127.0.0.1:8547/p2p', /^A WebSocket URL alone does not say who is there;/],
]

describe('an address that cannot be dialed', () => {
  test('is refused with the reason, before it is tried', async ({ openTab }) => {
    const tab = await openTab()
    await tab.phase('connected')
    const sockets: string[] = []
    tab.page.on('websocket', (socket) => sockets.push(socket.url()))
    for (const [url, why] of refused) {
      await tab.get('dial-input').fill(url)
      await answer(tab, why).waitFor()
      expect(await tab.get('dial-answer').getAttribute('data-ok')).toBe('false')
      expect(await tab.get('dial').isDisabled()).toBe(true)
      // The keyboard gets no further than the button.
      await tab.get('dial-input').press('Enter')
    }
    expect(await tab.get('dial-target').count()).toBe(0)
    expect(await tab.log('Dialing').count()).toBe(0)
    expect(sockets).toEqual([])
    await tab.get('dial-input').fill('')
    await tab.page.locator('[data-testid="dial-answer"]:not([data-ok])').waitFor({ state: 'attached' })
  })

  test('is the tab itself, or whom it is connected to', async ({ openTab, gateway }) => {
    const tab = await openTab()
    await tab.phase('connected')
    const { publicKey } = Enode.parse((await tab.get('self-enode').getAttribute('title')) ?? '')
    await tab.get('dial-input').fill(`enode+ws://${Buffer.from(publicKey).toString('hex')}@127.0.0.1:8547/p2p`)
    await answer(tab, 'This is your own node.').waitFor()
    await tab.get('dial-input').fill((await targetOf(gateway)).url)
    await answer(tab, 'You are connected to this node already.').waitFor()
  })
})

test('a second gateway becomes a peer, and stays away once disconnected', async ({
  gateway,
  openTab,
  startProgram,
}) => {
  const tab = await openTab({ expected: NO_CONNECTION })
  await tab.phase('connected')
  const second = await startProgram({
    args: ['--identity', 'second', '--web.origins', new URL(gateway.url).origin],
  })
  const node = await targetOf(second)
  await dial(tab, node)
  const row = tab.peer(node.id)
  await row.waitFor()
  expect(await row.innerText()).toContain('second')
  expect(await row.innerText()).toContain('outbound · ws')
  await expect.poll(() => tab.get('figure-peers').textContent()).toBe('2')
  await expect.poll(() => tab.get('dial-input').inputValue()).toBe('')
  await target(tab, node).waitFor({ state: 'detached' })
  await tab.log(`Dialing ${shortId(node)}, as you asked.`).waitFor()
  await tab.log(`Connected to second (${shortId(node)}) over ws.`).waitFor()
  const id = (await tab.id()).slice(0, 16)
  await second.line(new RegExp(`msg="peer connected".*id=${id}.*direction=in`))

  await row.getByTestId('disconnect').click()
  await row.waitFor({ state: 'detached' })
  await tab.log(`Connection to second (${shortId(node)}) ended: we disconnected.`).waitFor()
  await second.line(new RegExp(`msg="peer gone".*id=${id}.*reason="disconnect requested" by=peer`))
  const gone = await nobody()
  await dial(tab, gone)
  await thirdTry(tab, gone)
  expect(await row.count()).toBe(0)
  expect(await target(tab, node).count()).toBe(0)
  expect(second.lines.filter((line) => line.includes('msg="peer connected"'))).toHaveLength(1)
  // The gateway of the page has nothing to do with all that.
  expect(await tab.get('status').getAttribute('data-phase')).toBe('connected')
})

test('a node that was dialed and ends is waited for, with its reason', async ({ gateway, openTab, startProgram }) => {
  const tab = await openTab({ expected: NO_CONNECTION })
  await tab.phase('connected')
  const second = await startProgram({ args: ['--identity', 'second', '--web.origins', new URL(gateway.url).origin] })
  const node = await targetOf(second)
  await dial(tab, node)
  await tab.peer(node.id).waitFor()
  await second.stop()
  await tab.peer(node.id).waitFor({ state: 'detached' })
  await tab.log(`Connection to second (${shortId(node)}) ended: it is shutting down.`).waitFor()
  await target(tab, node)
    .filter({ hasText: /It could not be reached.* (Next try in \d+ s|Trying again)\./ })
    .waitFor()
})

test('a gateway that does not let this page in is not joined, and the page says what that can be', async ({
  gateway,
  openTab,
  startProgram,
}) => {
  const tab = await openTab({ expected: NO_CONNECTION })
  await tab.phase('connected')
  const node = await targetOf(await startProgram())
  await dial(tab, node)
  const words = `It could not be reached, or does not let pages from ${new URL(gateway.url).origin} in.`
  await target(tab, node).filter({ hasText: words }).waitFor()
  await tab.log(`${shortId(node)} could not be reached.`).waitFor()
  expect(await tab.peer(node.id).count()).toBe(0)
})

test('a port where nobody listens is said to be out of reach, is tried again, and is given up when asked to', async ({
  openTab,
}) => {
  const tab = await openTab({ expected: NO_CONNECTION })
  await tab.phase('connected')
  const node = await nobody()
  await dial(tab, node)
  await target(tab, node)
    .filter({ hasText: /It could not be reached.* (Next try in \d+ s|Trying again)\./ })
    .waitFor()
  await tab.log(`${shortId(node)} could not be reached.`).waitFor()
  await thirdTry(tab, node)
  await target(tab, node).getByRole('button', { name: 'Stop' }).click()
  await target(tab, node).waitFor({ state: 'detached' })
})
