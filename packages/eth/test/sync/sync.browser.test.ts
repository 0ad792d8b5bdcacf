// What a tab does: a chain synced over encrypted connections into IndexedDB, and peers that lie found out by the roots that
// the tab computes itself.
import {
  BlockImporter,
  type Chain,
  decodeBody,
  decodeHeader,
  decodeReceipt69,
  encodeBody,
  encodeHeader,
  encodeReceipt69,
  openChain,
} from '@ethspan/chain'
import { memoryChain, type TestBlock, testBlocks, testSpec } from '@ethspan/chain/testing'
import { DiscReason } from '@ethspan/core'
import { MemoryNetwork } from '@ethspan/core/testing'
import { Node, type Service } from '@ethspan/node'
import { browserStore } from '@ethspan/node/browser-store'
import { memoryStore } from '@ethspan/node/memory'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { EthService, type EthServing, ethProtocols, serving } from '../../src/index.js'

const COUNT = 60
/** The block that is lied about, counted from 0. */
const LIE = 40

const spec = testSpec({ fork: 'amsterdam' })
let blocks: TestBlock[]
let chain: Chain
beforeAll(async () => {
  blocks = await testBlocks({ spec, count: COUNT, transactions: 3 })
  chain = await memoryChain({ spec, blocks })
})

/** Lays over what an honest node answers what this one does instead. */
type Lie = (honest: EthServing) => Partial<EthServing>

/** A node that serves the chain, and may lie about it. */
async function source(network: MemoryNetwork, address: string, lie: Lie = () => ({})): Promise<Node> {
  const honest = serving(chain)
  const protocols = ethProtocols({ chain, serving: { ...honest, ...lie(honest) } })
  return started(network.transport({ address }), { name: 'eth', protocols })
}

async function started(transport: ReturnType<MemoryNetwork['transport']>, service: Service): Promise<Node> {
  const node = new Node({ name: 'test', store: memoryStore(), p2p: { transports: [transport] } })
  node.register(service)
  await node.start()
  onTestFinished(() => node.stop())
  return node
}

/** A node that has the genesis block alone, in IndexedDB, and is told the head. */
async function tab(network: MemoryNetwork) {
  const name = `ethspan-sync-${Math.random().toString(36).slice(2)}`
  onTestFinished(() => void indexedDB.deleteDatabase(name))
  const open = async () => {
    const opened = await openChain({ store: browserStore(name), spec })
    onTestFinished(() => opened.close())
    return opened
  }
  const own = await open()
  const eth = new EthService({ chain: own, importer: new BlockImporter({ chain: own }) })
  const { server } = await started(network.transport(), eth)
  const { sync } = eth
  if (sync === undefined) throw new Error('the service has not started')
  const outcome = new Promise<string>((resolve) => {
    sync.addEventListener('synced', ({ type }) => resolve(type), { once: true })
    sync.addEventListener('syncfail', ({ error }) => resolve(error.message), { once: true })
  })
  sync.setTarget({ hash: blocks.at(-1)!.hash, source: 'engine' })
  return { chain: own, server, outcome, open }
}

/** All blocks are there, each with its own body and receipts. */
async function expectWhole(own: Chain): Promise<void> {
  expect(own.head()).toMatchObject({ number: BigInt(COUNT), hash: blocks.at(-1)!.hash })
  for (const { hash, body, receipts } of blocks) {
    expect(await own.body(hash)).toEqual(body.raw)
    expect(await own.receipts(hash)).toEqual(receipts)
  }
}

test('a tab syncs a chain, and has it when it is opened again', async () => {
  const network = new MemoryNetwork()
  const peer = await source(network, '127.0.0.1:1')
  const ours = await tab(network)
  ours.server.addPeer(peer.server.self)
  expect(await ours.outcome).toBe('synced')
  await expectWhole(ours.chain)
  await ours.server.stop()
  await ours.chain.close()
  await expectWhole(await ours.open())
})

/** Answers with one item changed. */
const changed = <T>(items: readonly T[], at: number, change: (item: T) => T): T[] =>
  items.map((item, i) => (i === at ? change(item) : item))

const isLie = (hash: Uint8Array) => hash.join() === blocks[LIE]!.hash.join()

/** Lies in the body of one block, whenever that is asked for. */
const inBody =
  (change: (raw: Uint8Array) => Uint8Array): Lie =>
  (honest) => ({
    blockBodies: async (hashes) => changed(await honest.blockBodies(hashes), hashes.findIndex(isLie), change),
  })

/** Lies in the first receipt of one block. */
const inReceipt =
  (change: (raw: Uint8Array) => Uint8Array): Lie =>
  (honest) => ({
    receipts: async (version, hashes, first) => {
      const answer = await honest.receipts(version, hashes, first)
      const at = hashes.findIndex(isLie)
      return { ...answer, blocks: changed(answer.blocks, at, (block) => changed(block, 0, change)) }
    },
  })

const lies: Record<string, { readonly lie: Lie; readonly found: RegExp }> = {
  'a header': {
    lie: (honest) => ({
      blockHeaders: async (query) =>
        changed(await honest.blockHeaders(query), 3, (raw) => {
          const header = decodeHeader(raw)
          return encodeHeader({ ...header, gasUsed: header.gasUsed + 1n })
        }),
    }),
    found: /sent headers that are not linked/,
  },
  'a transaction': {
    lie: inBody((raw) => {
      const body = decodeBody(raw)
      return encodeBody({ ...body, transactions: [blocks[0]!.body.transactions[0]!, ...body.transactions.slice(1)] })
    }),
    found: /sent a wrong body: .*transactions/,
  },
  'a withdrawal': {
    lie: inBody((raw) => {
      const body = decodeBody(raw)
      return encodeBody({ ...body, withdrawals: body.withdrawals!.map((one) => ({ ...one, amount: one.amount + 1n })) })
    }),
    found: /sent a wrong body: .*withdrawals/,
  },
  'a receipt': {
    lie: inReceipt((raw) => {
      const receipt = decodeReceipt69(raw)
      return encodeReceipt69({ ...receipt, cumulativeGasUsed: receipt.cumulativeGasUsed - 1n })
    }),
    found: /sent a wrong list of a block's receipts: /,
  },
}

test.each(Object.entries(lies))(
  'a peer that lies in %s is ended, and the rest is fetched elsewhere',
  async (_, { lie, found }) => {
    const network = new MemoryNetwork()
    const liar = await source(network, '127.0.0.1:1', lie)
    const honest = await source(network, '127.0.0.1:2')
    const ours = await tab(network)
    const ended = new Promise<unknown>((resolve) => {
      ours.server.addEventListener(
        'peerdrop',
        ({ peer, side, reason, error }) => {
          resolve({ peer: peer.id, side, reason, message: error?.message })
        },
        { once: true },
      )
    })
    ours.server.addPeer(liar.server.self)
    expect(await ended).toEqual({
      peer: liar.server.self.id,
      side: 'local',
      reason: DiscReason.SubprotocolError,
      message: expect.stringMatching(found),
    })
    expect(await ours.chain.canonicalHash(BigInt(LIE + 1)), 'nothing of the lie is kept').toBeUndefined()
    ours.server.addPeer(honest.server.self)
    expect(await ours.outcome).toBe('synced')
    await expectWhole(ours.chain)
  },
)
