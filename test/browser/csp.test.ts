// The content security policy that the gateway sends: the page keeps to it, and does without WASM where it is forbidden.
import { Enode } from '@ethspan/core'
import { describe, expect } from 'vitest'
import type { DemoPage } from './demo-page.js'
import { test as base, OWN_NODE } from './fixtures.js'
import { startProxy } from './proxy.js'

const POLICY = 'content-security-policy'
const homes = [
  { home: 'tab', query: OWN_NODE },
  { home: 'worker', query: '' },
]
/** What Chromium writes to the console when it refuses WASM. */
const WASM_REFUSED = /^console: .*WebAssembly.*Content Security Policy/

/** The gateway's page with a policy that forbids WASM, as that of a stricter server does. */
const test = base.extend<{ withoutWasm: string }>({
  withoutWasm: async ({ gateway }, use) => {
    const proxy = await startProxy(Number(gateway.webPort), (headers) => {
      const policy = String(headers[POLICY])
      expect(policy).toContain(" 'wasm-unsafe-eval'")
      return { ...headers, [POLICY]: policy.replace(" 'wasm-unsafe-eval'", '') }
    })
    await use(proxy.url)
    await proxy.close()
  },
})

const cryptoLine = (tab: DemoPage) => tab.get('self-crypto').innerText()

describe.each(homes)('a node in a $home', ({ home, query }) => {
  test('runs within the policy, whatever one does on the page', async ({ openTab, gateway }) => {
    const tab = await openTab({ url: gateway.url + query })
    await tab.phase('connected')
    expect(await tab.get('self-home').getAttribute('data-home')).toBe(home)
    expect(await cryptoLine(tab)).toBe('noble, keccak: wasm')
    const text = `within the policy, from a ${home}`
    await tab.say(text)
    await tab.message(text).waitFor()
    await tab.get('theme').click()
    await tab.get('key-open').click()
    await tab.get('key-show').click()
    await tab.get('key-hex').waitFor()
    await Promise.all([tab.page.waitForEvent('download'), tab.get('key-export').click()])
    await tab.page.keyboard.press('Escape')
    await tab.get('peer-open').click()
    await tab.page.locator('[data-testid="peer-dialog"][open]').waitFor()
    expect(await tab.violations()).toEqual([])
  })

  test('runs where WASM is forbidden, with plain code in its place, and says so', async ({
    openTab,
    gateway,
    withoutWasm,
  }) => {
    const tab = await openTab({ url: withoutWasm + query, expected: WASM_REFUSED })
    await tab.phase('connected')
    await tab.peer(Enode.parse(gateway.enode).id).waitFor()
    expect(await tab.get('self-home').getAttribute('data-home')).toBe(home)
    expect(await cryptoLine(tab)).toBe('noble, keccak: noble (no WASM here: CompileError)')
    const text = `without WASM in a ${home}`
    await tab.say(text)
    await tab.message(text).waitFor()
    // In a worker the refusal is the worker's, and not told to the page.
    expect(await tab.violations()).toEqual(home === 'tab' ? ['script-src: wasm-eval'] : [])
  })
})
