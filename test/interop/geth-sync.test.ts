// Whole chains between geth and us, in both directions, with every header, body and receipt verified.
import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  BlockImporter,
  type Chain,
  type ChainSpec,
  chainSpec,
  openChain,
  parseGenesis,
  readChainFile,
  type SyncEventMap,
} from '@ethspan/chain'
import { hexToBytes, type Logger, silentLogger } from '@ethspan/core'
import { EthService, type EthServiceOptions, type EthVersion } from '@ethspan/eth'
import { openExecution } from '@ethspan/execution'
import { Node } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { tcp } from '@ethspan/tcp'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Program } from '../browser/program.js'
import {
  type Geth,
  readHeadForkchoice,
  readTestGenesis,
  startGeth,
  TEST_CHAIN_BLOCKS,
  TEST_CHAIN_NETWORK_ID,
  testChainFolder,
} from './geth-node.js'

/** The only block of the chain whose receipts are more than a message holds: before eth/70 nobody can ask for them. */
const HEAVY_BLOCK = 14n
const HEAD = `0x${TEST_CHAIN_BLOCKS.toString(16)}`

async function testSpec(folder: string): Promise<ChainSpec> {
  return chainSpec(parseGenesis(await readTestGenesis(folder)), TEST_CHAIN_NETWORK_ID)
}

async function headHash(folder: string): Promise<Uint8Array> {
  const [state] = (await readHeadForkchoice(folder)) as [{ readonly headBlockHash: string }]
  return hexToBytes(state.headBlockHash.slice(2))
}

/** A node of ours on a free port of the loopback; it stops with the test. */
async function startNode(chain: Chain, options: Partial<EthServiceOptions> = {}, log: Logger = silentLogger) {
  const eth = new EthService({ chain, importer: new BlockImporter({ chain }), ...options })
  const node = new Node({
    name: 'ethspan-test',
    store: memoryStore(),
    p2p: { transports: [tcp({ listen: { port: 0 } })] },
    log,
  })
  node.register(eth)
  onTestFinished(() => node.stop())
  await node.start()
  return { node, eth }
}

async function emptyChain(folder: string): Promise<Chain> {
  const chain = await openChain({ store: memoryStore(), spec: await testSpec(folder) })
  onTestFinished(() => chain.close())
  return chain
}

async function fullChain(folder: string): Promise<Chain> {
  const chain = await emptyChain(folder)
  const importer = new BlockImporter({ chain })
  for await (const block of readChainFile(createReadStream(join(folder, 'chain.rlp')))) {
    if (block.header.number > 0n) await importer.importBlocks([block])
  }
  await chain.setHead(await headHash(folder))
  return chain
}

const done = (eth: EthService) =>
  new Promise<SyncEventMap[keyof SyncEventMap]>((resolve) => {
    eth.sync?.addEventListener('synced', resolve, { once: true })
    eth.sync?.addEventListener('syncfail', resolve, { once: true })
  })

/** Tells a node the head, has it connect to a geth, and waits until the chain is synced. Seconds. */
async function syncFrom(geth: Geth, { node, eth }: Awaited<ReturnType<typeof startNode>>, hash: Uint8Array) {
  const synced = done(eth)
  node.server.addPeer(geth.enode)
  await vi.waitUntil(() => eth.peers().length === 1, { timeout: 10_000, interval: 5 })
  const start = performance.now()
  eth.sync?.setTarget({ hash, source: 'engine' })
  const headers = new Promise<number>((resolve) => {
    const look = setInterval(() => {
      if (eth.sync?.progress()?.stage === 'headers') return
      clearInterval(look)
      resolve((performance.now() - start) / 1000)
    }, 5)
  })
  expect((await synced).type).toBe('synced')
  return { headers: await headers, all: (performance.now() - start) / 1000 }
}

/** Receipts in the chain, of all blocks; each block must have its own. */
async function countReceipts(chain: Chain): Promise<number> {
  let count = 0
  for (let number = 1n; number <= TEST_CHAIN_BLOCKS; number++) {
    const receipts = await chain.receipts((await chain.canonicalHash(number))!)
    if (receipts === undefined) throw new Error(`block ${number} has no receipts`)
    count += receipts.length
  }
  return count
}

const per = (count: number, seconds: number) => `${Math.round(count / seconds)}/s`

