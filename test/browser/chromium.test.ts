import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { launchChromium } from './chromium.js'

let browser: Browser

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())

test('Chromium survives that one of its contexts closes', async () => {
  const [first, second] = await Promise.all([browser.newContext(), browser.newContext()])
  const page = await second.newPage()
  await first.close()
  expect(await page.evaluate(() => 'WebSocket' in globalThis)).toBe(true)
  await second.close()
  expect(browser.isConnected()).toBe(true)
})
