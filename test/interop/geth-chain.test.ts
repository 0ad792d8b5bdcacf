// The chain's rules against geth's own chain: 600 blocks with every kind of transaction, forks up to Amsterdam.
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import {
  type Block,
  bodyFault,
  type ChainSpec,
  chainCommon,
  chainSpec,
  parseGenesis,
  readChainFile,
  receiptsFault,
  verifyBody,
  verifyHeader,
} from '@ethspan/chain'
import { bytesToHex, deferred } from '@ethspan/core'
import { type EthChain, type EthPeer, ethProtocols } from '@ethspan/eth'
import { expect, test } from 'vitest'
import { allReceipts, dial } from './eth-fetch.js'
import { readTestGenesis, startGeth, TEST_CHAIN_BLOCKS, testChainFolder } from './geth-node.js'

async function testChain(folder: string): Promise<{ spec: ChainSpec; blocks: Block[] }> {
  const spec = await chainSpec(parseGenesis(await readTestGenesis(folder)))
  const blocks: Block[] = []
  for await (const block of readChainFile(createReadStream(join(folder, 'chain.rlp')))) blocks.push(block)
  return { spec, blocks }
}

/** A chain of which there is nothing but the genesis block. */
const genesisOnly = ({ networkId, forks, genesis }: ChainSpec): EthChain => ({
  networkId,
  forks,
  head: () => ({ number: 0n, time: genesis.header.time, hash: genesis.hash }),
  earliest: () => 0n,
  header: () => undefined,
  body: () => undefined,
  receipts: () => undefined,
})

/** Work and how it went: so many of something a second, and the longest time in which nobody else could run. */
async function timed(what: string, count: number, work: () => Promise<void>): Promise<void> {
  let [last, stall] = [performance.now(), 0]
  const look = () => {
    const now = performance.now()
    stall = Math.max(stall, now - last)
    last = now
  }
  const watch = setInterval(look, 1)
  const start = performance.now()
  await work()
  const ms = performance.now() - start
  look()
  clearInterval(watch)
  const rate = ((count / ms) * 1000).toFixed(0)
  console.log(`${count} ${what}: ${ms.toFixed(0)} ms, ${rate} a second, no turn longer than ${stall.toFixed(0)} ms`)
}

test('the genesis block is the one that block 1 stands on', async () => {
  const { spec, blocks } = await testChain(await testChainFolder())
  expect(bytesToHex(spec.genesis.hash)).toBe(bytesToHex(blocks[0]!.header.parentHash))
  expect(blocks).toHaveLength(TEST_CHAIN_BLOCKS)
})

test('every header, body and receipt of the chain keeps to the rules', async () => {
  const folder = await testChainFolder()
  const { spec, blocks } = await testChain(folder)
  const { config } = spec
  const common = chainCommon(config)
  const transactions = blocks.reduce((sum, { body }) => sum + body.transactions.length, 0)

  await timed('headers', blocks.length, async () => {
    for (const [i, { header }] of blocks.entries()) verifyHeader(header, (blocks[i - 1] ?? spec.genesis).header, config)
  })
  await timed('bodies against their headers', blocks.length, async () => {
    for (const { header, body } of blocks)
      expect(await bodyFault(header, body), `block ${header.number}`).toBeUndefined()
  })
  await timed('transactions and their signatures', transactions, async () => {
    for (const { header, body } of blocks) await verifyBody(header, body, common)
  })

  const geth = await startGeth(folder)
  const connected = deferred<EthPeer>()
  const protocols = ethProtocols({
    chain: genesisOnly(spec),
    versions: [70],
    handlers: { connected: connected.resolve },
  })
  await dial(geth.enode, protocols)
  const hashes = blocks.map(({ hash }) => hash)
  const receipts = await allReceipts(await connected.promise, hashes)
  const bytes = receipts.flat().reduce((sum, { logs }) => sum + logs.length, 0)
  await timed(`lists of receipts with ${bytes} bytes of logs`, receipts.length, async () => {
    for (const [i, { header }] of blocks.entries()) {
      expect(await receiptsFault(header, receipts[i]!), `block ${header.number}`).toBeUndefined()
    }
  })
})

test('a block of one place is not taken for that of another', async () => {
  const { spec, blocks } = await testChain(await testChainFolder())
  const full = blocks.filter(({ body }) => body.transactions.length > 0)
  for (const [i, { header }] of full.entries()) {
    const other = full[(i + 2) % full.length]!
    expect(await bodyFault(header, other.body)).toBe('the transactions are not those of the header')
    expect(() => verifyHeader(other.header, header, spec.config)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_BLOCK' }),
    )
  }
})
