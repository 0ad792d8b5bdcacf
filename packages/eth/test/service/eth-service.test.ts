import { type Chain, type ChainHead, decodeHeader, encodeHeader, headerHash } from '@ethspan/chain'
import { memoryChain, TEST_GENESIS_TIME, type TestBlock, testBlocks, testSpec } from '@ethspan/chain/testing'
import { decodeRlp, encodeRlp } from '@ethspan/core'
import { SimClock, settle } from '@ethspan/core/testing'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { EthService, type EthServiceOptions, type EthVersion, ethProtocols, forkId, HeadMsg } from '../../src/index.js'
import { pooled, TestPool, tx } from '../gossip/support.js'
import { connect, type Follower, follower, server, type TestNode, turns, until } from '../net.js'

/** Milliseconds: for a machine that has other things to do. */
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

let blocks: TestBlock[]
beforeAll(async () => {
  blocks = await testBlocks({ count: 1200, transactions: 0 })
})

/** Makes blocks the head, one after the other. */
async function advance(chain: Chain, some: readonly TestBlock[]) {
  for (const block of some) {
    await chain.putBlocks([block])
    await chain.setHead(block.hash)
  }
}

const reaches = (ours: Follower, block: TestBlock) =>
  until(() => ours.chain.head().hash.join() === block.hash.join(), `block ${block.header.number} is the head`)

describe('who is followed', () => {
  test.each([68, 69, 71] as const)(
    'a trusted peer of eth/%i is, from what its Status says',
    async (version: EthVersion) => {
      const source = server({ chain: await memoryChain({ blocks: blocks.slice(0, 50) }), versions: [version] })
      const ours = await follower({ trustedHeads: [source.id] })
      connect(ours.node, source)
      await reaches(ours, blocks[49]!)
    },
  )

  test('a stranger is not', async () => {
    const source = server({ chain: await memoryChain({ blocks: blocks.slice(0, 50) }) })
    const ours = await follower()
    connect(ours.node, source)
    await turns(200)
    expect(ours.chain.head().number).toBe(0n)
    ours.service.trustHeads([source.enode.toString()])
    await reaches(ours, blocks[49]!)
  })

  test('a trusted peer that speaks head/1 is, block by block', async () => {
    const source = await follower({ blocks: blocks.slice(0, 10) })
    const ours = await follower({ trustedHeads: [source.node.id] })
    connect(ours.node, source.node)
    await reaches(ours, blocks[9]!)
    for (const block of blocks.slice(10, 20)) {
      await advance(source.chain, [block])
      await reaches(ours, block)
    }
    expect(ours.log.warnings).toEqual([])
  })

  test('a chain of followers passes heads on', async () => {
    const first = await follower({ blocks: blocks.slice(0, 10) })
    const second = await follower({ trustedHeads: [first.node.id] })
    const third = await follower({ trustedHeads: [second.node.id] })
    connect(second.node, first.node)
    connect(third.node, second.node)
    await advance(first.chain, blocks.slice(10, 15))
    await reaches(third, blocks[14]!)
  })

  test('a checkpoint is, from any peer that has it', async () => {
    const ours = await follower({ checkpoint: blocks[39]!.hash })
    connect(ours.node, server({ chain: await memoryChain({ blocks: blocks.slice(0, 50) }) }))
    await reaches(ours, blocks[39]!)
  })

  test('a checkpoint that the chain has already is passed, and trusted peers have their turn', async () => {
    const source = await follower({ blocks: blocks.slice(0, 60) })
    const ours = await follower({
      blocks: blocks.slice(0, 50),
      checkpoint: blocks[39]!.hash,
      trustedHeads: [source.node.id],
    })
    connect(ours.node, source.node)
    await reaches(ours, blocks[59]!)
  })

  test('a trusted peer is followed to another branch', async () => {
    const branch = await testBlocks({ count: 4, transactions: 0, parent: blocks[4]!, extra: 'branch' })
    const source = await follower({ blocks: blocks.slice(0, 8) })
    const ours = await follower({ trustedHeads: [source.node.id] })
    connect(ours.node, source.node)
    await reaches(ours, blocks[7]!)
    await advance(source.chain, branch)
    await reaches(ours, branch[3]!)
  })

  test('a trusted peer that begins its chain anew is followed there', async () => {
    const branch = await testBlocks({ count: 2, transactions: 0, extra: 'restarted' })
    const source = await follower({ blocks: blocks.slice(0, 30) })
    const ours = await follower({ trustedHeads: [source.node.id], keep: 20 })
    const link = connect(ours.node, source.node)
    await reaches(ours, blocks[29]!)
    link.close()
    await link.ended
    const restarted = await follower({ blocks: branch })
    connect(ours.node, { ...restarted.node, id: source.node.id, enode: source.node.enode })
    await reaches(ours, branch[1]!)
  })
})