describe('from geth', () => {
  test.each([70, 71] as const)('the whole chain is synced over eth/%i', async (version: EthVersion) => {
    const folder = await testChainFolder()
    const geth = await startGeth(folder)
    const chain = await emptyChain(folder)
    const ours = await startNode(chain, { versions: [version] })
    const hash = await headHash(folder)
    const seconds = await syncFrom(geth, ours, hash)
    expect(chain.head()).toMatchObject({ hash, number: BigInt(TEST_CHAIN_BLOCKS) })
    const receipts = await countReceipts(chain)
    const heap = Math.round(process.memoryUsage().heapUsed / 2 ** 20)
    console.log(
      `eth/${version} from geth: headers ${per(TEST_CHAIN_BLOCKS, seconds.headers)}, blocks ${per(TEST_CHAIN_BLOCKS, seconds.all)}, ` +
        `receipts ${per(receipts, seconds.all)}, heap ${heap} MiB`,
    )
  })

  test('over eth/69 it is synced as far as its receipts can be asked for, and says what it waits for', async () => {
    const folder = await testChainFolder()
    const geth = await startGeth(folder)
    const chain = await emptyChain(folder)
    const { node, eth } = await startNode(chain, { versions: [69] })
    node.server.addPeer(geth.enode)
    eth.sync?.setTarget({ hash: await headHash(folder), source: 'engine' })
    await vi.waitUntil(() => chain.head().number === HEAVY_BLOCK - 1n, { timeout: 20_000 })
    await vi.waitUntil(() => eth.sync?.progress()?.waitingFor !== undefined, { timeout: 10_000 })
    expect(eth.sync?.progress()?.waitingFor).toBe(
      `a peer of eth/70 or later that has the receipts of block ${HEAVY_BLOCK}`,
    )
    expect(eth.peers(), 'the peer is not lost by asking for too much').toHaveLength(1)
  })

  test.each([69, 71] as const)('the whole chain is synced and executed over eth/%i', async (version: EthVersion) => {
    const folder = await testChainFolder()
    const geth = await startGeth(folder)
    const spec = await testSpec(folder)
    const chain = await openChain({ store: memoryStore(), spec })
    const executor = await openExecution({ store: memoryStore(), spec, chain })
    const importer = new BlockImporter({ chain, executor })
    const ours = await startNode(chain, { versions: [version], importer, executor })
    const hash = await headHash(folder)
    const seconds = await syncFrom(geth, ours, hash)
    // Each state root was found by execution, and so was each receipt.
    expect(await executor.hasState(chain.head().header)).toBe(true)
    await countReceipts(chain)
    console.log(`eth/${version} from geth, executed: blocks ${per(TEST_CHAIN_BLOCKS, seconds.all)}`)
  })

  test('over a process that is killed in the middle: the next one goes on, and nothing is lost', async () => {
    await promisify(execFile)(process.execPath, ['node_modules/typescript/bin/tsc', '-b', 'apps/gateway'])
    const folder = await testChainFolder()
    const geth = await startGeth(folder)
    const dataDir = await mkdtemp(join(tmpdir(), 'ethspan-sync-'))
    onTestFinished(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }))
    const checkpoint = `0x${Buffer.from(await headHash(folder)).toString('hex')}`
    const args = ['--genesis', join(folder, 'genesis.json'), '--networkid', String(TEST_CHAIN_NETWORK_ID)]
    args.push('--checkpoint', checkpoint, '--peers', geth.enode, '--http', '--http.port', '0', '--ipcdisable')
    const start = async () => {
      const program = await Program.start({ args, dataDir })
      onTestFinished(() => program.kill())
      const url = program.lines
        .map((line) => /JSON-RPC (http:\S+)/.exec(line)?.[1])
        .find((found) => found !== undefined)
      return { program, blockNumber: async () => Number(await rpc(url!, 'eth_blockNumber')) }
    }
    const first = await start()
    let acknowledged = 0
    while (acknowledged < 20) acknowledged = await first.blockNumber()
    await first.program.kill()
    expect(acknowledged, 'it was killed in the middle').toBeLessThan(TEST_CHAIN_BLOCKS)

    const second = await start()
    expect(await second.blockNumber()).toBeGreaterThanOrEqual(acknowledged)
    await vi.waitUntil(async () => (await second.blockNumber()) === TEST_CHAIN_BLOCKS, { timeout: 40_000 })
    console.log(`killed at block ${acknowledged}, and synced from there`)
  })
})

describe('to geth', () => {
  test('one that is empty syncs the whole chain from us', async () => {
    const folder = await testChainFolder()
    const geth = await startGeth(folder, { empty: true, http: true })
    const chain = await fullChain(folder)
    const { node, eth } = await startNode(chain)
    node.server.addPeer(geth.enode)
    // It asks the peers that it has when it is told.
    await geth.logged(/Ethereum peer connected/)
    const start = performance.now()
    await geth.engine('engine_forkchoiceUpdatedV4', ...(await readHeadForkchoice(folder)))
    await expect.poll(() => geth.rpc('eth_blockNumber'), { timeout: 30_000, interval: 10 }).toBe(HEAD)
    console.log(`geth from us: blocks ${per(TEST_CHAIN_BLOCKS, (performance.now() - start) / 1000)}`)
    expect(await geth.rpc('eth_getBlockByNumber', HEAD, false)).toMatchObject({
      hash: `0x${Buffer.from(await headHash(folder)).toString('hex')}`,
    })
    expect(eth.peers()).toHaveLength(1)
  })
})

async function rpc(url: string, method: string, ...params: readonly unknown[]): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  return ((await response.json()) as { readonly result: unknown }).result
}
