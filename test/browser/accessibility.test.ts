// For everybody: what axe-core finds, what the keyboard reaches, what a phone's width holds, and what stands still on demand.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { BrowserContextOptions } from 'playwright'
import { beforeAll, describe, expect } from 'vitest'
import type { DemoPage } from './demo-page.js'
import { test as base } from './fixtures.js'

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true }
const DESKTOP = { viewport: { width: 1280, height: 800 } }
/** More presses of Tab than there are stops in the page. */
const MAX_STOPS = 100
/** Drawings of the page in which a graph that moves would have moved. */
const DRAWINGS = 30

interface Fixtures {
  /** Opens the page in a browser of its own, with another tab in the network, a message in the chat and a peer. */
  openBusy(options?: BrowserContextOptions): Promise<DemoPage>
}

const test = base.extend<Fixtures>({
  openBusy: async ({ newContext, openTab }, use) => {
    await use(async (options) => {
      const tab = await openTab({ context: await newContext(options) })
      const other = await openTab()
      await Promise.all([tab.phase('connected'), other.phase('connected')])
      await tab.node(await other.id()).waitFor()
      const text = `${'long'.repeat(50)} ${await other.id()}`
      await other.say(text.slice(0, 256))
      await tab.message(text.slice(0, 256)).waitFor()
      return tab
    })
  },
})

/** What is shown, one after the other: the page, then each of its dialogs with everything open. */
const views: readonly { readonly view: string; open(tab: DemoPage): Promise<void> }[] = [
  { view: 'the page', open: async () => {} },
  {
    view: 'the page with a node chosen and a dial refused',
    open: async (tab) => {
      await tab.node(await tab.id()).focus()
      await tab.get('chosen-node').waitFor()
      await tab.get('dial-input').fill(`enode://${'7'.repeat(128)}@127.0.0.1:30303`)
      await tab.page.locator('[data-testid="dial-answer"][data-ok="false"]').waitFor()
    },
  },
  {
    view: 'the dialog of the key',
    open: async (tab) => {
      await tab.get('key-open').click()
      await tab.get('key-show').click()
      await tab.get('key-reset').click()
      await tab.get('key-reset-sure').waitFor()
    },
  },
  {
    view: 'the dialog of a peer',
    open: async (tab) => {
      await tab.page.keyboard.press('Escape')
      await tab.get('peer-open').first().click()
      await tab.get('passed').first().waitFor()
    },
  },
]

let axeSource = ''
beforeAll(async () => {
  axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
})

/** What axe-core counts as serious or critical, with the elements it is about. */
async function violations(tab: DemoPage): Promise<readonly string[]> {
  // Evaluated by the debugger, to which the page's policy does not apply.
  await tab.page.evaluate(axeSource)
  const results = (await tab.page.evaluate('axe.run()')) as AxeResults
  return results.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) => nodes.map((node) => `${id}: ${help}: ${node.target} ${node.failureSummary}`))
}

describe.each([
  { width: 'on a desktop', screen: DESKTOP },
  { width: 'on a phone', screen: PHONE },
])('$width', ({ screen }) => {
  test.for(['dark', 'light'] as const)('axe finds nothing serious in %s', async (colorScheme, { openBusy }) => {
    // Without motion, so that no colour is judged halfway through a transition.
    const tab = await openBusy({ ...screen, colorScheme, reducedMotion: 'reduce' })
    for (const { view, open } of views) {
      await open(tab)
      expect(await violations(tab), view).toEqual([])
    }
  })
})

test('nothing is wider than a phone', async ({ openBusy }) => {
  const tab = await openBusy(PHONE)
  for (const { view, open } of views) {
    await open(tab)
    const widths = await tab.page.evaluate(() => ({
      page: document.documentElement.scrollWidth,
      screen: innerWidth,
      dialogs: [...document.querySelectorAll('dialog[open]')].map((box) => box.scrollWidth - box.clientWidth),
    }))
    expect(widths, view).toMatchObject({ page: PHONE.viewport.width, screen: PHONE.viewport.width })
    expect(Math.max(0, ...widths.dialogs), view).toBe(0)
  }
})

/** Runs in the page: what can be operated within `scope`, each named as a person would. A group of radios is one stop. */
function controls(scope: string): readonly string[] {
  const found = document.querySelectorAll<HTMLElement>(
    ['a[href]', 'button', 'input', 'select', 'textarea', 'summary', '[tabindex]', '[role="button"]']
      .map((selector) => `${scope} ${selector}`)
      .join(),
  )
  const inUse = [...found].filter((element) => {
    if (!element.checkVisibility() || element.matches(':disabled')) return false
    // The arrow keys lead to the others of a group.
    if (element.matches('input[type="radio"]')) return (element as HTMLInputElement).checked
    return !element.matches('[data-testid="network-node"][tabindex="-1"]')
  })
  return inUse.map((element) => globalThis.nameOf(element))
}

declare global {
  /** What the tests call an element. */
  var nameOf: (element: Element) => string
}

function defineNameOf(): void {
  globalThis.nameOf = (element) => {
    const words = [element.id, element.getAttribute('data-testid'), element.getAttribute('name'), element.className]
    const label = element.getAttribute('aria-label') ?? element.textContent?.trim().slice(0, 40)
    return [element.tagName.toLowerCase(), ...words.filter((word) => typeof word === 'string' && word), label].join(' ')
  }
}

