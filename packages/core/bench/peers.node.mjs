// What one peer carries and what a connection costs: `npm run build && node --expose-gc packages/core/bench/peers.node.mjs
// [milliseconds per figure] [memory|tcp] [size in bytes]`. Over TCP the two nodes are two processes on loopback; over the
// memory transport both share one process and one core. Payloads are random bytes, so snappy finds nothing to compress.
// The machine's noise is larger than most differences: compare within one run.
import { fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { generatePrivateKey, Server } from '@ethspan/core'
import { MemoryNetwork } from '@ethspan/core/testing'
import { tcp } from '@ethspan/tcp'

const SIZES = [64, 1024, 16 * 1024, 64 * 1024, 1024 * 1024]
const IDLE_CONNECTIONS = 200
const ROUND_TRIPS = 3000
const Code = { Data: 0, Ask: 1, Answer: 2, Done: 3 }

/** Answers what asks for an answer and reads the rest. */
const sink = {
  name: 'bench',
  version: 1,
  length: 4,
  async run(_peer, rw) {
    for await (const { code, payload } of rw) if (code === Code.Ask) await rw.write(Code.Answer, payload)
  },
}

/** Hands its end of the connection to whoever measures. */
function driver() {
  let hand
  const rw = new Promise((resolve) => {
    hand = resolve
  })
  const protocol = {
    ...sink,
    async run(peer, rw) {
      hand(rw)
      await new Promise((resolve) => peer.signal.addEventListener('abort', resolve))
    },
  }
  return { protocol, rw }
}

const node = (transport, protocol, maxPeers = 2 * IDLE_CONNECTIONS) =>
  new Server({
    privateKey: generatePrivateKey(),
    name: 'bench',
    protocols: [protocol],
    transports: [transport],
    maxPeers,
    maxPendingInbound: maxPeers,
    dialRatio: 100,
  })

/** Messages a second with so many bytes each, one way: from the first write until the other side says it has read all. */
async function oneWay(rw, size, budget) {
  const payload = new Uint8Array(randomBytes(size))
  const send = async (messages) => {
    const start = performance.now()
    for (let i = 0; i < messages; i++) await rw.write(Code.Data, payload)
    await rw.write(Code.Ask, new Uint8Array(1))
    await rw.read()
    return performance.now() - start
  }
  let messages = Math.max(4, Math.ceil(65_536 / size))
  let ms = await send(messages)
  while (ms < budget / 4) {
    messages *= 2
    ms = await send(messages)
  }
  const rounds = []
  for (let i = 0; i < 4; i++) rounds.push(await send(messages))
  return messages / (Math.min(...rounds) / 1000)
}

async function roundTrips(rw) {
  const payload = new Uint8Array(randomBytes(64))
  const times = []
  for (let i = 0; i < ROUND_TRIPS * 1.5; i++) {
    const start = performance.now()
    await rw.write(Code.Ask, payload)
    await rw.read()
    if (i >= ROUND_TRIPS / 2) times.push((performance.now() - start) * 1000)
  }
  times.sort((a, b) => a - b)
  const at = (share) => Math.round(times[Math.floor(times.length * share)])
  return `64 B round trip: p50 ${at(0.5)} µs, p99 ${at(0.99)} µs`
}

async function traffic(name, rw, budget, sizes) {
  for (const size of sizes) {
    const rate = await oneWay(rw, size, budget)
    const label = size < 1024 ? `${size} B` : `${size / 1024} KiB`
    console.log(`${name}\t${label}\t${Math.round(rate)} messages/s\t${((rate * size) / 1e6).toFixed(1)} MB/s`)
  }
  console.log(`${name}\t${await roundTrips(rw)}`)
}

/** A node that dials `target`, once it is connected. */
async function connect(transport, target) {
  const { protocol, rw } = driver()
  const server = node(transport, protocol, 3)
  server.addEventListener('handshakefail', ({ error }) => console.log(error.message))
  await server.start()
  server.addPeer(target)
  return { server, rw: await rw }
}

async function overMemory(budget, sizes) {
  const network = new MemoryNetwork()
  const listener = node(network.transport({ address: '127.0.0.1:1' }), sink)
  await listener.start()
  const { server, rw } = await connect(network.transport(), listener.self)
  await traffic('memory', rw, budget, sizes)
  await server.stop()
  await listener.stop()
}

async function overTcp(budget, sizes) {
  const child = fork(import.meta.filename, ['listen'], { execArgv: ['--expose-gc'] })
  const reply = () => new Promise((resolve) => child.once('message', resolve))
  const ask = (question) => {
    const answer = reply()
    child.send(question)
    return answer
  }
  const target = (await reply()).enode
  const first = await connect(tcp(), target)
  await traffic('tcp', first.rw, budget, sizes)
  if (sizes.length > 1) await connections(target, ask)
  await first.server.stop()
  child.disconnect()
}

async function connections(target, ask) {
  const before = await ask('usage')
  const cpu = process.cpuUsage()
  const start = performance.now()
  const open = []
  for (let i = 0; i < IDLE_CONNECTIONS; i++) open.push(await connect(tcp(), target))
  const seconds = (performance.now() - start) / 1000
  const used = process.cpuUsage(cpu)
  const after = await ask('usage')
  const each = (value) => (value / IDLE_CONNECTIONS).toFixed(1)
  console.log(`tcp\t${Math.round(IDLE_CONNECTIONS / seconds)} new connections/s, one after the other`)
  console.log(
    `tcp\tCPU ms a connection: ${each((used.user + used.system) / 1000)} dialer (with a server of its own), ` +
      `${each(after.cpu - before.cpu)} listener`,
  )
  console.log(`tcp\theap KiB an idle connection, listener: ${each((after.heap - before.heap) / 1024)}`)
  await Promise.all(open.map(({ server }) => server.stop()))
}

async function listen() {
  const server = node(tcp({ listen: { port: 0 } }), sink)
  await server.start()
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    globalThis.gc?.()
    process.send({ cpu: (user + system) / 1000, heap: process.memoryUsage().heapUsed })
  })
  process.on('disconnect', () => server.stop())
  process.send({ enode: server.self.toString() })
}

const [first = '1000', only, size] = process.argv.slice(2)
if (first === 'listen') await listen()
else {
  const sizes = size === undefined ? SIZES : [Number(size)]
  if (only !== 'tcp') await overMemory(Number(first), sizes)
  if (only !== 'memory') await overTcp(Number(first), sizes)
}
