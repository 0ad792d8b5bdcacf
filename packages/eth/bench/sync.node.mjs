// How fast a chain is synced, everything checked, nothing executed: `npm run build && node packages/eth/bench/sync.node.mjs
// [blocks] [folder] [node|chromium]`. One process serves a chain from memory over TCP and WebSocket; a process, or a page in
// Chromium, that has the genesis block alone syncs it, once with a store in memory and once with LevelDB or IndexedDB. The chain
// is made here, ten signed transactions in each of 2,000 blocks; or the folder has one in geth's form, genesis.json and chain.rlp,
// such as cmd/devp2p/internal/ethtest/testdata of its sources. Rates of CPU time, the follower's own, say more than those of
// elapsed time where others use the machine.
import { fork } from 'node:child_process'
import { createReadStream, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { BlockImporter, openChain, readChainFile } from '@ethspan/chain'
import { testBlocks } from '@ethspan/chain/testing'
import { bytesToHex } from '@ethspan/core'
import { EthService } from '@ethspan/eth'
import { Node } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { tcp } from '@ethspan/tcp'
import { webSocketListener } from '@ethspan/websocket/listener'
import { follow, specOf } from './follower.mjs'

const SELF = fileURLToPath(import.meta.url)
const TRANSACTIONS = 10
const ROUNDS = 2
const MIB = 2 ** 20

const genesisOf = (folder) =>
  folder === undefined ? undefined : JSON.parse(readFileSync(path.join(folder, 'genesis.json'), 'utf8'))

async function blocksOf(spec, count, folder) {
  if (folder === undefined) return testBlocks({ spec, count, transactions: TRANSACTIONS })
  // A file has no receipts: executing makes them.
  const { openExecution } = await import('@ethspan/execution')
  const chain = await openChain({ store: memoryStore(), spec })
  const executor = await openExecution({ store: memoryStore(), spec, chain })
  const blocks = []
  for await (const block of readChainFile(createReadStream(path.join(folder, 'chain.rlp')))) blocks.push(block)
  await new BlockImporter({ chain, executor }).importBlocks(blocks)
  return Promise.all(blocks.map(async (block) => ({ ...block, receipts: await chain.receipts(block.hash) })))
}

/** The process that serves. It says where it is and what it has, and serves the page as well. */
async function serve(count, folder) {
  const spec = await specOf(genesisOf(folder))
  const blocks = await blocksOf(spec, count, folder)
  const chain = await openChain({ store: memoryStore(), spec })
  await chain.putBlocks(blocks)
  await chain.setHead(blocks.at(-1).hash)
  let script = ''
  const web = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : '<!doctype html><script type="module" src="page.js"></script>')
  })
  await new Promise((resolve) => web.listen(0, '127.0.0.1', resolve))
  const node = new Node({
    name: 'bench',
    store: memoryStore(),
    p2p: { transports: [tcp({ listen: { port: 0 } }), webSocketListener({ server: web })] },
  })
  node.register(new EthService({ chain, importer: new BlockImporter({ chain }) }))
  await node.start()
  const { port } = web.address()
  const { self } = node.server
  process.on('message', (text) => {
    script = text
    process.send('ready')
  })
  process.send({
    tcp: self.toString(),
    ws: `enode+ws://${bytesToHex(self.publicKey)}@127.0.0.1:${port}/p2p`,
    page: `http://127.0.0.1:${port}/`,
    hash: bytesToHex(blocks.at(-1).hash),
    blocks: blocks.length,
    transactions: blocks.reduce((sum, { body }) => sum + body.transactions.length, 0),
    bytes: blocks.reduce((sum, { header, body, receipts }) => {
      return sum + header.raw.length + body.raw.length + receipts.reduce((all, { length }) => all + length, 0)
    }, 0),
  })
}

/** A process that syncs once. */
async function followOnce(task) {
  const { levelStore } = await import('@ethspan/node/data-dir')
  const folder = await mkdtemp(path.join(tmpdir(), 'ethspan-bench-'))
  const store = task.kept === 'memory' ? memoryStore() : levelStore(path.join(folder, 'chain'))
  globalThis.gc?.()
  const before = process.memoryUsage()
  const cpu = process.cpuUsage()
  const { close, ...figures } = await follow({ ...task, genesis: genesisOf(task.folder), store, transport: tcp() })
  const { user, system } = process.cpuUsage(cpu)
  globalThis.gc?.()
  const after = process.memoryUsage()
  const heap = ({ heapUsed, arrayBuffers }) => (heapUsed + arrayBuffers) / MIB
  process.send({
    ...figures,
    cpu: (user + system) / 1000,
    heap: [heap(before), heap(after)],
    resident: [before.rss / MIB, after.rss / MIB],
    peak: process.resourceUsage().maxRSS / 1024,
  })
  await close()
  await rm(folder, { recursive: true, force: true })
  process.disconnect()
}

