// Peers that are slow, silent, empty or gone: their work is done by others.
import { BlockImporter, type Chain } from '@ethspan/chain'
import { memoryChain, type TestBlock, testBlocks } from '@ethspan/chain/testing'
import { type Clock, DiscReason, EthspanError } from '@ethspan/core'
import { SimClock } from '@ethspan/core/testing'
import { memoryStore } from '@ethspan/node/memory'
import { beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { type EthServing, STALL_GRACE_MS } from '../../src/index.js'
import { after, connect, drive, type Follower, follower, server, until } from '../net.js'

/** Milliseconds: hundreds of blocks on a machine that has other things to do. */
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

let blocks: TestBlock[]
let chain: Chain
beforeAll(async () => {
  // One has transactions, and so receipts.
  const [made] = await testBlocks({ count: 1, transactions: 2 })
  blocks = await testBlocks({ count: 600, transactions: (number) => (number === 300n ? made!.body.transactions : []) })
  chain = await memoryChain({ blocks })
})

const head = () => blocks.at(-1)!
const target = () => ({ header: head().header })
const never = () => new Promise<never>(() => undefined)

/** Answers so late, and counts what it delivered. */
function late(clock: Clock, ms: number) {
  const delivered = { bodies: 0, headers: 0 }
  const lies = (honest: EthServing): Partial<EthServing> => ({
    blockHeaders: async (query) => {
      await after(clock, ms)
      const answer = await honest.blockHeaders(query)
      delivered.headers += answer.length
      return answer
    },
    blockBodies: async (hashes) => {
      await after(clock, ms)
      const answer = await honest.blockBodies(hashes)
      delivered.bodies += answer.length
      return answer
    },
  })
  return { lies, delivered }
}

async function ofThree(lies: Partial<EthServing> | ((honest: EthServing) => Partial<EthServing>)) {
  const clock = new SimClock()
  const ours = await follower({ clock })
  const odd = server({ chain, clock, lies })
  const link = connect(ours.node, odd, clock)
  for (let i = 0; i < 2; i++) connect(ours.node, server({ chain, clock, ...late(clock, 30) }), clock)
  return { clock, ours, odd, link }
}

const scoreOf = ({ service }: Follower, { id }: { readonly id: string }) =>
  service.peers().find((peer) => peer.id === id)?.score

test('a peer that never answers: what it was asked for comes from others, and it is asked for nothing more', async () => {
  let asked = 0
  const silent = () => {
    asked++
    return never()
  }
  const { clock, ours, odd } = await ofThree({ blockHeaders: silent, blockBodies: silent, receipts: silent })
  const event = await drive(clock, ours.sync(head(), target()))
  expect(event.type).toBe('synced')
  // One at a time is served, and it does not answer that: two of each kind at most are under way.
  expect(asked).toBeLessThanOrEqual(2)
  // The others did not wait for it; when its time is over that counts against it.
  await drive(clock, after(clock, 30_000), 1_000)
  expect(scoreOf(ours, odd)).toBeLessThan(100)
})

test('a peer that owes an answer for too long is of no use, and ends', async () => {
  const { clock, ours, link } = await ofThree({ blockBodies: never })
  await drive(clock, ours.sync(head(), target()))
  const ended = drive(clock, link.ended, 1_000)
  expect((await ended).a).toMatchObject({
    reason: DiscReason.UselessPeer,
    message: expect.stringMatching(/owes bodies/),
  })
  expect(clock.now()).toBeGreaterThan(STALL_GRACE_MS)
  expect(ours.service.peers()).toHaveLength(2)
})

test('a peer that answers late loses some of its score, and is asked again after that', async () => {
  const clock = new SimClock()
  const ours = await follower({ clock })
  let first = true
  const odd = server({
    chain,
    clock,
    lies: (honest) => ({
      blockBodies: async (hashes) => {
        if (first) {
          first = false
          await after(clock, 40_000)
        }
        return honest.blockBodies(hashes)
      },
    }),
  })
  connect(ours.node, odd, clock)
  // It is alone, so its late answer is what brings the sync on.
  const event = await drive(clock, ours.sync(head(), target()), 200)
  expect(event.type).toBe('synced')
  expect(ours.log.lines.map(({ message }) => message)).toContain('a peer answered late')
  expect(clock.now()).toBeGreaterThan(40_000)
})

test.each(['blockHeaders', 'blockBodies', 'receipts'] as const)(
  'a peer whose answers to %s are empty is left alone for longer each time, and the rest comes from others',
  async (what) => {
    let asked = 0
    const empty = () => {
      asked++
      return what === 'receipts' ? { blocks: [], lastBlockIncomplete: false } : []
    }
    const { clock, ours } = await ofThree({ [what]: empty } as Partial<EthServing>)
    const event = await drive(clock, ours.sync(head(), target()))
    expect(event.type).toBe('synced')
    expect(asked).toBeGreaterThan(0)
    expect(asked).toBeLessThanOrEqual(4)
  },
)

test('a peer that only gives empty answers ends in the end', async () => {
  const clock = new SimClock()
  const ours = await follower({ clock })
  const link = connect(ours.node, server({ chain, clock, lies: { blockHeaders: () => [] } }), clock)
  void ours.sync(head(), target())
  const { a } = await drive(clock, link.ended, 5_000)
  expect(a).toMatchObject({ reason: DiscReason.UselessPeer, message: expect.stringMatching(/useless answers/) })
})

test('a peer that leaves in the middle leaves no gap', async () => {
  const clock = new SimClock()
  const ours = await follower({ clock })
  const source = late(clock, 50)
  const links = Array.from({ length: 3 }, () => connect(ours.node, server({ chain, clock, lies: source.lies }), clock))
  const synced = ours.sync(head(), target())
  const middle = until(() => ours.chain.head().number > 20n, 'some blocks are there').then(() => {
    links[0]!.close()
    links[1]!.close()
  })
  const run = drive(clock, synced)
  await middle
  expect((await run).type).toBe('synced')
  expect(ours.service.peers()).toHaveLength(1)
})

test('all peers leave, others come, and it goes on', async () => {
  const ours = await follower()
  const second = blocks[99]!.hash.join()
  const half = (honest: EthServing): Partial<EthServing> => ({
    blockBodies: (hashes) => (hashes.some((hash) => hash.join() === second) ? never() : honest.blockBodies(hashes)),
  })
  const link = connect(ours.node, server({ chain, lies: half }))
  const synced = ours.sync(head(), target())
  await until(() => ours.chain.head().number > 10n, 'some blocks are there')
  link.close()
  await until(() => ours.service.sync!.progress()?.waitingFor !== undefined, 'it waits')
  expect(ours.service.sync!.progress()!.waitingFor).toMatch(/^a peer that has the body of block \d+$/)
  connect(ours.node, server({ chain }))
  expect((await synced).type).toBe('synced')
})

test('a fast peer delivers most of it, and a slow one does not hold it up', async () => {
  const clock = new SimClock()
  const ours = await follower({ clock })
  const slow = late(clock, 3_000)
  const fast = late(clock, 20)
  connect(ours.node, server({ chain, clock, lies: slow.lies }), clock)
  connect(ours.node, server({ chain, clock, lies: fast.lies }), clock)
  await drive(clock, ours.sync(head(), target()))
  expect(fast.delivered.bodies).toBeGreaterThan(5 * slow.delivered.bodies)
  expect(clock.now()).toBeLessThan(10_000)
})

test('headers that one peer always sends at the last moment come from others', async () => {
  const clock = new SimClock()
  const ours = await follower({ clock })
  // It is asked first, being alone, and never late.
  const slow = late(clock, 11_000)
  connect(ours.node, server({ chain, clock, lies: slow.lies }), clock)
  const synced = ours.sync(head(), target())
  await until(() => (ours.service.peers()[0]?.underWay('headers') ?? 0) > 0, 'it is asked')
  connect(ours.node, server({ chain, clock }), clock)
  const isLinked = until(() => ours.service.sync!.progress()?.stage === 'blocks', 'all headers are there')
  await drive(clock, isLinked, 100)
  expect(clock.now(), 'before it has answered').toBeLessThan(11_000)
  expect((await drive(clock, synced, 100)).type).toBe('synced')
  expect(ours.service.peers(), 'and it is no fault of its').toHaveLength(2)
})

test('a disk that is full is said once, and it goes on when there is room again', async () => {
  const clock = new SimClock()
  const kept = await memoryChain()
  const importer = new BlockImporter({ chain: kept })
  const importBlocks = importer.importBlocks.bind(importer)
  let isFull = true
  importer.importBlocks = async (...args) => {
    if (isFull) throw new EthspanError('ERR_DATA_DIR', 'no space left on device')
    await importBlocks(...args)
  }
  const ours = await follower({ clock, chain: kept, importer })
  connect(ours.node, server({ chain, clock }), clock)
  const synced = ours.sync(head(), target())
  await drive(clock, after(clock, 30_000), 500)
  expect(ours.log.warnings).toEqual(['sync stops, and tries again every 5 s: no space left on device'])
  expect(kept.head().number).toBe(0n)
  isFull = false
  expect((await drive(clock, synced, 100)).type).toBe('synced')
})

test('a store of headers that can not be written for a while loses nothing that it had', async () => {
  const clock = new SimClock()
  const store = memoryStore()
  const ours = await follower({ clock, store })
  let asked = 0
  const count = (honest: EthServing): Partial<EthServing> => ({
    blockHeaders: async (query) => {
      const answer = await honest.blockHeaders(query)
      asked += answer.length
      return answer
    },
  })
  connect(ours.node, server({ chain, clock, lies: count }), clock)
  const part = store.sublevel('skeleton')
  const { batch } = Object.getPrototypeOf(part)
  const broken = vi.spyOn(Object.getPrototypeOf(part), 'batch')
  onTestFinished(() => broken.mockRestore())
  broken.mockImplementation(function (this: { readonly prefix?: string }, ...args: unknown[]) {
    const isOurs = this.prefix?.includes('skeleton')
    return isOurs ? Promise.reject(new Error('no space left on device')) : batch.apply(this, args)
  })
  const synced = ours.sync(head(), target())
  await drive(clock, after(clock, 12_000), 500)
  expect(ours.log.warnings).toEqual(['sync stops, and tries again every 5 s: no space left on device'])
  broken.mockRestore()
  expect((await drive(clock, synced, 100)).type).toBe('synced')
  expect(asked).toBeLessThan(2 * 600)
})

describe('what a peer is asked for', () => {
  test('is within the range that it told', async () => {
    // It has the first 200 blocks alone.
    const some = await memoryChain({ blocks: blocks.slice(0, 200) })
    const asked: number[] = []
    const numbers = new Map(blocks.map(({ hash, header }) => [hash.join(), Number(header.number)]))
    const watch = (honest: EthServing): Partial<EthServing> => ({
      blockBodies: (hashes) => {
        for (const hash of hashes) asked.push(numbers.get(hash.join())!)
        return honest.blockBodies(hashes)
      },
    })
    const ours = await follower()
    connect(ours.node, server({ chain: some, lies: watch }))
    connect(ours.node, server({ chain }))
    await ours.sync(head(), target())
    // Peers tell of 32 new blocks at a time.
    expect(Math.max(...asked)).toBeLessThanOrEqual(232)
  })

  test('is not what it has pruned', async () => {
    const pruned = await memoryChain({ keep: 100 })
    await pruned.rebase(blocks[399]!)
    await pruned.putBlocks(blocks.slice(400))
    await pruned.setHead(head().hash)
    let empty = 0
    const watch = (honest: EthServing): Partial<EthServing> => ({
      blockBodies: async (hashes) => {
        const answer = await honest.blockBodies(hashes)
        if (answer.length === 0) empty++
        return answer
      },
    })
    const ours = await follower()
    connect(ours.node, server({ chain: pruned, lies: watch }))
    connect(ours.node, server({ chain }))
    await ours.sync(head(), target())
    expect(empty).toBe(0)
  })
})