describe('a node that keeps the newest blocks', () => {
  const keep = 100

  test('begins anew with the first of them, and fetches nothing before it', async () => {
    const source = await follower({ blocks })
    const ours = await follower({ keep, trustedHeads: [source.node.id] })
    connect(ours.node, source.node)
    await reaches(ours, blocks.at(-1)!)
    expect(ours.chain.earliest()).toBe(1101n)
    expect(await ours.chain.body(blocks[1100]!.hash)).toEqual(blocks[1100]!.body.raw)
    expect(await ours.chain.header(blocks[1099]!.hash)).toBeUndefined()
  })

  test('goes on from what it has where that is not far behind', async () => {
    const source = await follower({ blocks: blocks.slice(0, 160) })
    const ours = await follower({ keep, blocks: blocks.slice(0, 80), trustedHeads: [source.node.id] })
    const heads: bigint[] = []
    ours.chain.addEventListener('head', ({ added }) => heads.push(...added.map(({ number }) => number)))
    connect(ours.node, source.node)
    await reaches(ours, blocks[159]!)
    expect(heads[0], 'no block was left out').toBe(81n)
  })

  test('follows while the head moves on, and stays as small', async () => {
    const source = await follower({ blocks: blocks.slice(0, 1000) })
    const ours = await follower({ keep, trustedHeads: [source.node.id] })
    connect(ours.node, source.node)
    await advance(source.chain, blocks.slice(1000))
    await reaches(ours, blocks.at(-1)!)
    await until(() => ours.chain.earliest() === 1101n, 'older ones are gone')
    expect(await ours.chain.header(blocks[1000]!.hash)).toBeUndefined()
  })
})

describe('a checkpoint older than the blocks that are kept', () => {
  test('is passed: the chain does not go back to it', async () => {
    const source = await follower({ blocks: blocks.slice(0, 300) })
    const ours = await follower({ keep: 100, trustedHeads: [source.node.id] })
    connect(ours.node, source.node)
    await reaches(ours, blocks[299]!)
    const { chain, store } = ours
    await ours.stop()
    const again = await follower({ chain, store, keep: 100, checkpoint: blocks[50]!.hash })
    const heads: bigint[] = []
    chain.addEventListener('head', ({ head }) => heads.push(head.number))
    const { sync } = again.service
    const synced = new Promise((resolve) => sync!.addEventListener('synced', resolve, { once: true }))
    connect(again.node, source.node)
    await synced
    expect(heads).toEqual([])
    expect(chain.head().number).toBe(300n)
  })
})

/** The same chain, which says that this is its head. */
const withHead = (head: ChainHead, chain: Chain): Chain =>
  new Proxy(chain, {
    get: (of, name) => {
      if (name === 'head') return () => head
      const value: unknown = Reflect.get(of, name)
      return typeof value === 'function' ? value.bind(of) : value
    },
  })

test('a trusted peer that tells of a chain without end is asked for none of it', async () => {
  const chain = await memoryChain({ blocks: blocks.slice(0, 10) })
  const { header } = blocks[20]!
  const endless = decodeHeader(encodeHeader({ ...header, number: 2n ** 40n }))
  let asked = 0
  const liar = server({
    chain: withHead({ ...chain.head(), number: endless.number, hash: headerHash(endless) }, chain),
    lies: {
      blockHeaders: ({ limit }) => {
        asked += Number(limit)
        return [endless.raw]
      },
    },
  })
  const ours = await follower({ trustedHeads: [liar.id] })
  connect(ours.node, liar)
  await until(() => ours.log.warnings.length > 0, 'it says so')
  await turns()
  expect(ours.log.warnings[0]).toMatch(/the sync target breaks the rules of its chain: block 1099511627776: number/)
  expect(asked, 'the head alone').toBe(1)
})

test('peers that come while the service stops are told no transactions', async () => {
  const pool = new TestPool()
  pool.put([pooled(tx(1))])
  const source = await follower({ pool })
  await source.stop()
  const told: number[] = []
  const other = await follower()
  const listening = {
    ...other.node,
    protocols: ethProtocols({
      chain: other.chain,
      handlers: { newPooledTransactionHashes: (_, hashes) => void told.push(hashes.length) },
    }),
  }
  connect(source.node, listening)
  await until(() => source.service.peers().length === 1, 'it is connected')
  await turns()
  expect(told).toEqual([])
})

