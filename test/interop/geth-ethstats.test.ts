// Real geth reports to our stats server, `geth --ethstats name:secret@host:port`; and our reporter says what geth's says.
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Block, BlockImporter, chainKey, chainSpec, openChain, parseGenesis, readChainFile } from '@ethspan/chain'
import { EthStats } from '@ethspan/ethstats'
import type { NodeView } from '@ethspan/ethstats/feed'
import { StatsServer } from '@ethspan/ethstats/server'
import { Node } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { expect, onTestFinished, test, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import {
  readHeadForkchoice,
  readTestGenesis,
  startGeth,
  TEST_CHAIN_BLOCKS,
  TEST_CHAIN_NETWORK_ID,
  testChainFolder,
} from './geth-node.js'

const SECRET = 'interop secret'

async function startStats() {
  const stats = new StatsServer({ secrets: [SECRET] })
  const http = createServer()
  stats.attach(http)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(async () => {
    stats.close()
    await new Promise((resolve) => http.close(resolve))
  })
  return { stats, host: `127.0.0.1:${(http.address() as AddressInfo).port}` }
}

/** The node once it has told all that is asked. */
const shown = (stats: StatsServer, id: string, isWhole: (node: NodeView) => boolean): Promise<NodeView> =>
  vi.waitFor(
    () => {
      const node = stats.snapshot().nodes.find((view) => view.id === id)
      if (node === undefined || !isWhole(node)) throw new Error(`not shown yet: ${JSON.stringify(node)}`)
      return node
    },
    { timeout: 20_000, interval: 50 },
  )

test('geth appears with its head, figures and history, and is offline once it stops', async () => {
  const { stats, host } = await startStats()
  // No scheme: geth tries TLS first, which this port does not speak.
  const geth = await startGeth(await testChainFolder(), { ethstats: `geth one:${SECRET}@${host}`, http: true })
  const node = await shown(
    stats,
    'geth one',
    ({ gasPrice, latency }) => gasPrice !== undefined && latency !== undefined,
  )
  const head = await geth.rpc<{ hash: string; timestamp: string }>('eth_getBlockByNumber', 'latest', false)
  expect(node).toMatchObject({
    client: expect.stringMatching(/^Geth\/v1\.17\.8/),
    os: 'linux',
    osVersion: expect.stringMatching(/^(amd64|arm64)$/),
    network: String(TEST_CHAIN_NETWORK_ID),
    state: 'online',
    peers: 0,
    pending: 0,
    block: { number: TEST_CHAIN_BLOCKS, hash: head.hash },
  })
  expect(node.latency).toBeLessThan(1_000)

  const blocks = await vi.waitFor(() => {
    const { blocks } = stats.snapshot()
    if (blocks.length < 40) throw new Error(`${blocks.length} blocks of 40`)
    return blocks
  }, 10_000)
  expect(blocks.map(({ number }) => number)).toEqual(Array.from({ length: 40 }, (_, i) => TEST_CHAIN_BLOCKS - 39 + i))
  for (const { number, hash, transactions, gasUsed, time } of [blocks[1]!, blocks[39]!]) {
    const block = await geth.rpc<{ hash: string; transactions: string[]; gasUsed: string }>(
      'eth_getBlockByNumber',
      `0x${number.toString(16)}`,
      false,
    )
    expect([hash, transactions, gasUsed]).toEqual([block.hash, block.transactions.length, Number(block.gasUsed)])
    expect(time).toBe(10)
  }

  await geth.stop()
  await shown(stats, 'geth one', ({ state }) => state === 'offline')
})

test('geth reports each new head while it follows the chain, and is not cut off for it', async () => {
  const { stats, host } = await startStats()
  const folder = await testChainFolder()
  const full = await startGeth(folder, { ethstats: `full:${SECRET}@ws://${host}` })
  const empty = await startGeth(folder, { empty: true, http: true, ethstats: `empty:${SECRET}@ws://${host}` })
  const { block: genesis, since } = await shown(stats, 'empty', ({ gasPrice }) => gasPrice !== undefined)
  expect(genesis?.number).toBe(0)
  await shown(stats, 'full', ({ block }) => block?.number === TEST_CHAIN_BLOCKS)

  await empty.rpc('admin_addPeer', full.enode)
  // A peer by RLPx is none for the sync yet, and geth asks only those it has when the call comes.
  await empty.logged(/Ethereum peer connected/)
  await empty.engine('engine_forkchoiceUpdatedV4', ...(await readHeadForkchoice(folder)))
  const node = await shown(stats, 'empty', ({ block }) => block?.number === TEST_CHAIN_BLOCKS)
  expect(node).toMatchObject({ state: 'online', since })
  expect(stats.snapshot().blocks.at(-1)?.hash).toBe(node.block?.hash)
})

test('geth with a wrong secret is refused, and logs that it is unauthorized', async () => {
  const { stats, host } = await startStats()
  const geth = await startGeth(await testChainFolder(), { ethstats: `stranger:wrong@ws://${host}` })
  await geth.logged(/Stats login failed\s+err=unauthorized/)
  expect(stats.snapshot().nodes).toEqual([])
})

/** An ethstats server that takes anybody and keeps what each says first of each kind; it asks for these blocks of history. */
async function startListener(list: readonly number[]) {
  const http = createServer()
  const sockets = new WebSocketServer({ server: http })
  const said = new Map<string, Map<string, unknown>>()
  sockets.on('connection', (ws) => {
    const messages = new Map<string, unknown>()
    ws.on('message', (data) => {
      const [command, payload] = (JSON.parse(data.toString()) as { emit: [string, { id: string }] }).emit
      said.set(payload.id, messages)
      if (!messages.has(command)) messages.set(command, payload)
      if (command === 'hello') ws.send('{"emit":["ready"]}')
      if (command === 'node-ping') ws.send('{"emit":["node-pong",{}]}')
      if (command === 'stats') ws.send(JSON.stringify({ emit: ['history', { list }] }))
    })
  })
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(async () => {
    for (const client of sockets.clients) client.terminate()
    await new Promise((resolve) => http.close(resolve))
  })
  /** What a node said, once it told its history. */
  const all = (id: string): Promise<Record<string, unknown>> =>
    vi.waitFor(() => {
      const messages = said.get(id)
      if (messages?.has('history') !== true) throw new Error(`${id} told ${[...(messages?.keys() ?? [])]}`)
      return Object.fromEntries(messages)
    }, 20_000)
  return { host: `127.0.0.1:${(http.address() as AddressInfo).port}`, all }
}

test('a node of ours with the same chain says what geth says, block for block', async () => {
  const list = [1, 2, 30, 31, 599, 600]
  const { host, all } = await startListener(list)
  const folder = await testChainFolder()
  await startGeth(folder, { ethstats: `geth:${SECRET}@ws://${host}` })

  const spec = await chainSpec(parseGenesis(await readTestGenesis(folder)), TEST_CHAIN_NETWORK_ID)
  const chain = await openChain({ store: memoryStore(), spec })
  const blocks: Block[] = []
  for await (const block of readChainFile(createReadStream(join(folder, 'chain.rlp')))) blocks.push(block)
  await new BlockImporter({ chain }).importBlocks(blocks)
  await chain.setHead(blocks.at(-1)!.hash)
  const node = new Node({ name: 'ours', store: memoryStore(), p2p: { transports: [] } })
  node.register({ name: 'chain', start: (context) => context.offer(chainKey, chain) })
  node.register(new EthStats({ url: `ours:${SECRET}@ws://${host}`, suggestTip: async () => 1_000_000n }))
  onTestFinished(async () => {
    await node.stop()
    await chain.close()
  })
  await node.start()

  const [geths, ours] = [await all('geth'), await all('ours')]
  expect(Object.keys(ours)).toEqual(Object.keys(geths))
  const named = (payload: unknown, id: string) => ({ ...(payload as object), id })
  expect(named(ours.block, 'geth')).toEqual(geths.block)
  expect(named(ours.history, 'geth')).toEqual(geths.history)
  expect((geths.history as { history: { number: number }[] }).history.map(({ number }) => number)).toEqual(
    [...list].reverse(),
  )
  expect(named(ours.stats, 'geth')).toEqual(geths.stats)
  expect(named(ours.pending, 'geth')).toEqual(geths.pending)
  // What differs is whose it is, how far away, and when.
  const kinds = (payload: unknown): unknown =>
    JSON.parse(JSON.stringify(payload, (_, value) => (typeof value === 'object' ? value : typeof value)))
  for (const command of ['hello', 'node-ping', 'latency']) {
    expect(kinds(ours[command]), command).toEqual(kinds(geths[command]))
  }
})
