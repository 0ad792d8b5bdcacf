// Real geth reports to our stats server: `geth --ethstats name:secret@host:port`.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { NodeView } from '@ethspan/ethstats/feed'
import { StatsServer } from '@ethspan/ethstats/server'
import { expect, onTestFinished, test, vi } from 'vitest'
import {
  readHeadForkchoice,
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
  await vi.waitFor(async () => expect(await empty.rpc('net_peerCount')).toBe('0x1'), 10_000)
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