describe('what it tells', () => {
  test('its fork id is in the record of the node, and follows the forks', async () => {
    const spec = testSpec({ config: { amsterdamTime: Number(TEST_GENESIS_TIME) + 24 } })
    const made = await testBlocks({ count: 3, transactions: 0, spec })
    const ours = await follower({ chain: await memoryChain({ spec }) })
    const entry = (time: bigint) => forkId(spec.forks, { number: 0n, time })
    const told = (value: unknown) => {
      const [[hash, next]] = decodeRlp(encodeRlp(value as never)) as unknown as [[Uint8Array, Uint8Array]]
      return { hash: Buffer.from(hash).readUInt32BE(), next: BigInt(`0x0${Buffer.from(next).toString('hex')}`) }
    }
    expect(told(ours.service.enrEntries.eth)).toEqual(entry(TEST_GENESIS_TIME))
    await advance(ours.chain, made)
    expect(told(ours.record.get('eth'))).toEqual(entry(made[2]!.header.time))
    expect(entry(TEST_GENESIS_TIME)).not.toEqual(entry(made[2]!.header.time))
  })

  test('peers are told its range every 32 blocks', async () => {
    const source = await follower()
    const ours = await follower()
    connect(ours.node, source.node)
    await until(() => ours.service.peers().length === 1, 'it is connected')
    await advance(source.chain, blocks.slice(0, 40))
    await until(() => ours.service.peers()[0]!.eth.range!.latest === 32n, 'it is told')
  })

  test('whom it follows is asked for its heads, nobody else', async () => {
    const ours = await follower()
    const codes: number[] = []
    const { enode, id } = server({ chain: ours.chain })
    const other: TestNode = {
      id,
      enode,
      protocols: [
        {
          name: 'head',
          version: 1,
          length: 2,
          run: async (_, rw) => {
            for await (const { code } of rw) codes.push(code)
          },
        },
      ],
    }
    connect(ours.node, other)
    await settle()
    expect(codes).toEqual([])
    ours.service.trustHeads([id])
    await settle()
    expect(codes).toEqual([HeadMsg.Follow])
  })
})

describe('transactions', () => {
  test('go from one pool to the other, and are served', async () => {
    const [a, b] = [new TestPool(), new TestPool()]
    const alice = await follower({ pool: a })
    const bob = await follower({ pool: b })
    connect(alice.node, bob.node)
    await until(() => alice.service.peers().length === 1, 'they are connected')
    const [whole, announced] = [tx(1), tx(2, { type: 3 })]
    a.put([pooled(whole), pooled(announced)])
    await until(() => b.counts().pending === 2, 'both are in the other pool')
  })

  test('those that were there before peers came are told to them', async () => {
    const [a, b] = [new TestPool(), new TestPool()]
    a.put([pooled(tx(1))])
    const clock = new SimClock()
    const alice = await follower({ pool: a, clock })
    const bob = await follower({ pool: b, clock })
    connect(alice.node, bob.node, clock)
    await settle()
    // As announced, they are fetched a little later.
    await clock.advance(1000)
    expect(b.counts().pending).toBe(1)
  })

  test('none are taken before the first sync is over', async () => {
    const [a, b] = [new TestPool(), new TestPool()]
    const alice = await follower({ pool: a, blocks: blocks.slice(0, 20) })
    const bob = await follower({ pool: b })
    const synced = bob.sync(blocks[29]!)
    connect(alice.node, bob.node)
    await until(() => alice.service.peers().length === 1, 'they are connected')
    a.put([pooled(tx(1))])
    await turns(200)
    expect(b.counts().pending).toBe(0)
    await advance(alice.chain, blocks.slice(20, 30))
    await synced
    a.put([pooled(tx(2))])
    await until(() => b.counts().pending === 1, 'it is in the other pool')
  })
})

test('fifty peers that ask at once are all answered, while one of them asks for all it can', async () => {
  const source = await follower({ blocks })
  const greedy = await follower({})
  connect(greedy.node, source.node)
  await until(() => greedy.service.peers().length === 1, 'it is connected')
  const { eth } = greedy.service.peers()[0]!
  let answers = 0
  const hashes = blocks.slice(0, 1000).map(({ hash }) => hash)
  const all = Array.from({ length: 16 }, async () => {
    await eth.getBlockBodies(hashes)
    answers++
  })
  const others = await Promise.all(Array.from({ length: 50 }, () => follower()))
  for (const { node } of others) connect(node, source.node)
  await until(() => others.every(({ service }) => service.peers().length === 1), 'all are connected')
  const asked = others.map(({ service }) => service.peers()[0]!.eth.getBlockHeaders({ origin: 7n, limit: 3 }))
  const before = answers
  for (const headers of await Promise.all(asked)) {
    expect(headers.map(headerHash)).toEqual(blocks.slice(6, 9).map(({ hash }) => hash))
  }
  expect(answers - before, 'answers of the greedy one in between').toBeLessThanOrEqual(2)
  await Promise.all(all)
  expect(answers).toBe(16)
})

test.each<[string, Partial<EthServiceOptions>]>([
  ['keeping no block', { keep: 0 }],
  ['keeping some blocks where all are executed', { keep: 100, executor: { hasState: async () => true } }],
  ['a version that is not spoken', { versions: [67 as EthVersion] }],
  ['a checkpoint that is no hash', { checkpoint: new Uint8Array(20) }],
  ['a trusted peer that is no node', { trustedHeads: ['bob'] }],
])('%s is refused', async (_, options) => {
  const { chain } = await follower()
  // The importer is not looked at before the start.
  const make = () => new EthService({ chain, importer: {} as EthServiceOptions['importer'], ...options })
  expect(make).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
})