/** Presses Tab until it comes back to where it began, and tells what had the focus. */
async function stops(tab: DemoPage): Promise<readonly string[]> {
  const reached: string[] = []
  for (let i = 0; i < MAX_STOPS; i++) {
    await tab.page.keyboard.press('Tab')
    const name = await tab.page.evaluate(() => {
      const { activeElement } = document
      return activeElement === null || activeElement === document.body ? undefined : globalThis.nameOf(activeElement)
    })
    // The browser's own controls come between the last stop and the first.
    if (name === undefined) continue
    if (name === reached[0]) return reached
    reached.push(name)
  }
  throw new Error(`Tab does not come back; it went to\n  ${reached.join('\n  ')}`)
}

describe('by keyboard', () => {
  test('Tab reaches all that can be operated', async ({ openTab }) => {
    // Alone with the gateway: then the invitation is there, too.
    const tab = await openTab()
    await tab.phase('connected')
    await tab.get('open-own').waitFor()
    await tab.page.evaluate(defineNameOf)
    const before = await tab.page.evaluate(controls, 'body')
    expect(before.length).toBeGreaterThan(15)
    const reached = await stops(tab)
    const after = await tab.page.evaluate(controls, 'body')
    expect([...before, ...after].filter((name) => !reached.includes(name))).toEqual([])
  })

  test('Tab stays in an open dialog and reaches all of it; Escape leads back', async ({ openTab }) => {
    const tab = await openTab()
    await tab.phase('connected')
    await tab.page.evaluate(defineNameOf)
    for (const [opener, dialog] of [
      ['key-open', 'key-dialog'],
      ['peer-open', 'peer-dialog'],
    ] as const) {
      await tab.get(opener).focus()
      await tab.page.keyboard.press('Enter')
      await tab.page.locator(`[data-testid="${dialog}"][open]`).waitFor()
      const inDialog = await tab.page.evaluate(controls, 'dialog[open]')
      expect(inDialog.length).toBeGreaterThan(1)
      const reached = await stops(tab)
      expect(
        inDialog.filter((name) => !reached.includes(name)),
        dialog,
      ).toEqual([])
      await tab.page.keyboard.press('Escape')
      expect(await tab.page.evaluate(() => document.activeElement?.getAttribute('data-testid'))).toBe(opener)
    }
  })

  test('the arrow keys lead through the nodes of the graph', async ({ openBusy }) => {
    const tab = await openBusy()
    const ids = await tab.get('network-node').evaluateAll((nodes) => nodes.map((node) => node.dataset.nodeId))
    await tab.page.locator('[data-testid="network-node"][tabindex="0"]').focus()
    const reached = new Set<string | undefined>()
    for (const _ of ids) {
      await tab.page.keyboard.press('ArrowRight')
      reached.add(await tab.page.evaluate(() => (document.activeElement as SVGElement | null)?.dataset.nodeId))
    }
    expect([...reached].sort()).toEqual([...ids].sort())
  })
})

describe.each([
  { reducedMotion: 'reduce', moves: false },
  { reducedMotion: 'no-preference', moves: true },
] as const)('for who asks for motion: $reducedMotion', ({ reducedMotion, moves }) => {
  test(moves ? 'nodes drift to their places' : 'all stands still', async ({ newContext, openTab }) => {
    const context = await newContext({ reducedMotion })
    await context.addInitScript(watchMotion)
    const tab = await openTab({ context })
    await tab.phase('connected')
    const other = await openTab()
    await other.phase('connected')
    const otherId = await other.id()
    await tab.node(otherId).waitFor()
    const text = `from ${otherId}`
    await other.say(text)
    await tab.message(text).waitFor()
    await tab.page.evaluate(waitForDrawings, DRAWINGS)
    const { animations, places } = await tab.page.evaluate(() => globalThis.motion)
    // Placed once when it came; the page may have been laid out anew since, by what else came.
    const placed = places[otherId]?.length ?? 0
    if (moves) {
      expect(animations).not.toEqual([])
      expect(placed).toBeGreaterThan(5)
    } else {
      expect(animations).toEqual([])
      expect(placed).toBeLessThanOrEqual(2)
    }
  })
})

declare global {
  /** Names of the animations and transitions that ran, and the places in which each node of the graph was drawn. */
  var motion: { readonly animations: string[]; readonly places: Record<string, string[]> }
}

/** Runs in the page, before its own scripts. */
function watchMotion(): void {
  const animations: string[] = []
  const places: Record<string, string[]> = {}
  globalThis.motion = { animations, places }
  document.addEventListener('animationstart', (event) => animations.push(event.animationName), true)
  document.addEventListener('transitionrun', (event) => animations.push(event.propertyName), true)
  new MutationObserver(() => {
    for (const node of document.querySelectorAll<SVGElement>('[data-testid="network-node"]')) {
      const id = node.dataset.nodeId ?? ''
      places[id] ??= []
      const place = node.getAttribute('transform') ?? ''
      if (places[id].at(-1) !== place) places[id].push(place)
    }
  }).observe(document, { childList: true, subtree: true, attributes: true })
}

/** Runs in the page. */
async function waitForDrawings(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => requestAnimationFrame(resolve))
}