const child = (args) => fork(SELF, args, { execArgv: ['--expose-gc'] })
const message = (from) =>
  new Promise((resolve, reject) => {
    from.once('message', resolve)
    from.once('exit', (code) => reject(new Error(`a process of the benchmark ended with ${code}`)))
  })

const fixed = (list) => list.map((value) => value.toFixed(0)).join(' → ')
function report(name, { blocks, transactions }, { version, headers, all, cpu, heap, resident, peak, head }) {
  if (head !== blocks) throw new Error(`${name}: the head is block ${head}`)
  const rates = (ms) =>
    `${((blocks / ms) * 1000).toFixed(0)} blocks/s, ${((transactions / ms) * 1000).toFixed(0)} receipts/s`
  console.log(
    `${name} (eth/${version}): ${((blocks / headers) * 1000).toFixed(0)} headers/s; all ${rates(all)}, ` +
      `of CPU time ${rates(cpu)}; heap ${fixed(heap)} MiB, resident ${fixed(resident)} MiB, at most ${peak.toFixed(0)}`,
  )
}

async function inNode(source, folder) {
  for (const kept of ['memory', 'leveldb']) {
    for (let round = 0; round < ROUNDS; round++) {
      const task = { enode: source.tcp, hash: source.hash, folder, kept }
      const process = child(['follow', JSON.stringify(task)])
      report(`Node, ${kept}`, source, await message(process))
    }
  }
}

/** Of a process of Chromium: what it takes of memory now, what at most, in MiB. Linux alone tells. */
async function residentOf(pid) {
  const text = await readFile(`/proc/${pid}/status`, 'utf8')
  const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024
  return { now: field('VmRSS'), peak: field('VmHWM') }
}

async function inChromium(source, folder, deliver) {
  const { build, runnerImport } = await import('vite')
  const { output } = await build({
    configFile: false,
    logLevel: 'error',
    // The packages as they are built, so that they are what Node runs.
    build: {
      write: false,
      minify: false,
      rolldownOptions: { input: fileURLToPath(new URL('page.mjs', import.meta.url)), output: { codeSplitting: false } },
    },
  })
  await deliver(output[0].code)
  const { launchChromium } = (
    await runnerImport(fileURLToPath(new URL('../../../test/browser/chromium.ts', import.meta.url)))
  ).module
  for (const kept of ['memory', 'indexeddb']) {
    for (let round = 0; round < ROUNDS; round++) {
      // A browser of its own, so that processes are told apart.
      const browser = await launchChromium()
      const page = await browser.newPage()
      page.on('pageerror', (error) => console.error(error))
      await page.goto(source.page)
      await page.waitForFunction(() => 'followFromPage' in globalThis)
      const system = await browser.newBrowserCDPSession()
      const session = await page.context().newCDPSession(page)
      const look = async () => {
        await session.send('HeapProfiler.collectGarbage')
        const { usedSize, backingStorageSize = 0 } = await session.send('Runtime.getHeapUsage')
        const { processInfo } = await system.send('SystemInfo.getProcessInfo')
        const renderers = processInfo.filter(({ type }) => type === 'renderer').sort((a, b) => b.cpuTime - a.cpuTime)
        const { id, cpuTime } = renderers[0]
        return { heap: (usedSize + backingStorageSize) / MIB, cpu: cpuTime * 1000, ...(await residentOf(id)) }
      }
      const before = await look()
      const figures = await page.evaluate((task) => globalThis.followFromPage(task), {
        genesis: genesisOf(folder),
        enode: source.ws,
        hash: source.hash,
        kept,
      })
      const after = await look()
      report(`Chromium, ${kept}`, source, {
        ...figures,
        cpu: after.cpu - before.cpu,
        heap: [before.heap, after.heap],
        resident: [before.now, after.now],
        peak: after.peak,
      })
      await page.evaluate(() => globalThis.endFollower())
      await browser.close()
    }
  }
}

const [first = '2000', second, only] = process.argv.slice(2)
if (first === 'serve') await serve(Number(second), only)
else if (first === 'follow') await followOnce(JSON.parse(second))
else {
  const folder = second || undefined
  const server = child(['serve', first, ...(folder === undefined ? [] : [folder])])
  const source = await message(server)
  const { blocks, transactions, bytes } = source
  console.log(`${blocks} blocks, ${transactions} transactions, ${(bytes / MIB).toFixed(1)} MiB`)
  if (only !== 'chromium') await inNode(source, folder)
  const deliver = async (script) => {
    server.send(script)
    await message(server)
  }
  if (only !== 'node') await inChromium(source, folder, deliver)
  server.kill()
}
