// Makes docs/demo.png, the README's picture: a gateway with a development chain, two programs and three tabs on this machine, as
// they are. Run after a build.
import { stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { runnerImport } from 'vite'

// The tests' own helpers; Node reads no TypeScript here.
const load = async (name) => (await runnerImport(fileURLToPath(new URL(name, import.meta.url)))).module
const { launchChromium } = await load('chromium.ts')
const { DemoPage } = await load('demo-page.ts')
const { Program } = await load('program.ts')

const PICTURE = fileURLToPath(new URL('../../docs/demo.png', import.meta.url))
/** CSS pixels; the height holds the whole page, so that nothing is scrolled. */
const VIEWPORT = { width: 1280, height: 2200 }
/** CSS pixels left below the chat: what the page leaves between its cards. */
const MARGIN = 16
/** Who gets coins. */
const RECIPIENT = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'
/** Milliseconds in which a transaction is mined and its receipt proven; a block comes every three seconds. */
const MINED = 30_000
/** Round-trip times that make a line worth a picture. */
const ROUND_TRIPS = 4
/** Milliseconds until so many are drawn; the page's node pings a peer every few seconds. */
const SPARKLINE_DEADLINE = 90_000
/** Milliseconds in which the graph comes to rest. */
const REST_DEADLINE = 20_000
/** Milliseconds without a move that count as rest. */
const REST = 500

/** What is ended when the picture is taken, or failed; the last comes first. */
const ends = []
const start = async (...args) => {
  const program = await Program.start({ chain: true, args })
  ends.unshift(() => program.stop())
  return program
}

try {
  const gateway = await start('--identity', 'gateway')
  const join = (identity) => start('--identity', identity, '--peers', gateway.enode, '--page', '--web.origins', '*')
  const [raspberryPi] = await Promise.all([join('raspberry-pi'), join('laptop')])
  const browser = await launchChromium()
  ends.unshift(() => browser.close())
  const context = await browser.newContext({ viewport: VIEWPORT, colorScheme: 'dark', deviceScaleFactor: 1 })
  const tabs = []
  for (let i = 0; i < 3; i++) {
    const tab = await DemoPage.open(context, `${gateway.url}?node=own`)
    await tab.phase('connected')
    tabs.push(tab)
  }
  const [ada, bob, shown] = tabs

  // Besides the gateway, one program as a peer of the tab itself.
  const { dial } = await nodeOf(raspberryPi)
  await shown.get('dial-input').fill(dial)
  await shown.get('dial').click()
  await shown.get('peer').nth(1).waitFor()

  // Coins from the faucet, and some of them sent on.
  await shown.get('faucet').click()
  await shown.page.locator('[data-testid="balance"][data-wei="10000000000000000000"]').waitFor({ timeout: MINED })
  await shown.get('send-to').fill(RECIPIENT)
  await shown.get('send-amount').fill('0.25')
  await shown.get('send').click()
  await shown.page.locator('[data-direction="out"][data-step="proven"]').waitFor({ timeout: MINED })

  const lines = [
    [ada, 'Anyone else here from a browser?'],
    [bob, 'Yes, a second tab. The terminals joined over TCP.'],
    [shown, 'And I just dialed the raspberry-pi from this tab, with its enode+ws URL.'],
    [ada, 'Same RLPx handshake as geth, over a WebSocket. Neat.'],
  ]
  for (const [tab, text] of lines) {
    await tab.say(text)
    await shown.message(text).waitFor()
  }
  await shown.page.bringToFront()
  await shown.page.waitForFunction(pinged, ROUND_TRIPS, { timeout: SPARKLINE_DEADLINE })
  await shown.page.waitForFunction(atRest, REST, { timeout: REST_DEADLINE, polling: 'raf' })
  await shown.page.evaluate(() => document.activeElement?.blur())

  const chat = await shown.page.locator('.chat').boundingBox()
  const height = Math.ceil(chat.y + chat.height + MARGIN)
  await shown.page.screenshot({ path: PICTURE, clip: { x: 0, y: 0, width: VIEWPORT.width, height } })
  const { size } = await stat(PICTURE)
  process.stdout.write(`${PICTURE}: ${VIEWPORT.width} × ${height} pixels, ${Math.ceil(size / 1024)} KiB\n`)
} finally {
  for (const end of ends) await end()
}

/** What the node says of itself at `/node.json`. */
async function nodeOf(program) {
  return (await fetch(new URL('/node.json', program.url))).json()
}

/** Runs in the page: whether the line of each peer shows `count` round trips. */
function pinged(count) {
  const rows = [...document.querySelectorAll('[data-testid="peer"]')]
  return rows.every((row) => row.querySelector('.spark-line')?.getAttribute('d').split('L').length >= count)
}

/** Runs in the page at each drawing: whether no node of the graph moved for `rest` milliseconds. */
function atRest(rest) {
  const nodes = [...document.querySelectorAll('[data-testid="network-node"]')]
  const places = nodes.map((node) => node.getAttribute('transform')).join()
  const seen = globalThis.placesSeen
  if (seen?.places !== places) globalThis.placesSeen = { places, since: performance.now() }
  return seen?.places === places && performance.now() - seen.since >= rest
}
