// Several tabs and a node in a terminal, all seen through the gateway.
import { Enode } from '@ethspan/core'
import { describe, expect } from 'vitest'
import { DemoPage } from './demo-page.js'
import { measured, test } from './fixtures.js'

/** How long `seer` took to show `other` after that was connected. */
async function timeToAppear(seer: DemoPage, other: DemoPage): Promise<number> {
  const id = await other.id()
  await seer.node(id).waitFor()
  const [connected, seen] = await Promise.all([other.when('phase', 'connected', true), seer.when('node', id, true)])
  return seen - connected
}

/** How long `seer` took to no longer show `other` once `leave` began. */
async function timeToVanish(seer: DemoPage, id: string, leave: () => Promise<unknown>): Promise<number> {
  const left = Date.now()
  await Promise.all([seer.node(id).waitFor({ state: 'detached' }), leave()])
  return (await seer.when('node', id, false, left)) - left
}

describe.each([
  { where: 'in two browsers', shared: false },
  { where: 'in one browser', shared: true },
])('two tabs $where', ({ where, shared }) => {
  test('see each other at once, and see at once when one is closed', async ({ newContext, openTab }) => {
    const context = shared ? await newContext() : undefined
    const open = () => openTab(context === undefined ? {} : { context })
    const first = await open()
    await first.phase('connected')
    const second = await open()
    await second.phase('connected')
    const [firstId, secondId] = [await first.id(), await second.id()]
    expect(secondId).not.toBe(firstId)

    const appeared = await timeToAppear(first, second)
    await second.node(firstId).waitFor()
    expect(await first.node(secondId).textContent()).toBe(`${await second.name()} ws · tab`)
    await first
      .log(`${await second.name()} (${secondId.slice(0, 6)}…${secondId.slice(-4)}) joined the network over ws.`)
      .waitFor()

    const vanished = await timeToVanish(first, secondId, () => second.page.close())
    await first.log('left the network').waitFor()
    measured(`tabs ${where}: one appears to the other after`, appeared)
    measured(`tabs ${where}: closed, it vanishes after`, vanished)
  })
})

test('a duplicated tab takes a key of its own', async ({ openTab, watchTab }) => {
  const tab = await openTab()
  await tab.phase('connected')
  const id = await tab.id()
  // A tab opened by a page starts with a copy of its session storage, as a duplicated one does.
  const [popup] = await Promise.all([
    tab.page.waitForEvent('popup'),
    tab.page.evaluate(() => {
      window.open(location.href)
    }),
  ])
  const copy = DemoPage.adopt(popup)
  watchTab(copy)
  await copy.phase('connected')
  const copyId = await copy.id()
  expect(copyId).not.toBe(id)
  await copy.page.getByText('A new key: the tab this one was copied from keeps the old.').first().waitFor()
  await Promise.all([tab.node(copyId).waitFor(), copy.node(id).waitFor()])
  expect(await tab.get('status').getAttribute('data-phase')).toBe('connected')
  // From here on the key is its own.
  await copy.page.reload()
  await copy.phase('connected')
  expect(await copy.id()).toBe(copyId)
})

test('a node in a terminal joins over TCP, is seen in every tab, and says goodbye on Ctrl-C', async ({
  gateway,
  openTab,
  startProgram,
}) => {
  const tabs = await Promise.all([openTab(), openTab()])
  await Promise.all(tabs.map((tab) => tab.phase('connected')))
  const program = await startProgram({ args: ['--peers', gateway.enode, '--identity', 'terminal'] })
  const { id } = Enode.parse(program.enode)
  for (const tab of tabs) {
    await tab.node(id).waitFor()
    expect(await tab.node(id).textContent()).toBe('terminal tcp')
    await tab.log(/^.*terminal \(.*\) joined the network over tcp\.$/).waitFor()
  }
  const left = Date.now()
  expect(await program.stop()).toBe(0)
  await gateway.line(/lvl=info msg="peer gone".*reason="client quitting" by=peer/)
  for (const tab of tabs) {
    await tab.node(id).waitFor({ state: 'detached' })
    await tab.log(/terminal \(.*\) left the network/).waitFor()
    measured('a program gone by Ctrl-C vanishes after', (await tab.when('node', id, false, left)) - left)
  }
})

describe('the chat', () => {
  test('brings a message to every other tab, marked with who sent it', async ({ openTab }) => {
    const [ada, bob] = await Promise.all([openTab(), openTab()])
    await Promise.all([ada.phase('connected'), bob.phase('connected')])
    const text = `hello ${await ada.id()}`
    await ada.say(text)
    const [own, theirs] = [ada.message(text), bob.message(text)]
    await Promise.all([own.waitFor(), theirs.waitFor()])
    expect(await own.getAttribute('data-from')).toBe(await ada.id())
    expect(await own.locator('strong').textContent()).toBe('You')
    expect(await theirs.getAttribute('data-from')).toBe(await ada.id())
    expect(await theirs.locator('strong').textContent()).toBe(await ada.name())
    expect(await ada.get('chat-input').inputValue()).toBe('')
  })

  test('is there for those who come later', async ({ openTab }) => {
    const ada = await openTab()
    await ada.phase('connected')
    const text = `early ${await ada.id()}`
    await ada.say(text)
    await ada.message(text).waitFor()
    const late = await openTab()
    await late.message(text).waitFor()
    expect(await late.message(text).getAttribute('data-from')).toBe(await ada.id())
  })

  test('shows whatever is said as text', async ({ openTab }) => {
    const [ada, bob] = await Promise.all([openTab(), openTab()])
    await Promise.all([ada.phase('connected'), bob.phase('connected')])
    const html = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    const long = 'W'.repeat(256)
    await ada.say(html)
    await ada.say('right \u202etfel\u202c \u2066x\u2069 left')
    await ada.say(long)
    await bob.message(html).waitFor()
    await bob.message(long).waitFor()
    const messages = bob.get('chat')
    expect(await messages.locator('img, script').count()).toBe(0)
    expect(await messages.innerText()).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
    expect(await messages.innerText()).toMatch(/right \S*tfel\S* \S*x\S* left/)
    expect(await messages.evaluate((box) => box.scrollWidth - box.clientWidth)).toBe(0)
    expect(await bob.page.title()).toBe('Connected · ethspan')
  })

  test('says why a message is not sent', async ({ openTab }) => {
    const tab = await openTab()
    await tab.phase('connected')
    await tab.say('W'.repeat(257))
    await tab.get('chat-answer').filter({ hasText: '257 characters' }).waitFor()
    expect(await tab.get('chat-input').inputValue()).toHaveLength(257)
  })
})
