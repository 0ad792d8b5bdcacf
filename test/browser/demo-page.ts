// The demo page as a test sees it: what is on it, and what went wrong in it.
import type { BrowserContext, Locator, Page } from 'playwright'

/** Milliseconds for anything on the page to come about: what never comes fails later, and a busy machine is only slow. */
export const DEADLINE = 45_000

/** What comes and goes on the page, with the time of the first drawing that shows it; see `witness`. */
interface Sighting {
  readonly kind: 'peer' | 'node' | 'phase'
  /** Node id, or the name of the phase. */
  readonly id: string
  readonly here: boolean
  /** Milliseconds since 1970. */
  readonly at: number
}

interface Witness {
  readonly sightings: Sighting[]
  readonly violations: string[]
}
declare global {
  var witness: Witness
}

/** Runs in the page, before its own scripts: notes when peers, nodes of the network and states come and go. */
function startWitness(): void {
  const sightings: Sighting[] = []
  const violations: string[] = []
  globalThis.witness = { sightings, violations }
  document.addEventListener('securitypolicyviolation', (event) => {
    violations.push(`${event.effectiveDirective}: ${event.blockedURI}`)
  })
  let present = new Map<string, Pick<Sighting, 'kind' | 'id'>>()
  const look = () => {
    const seen: Pick<Sighting, 'kind' | 'id'>[] = []
    for (const element of document.querySelectorAll<HTMLElement>('[data-testid]')) {
      const { testid, peerId, nodeId, phase } = element.dataset
      if (testid === 'peer' && peerId) seen.push({ kind: 'peer', id: peerId })
      if (testid === 'network-node' && nodeId) seen.push({ kind: 'node', id: nodeId })
      if (testid === 'status' && phase) seen.push({ kind: 'phase', id: phase })
    }
    const now = new Map(seen.map((item) => [`${item.kind} ${item.id}`, item]))
    const at = performance.timeOrigin + performance.now()
    for (const [key, item] of now) if (!present.has(key)) sightings.push({ ...item, here: true, at })
    for (const [key, item] of present) if (!now.has(key)) sightings.push({ ...item, here: false, at })
    present = now
  }
  new MutationObserver(look).observe(document, { childList: true, subtree: true, attributes: true })
}

export class DemoPage {
  readonly page: Page
  /** Console errors and warnings, exceptions, failed requests, HTTP errors. */
  readonly troubles: string[] = []

  private constructor(page: Page) {
    this.page = page
    page.setDefaultTimeout(DEADLINE)
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.troubles.push(`console: ${message.text()}`)
    })
    page.on('pageerror', (error) => this.troubles.push(`exception: ${error.stack ?? error.message}`))
    page.on('requestfailed', (request) => {
      this.troubles.push(`request: ${request.url()} ${request.failure()?.errorText}`)
    })
    page.on('response', (response) => {
      if (response.status() >= 400) this.troubles.push(`request: ${response.url()} ${response.status()}`)
    })
  }

  /** Opens a tab in `context` and goes to `url`. */
  static async open(context: BrowserContext, url: string): Promise<DemoPage> {
    const demo = await DemoPage.watch(await context.newPage())
    await demo.page.goto(url)
    return demo
  }

  /** Looks at a page that something else navigates. */
  static async watch(page: Page): Promise<DemoPage> {
    const demo = new DemoPage(page)
    await page.addInitScript(startWitness)
    return demo
  }

  /** Looks at a tab that a page opened: too late to witness its beginning. */
  static adopt(popup: Page): DemoPage {
    return new DemoPage(popup)
  }

  get(testid: string): Locator {
    return this.page.getByTestId(testid)
  }

  /** Waits for the node's state, such as `connected`. */
  async phase(phase: string): Promise<void> {
    await this.page.locator(`[data-testid="status"][data-phase="${phase}"]`).waitFor()
  }

  /** The id of the node in this tab. */
  async id(): Promise<string> {
    return (await this.get('self-id').getAttribute('data-node-id')) ?? ''
  }

  async name(): Promise<string> {
    return (await this.get('self-name').textContent()) ?? ''
  }

  /** A row of the peers table. */
  peer(id: string): Locator {
    return this.page.locator(`[data-testid="peer"][data-peer-id="${id}"]`)
  }

  /** A node in the drawing of the network. */
  node(id: string): Locator {
    return this.page.locator(`[data-testid="network-node"][data-node-id="${id}"]`)
  }

  /** Events of the log that hold `text`. */
  log(text: string | RegExp): Locator {
    return this.get('log-entry').filter({ hasText: text })
  }

  /** Messages of the chat that hold `text`. */
  message(text: string): Locator {
    return this.get('message').filter({ has: this.page.getByText(text, { exact: true }) })
  }

  async say(text: string): Promise<void> {
    await this.get('chat-input').fill(text)
    await this.get('chat-send').click()
  }

  /** When something came (`here`) or went first since `from`; milliseconds since 1970. It must have been seen. */
  async when(kind: Sighting['kind'], id: string, here: boolean, from = 0): Promise<number> {
    const sightings = await this.page.evaluate(() => globalThis.witness.sightings)
    const found = sightings.find((s) => s.kind === kind && s.id === id && s.here === here && s.at >= from)
    if (found === undefined) throw new Error(`${kind} ${id} was not seen to ${here ? 'come' : 'go'}`)
    return found.at
  }

  /** When the document was asked for; milliseconds since 1970. */
  loadedAt(): Promise<number> {
    return this.page.evaluate(() => performance.timeOrigin)
  }

  /** What the content security policy refused. */
  violations(): Promise<readonly string[]> {
    return this.page.evaluate(() => globalThis.witness.violations)
  }
}
