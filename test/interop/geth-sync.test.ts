// Whole chains between geth and us, in both directions, with every header, body and receipt verified.
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
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
import { Node } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { tcp } from '@ethspan/tcp'
import { describe, expect, onTestFinished, test } from 'vitest'
import {
  readHeadForkchoice,
  readTestGenesis,
  startGeth,
  TEST_CHAIN_BLOCKS,
  TEST_CHAIN_NETWORK_ID,
  testChainFolder,
} from './geth-node.js'

/** The only block whose receipts are more than a message before eth/70 takes. */
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

describe.each([70, 71] as const)('from geth over eth/%i', (version: EthVersion) => {
  test('the whole chain is synced', async () => {
    const folder = await testChainFolder()
    const geth = await startGeth(folder)
    const chain = await emptyChain(folder)
    const { node, eth } = await startNode(chain, { versions: [version] })
    const hash = await headHash(folder)
    const synced = done(eth)
    const start = performance.now()
    eth.sync?.setTarget({ hash, source: 'engine' })
    node.server.addPeer(geth.enode)
    expect((await synced).type).toBe('synced')
    const seconds = (performance.now() - start) / 1000
    expect(chain.head()).toMatchObject({ hash, number: BigInt(TEST_CHAIN_BLOCKS) })
    let receipts = 0
    for (let number = 1n; number <= TEST_CHAIN_BLOCKS; number++) {
      const ofBlock = await chain.receipts((await chain.canonicalHash(number))!)
      expect(ofBlock, `receipts of block ${number}`).toBeDefined()
      receipts += ofBlock!.length
    }
    console.log(`eth/${version} from geth: ${(TEST_CHAIN_BLOCKS / seconds).toFixed(0)} blocks/s, ${receipts} receipts`)
  })
})

test('a geth that is empty syncs the whole chain from us', async () => {
  const folder = await testChainFolder()
  const geth = await startGeth(folder, { empty: true, http: true })
  const chain = await fullChain(folder)
  const { node } = await startNode(chain)
  node.server.addPeer(geth.enode)
  await geth.logged(/Ethereum peer connected/)
  const start = performance.now()
  await geth.engine('engine_forkchoiceUpdatedV4', ...(await readHeadForkchoice(folder)))
  await expect.poll(() => geth.rpc('eth_blockNumber'), { timeout: 30_000, interval: 20 }).toBe(HEAD)
  const seconds = (performance.now() - start) / 1000
  console.log(`geth from us: ${(TEST_CHAIN_BLOCKS / seconds).toFixed(0)} blocks/s`)
})
