// Receipts in parts, receipts too heavy for old versions, and answers with gaps.
import { type Chain, decodeHeader, encodeHeader, encodeLogs, encodeReceipt69, headerHash } from '@ethspan/chain'
import { memoryChain, type TestBlock, testBlocks, testSpec } from '@ethspan/chain/testing'
import { SimClock } from '@ethspan/core/testing'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import type { EthServing } from '../../src/index.js'
import { after, connect, drive, follower, server, turns, until } from '../net.js'

/** Milliseconds: for a machine that has other things to do. */
vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 })

let blocks: TestBlock[]
let chain: Chain
beforeAll(async () => {
  blocks = await testBlocks({ count: 6, transactions: 5 })
  chain = await memoryChain({ blocks })
})

const head = () => blocks.at(-1)!

/** One receipt of a block at a time, as of one that is too large for a message. */
const inParts =
  (onAnswer: () => void = () => undefined) =>
  (honest: EthServing): Partial<EthServing> => ({
    receipts: async (version, hashes, firstIndex) => {
      const { blocks: all } = await honest.receipts(version, hashes.slice(0, 1), firstIndex)
      const [first = []] = all
      onAnswer()
      return { blocks: [first.slice(0, 1)], lastBlockIncomplete: first.length > 1 }
    },
  })

async function expectAll(of: Chain) {
  for (const { hash, receipts } of blocks) expect(await of.receipts(hash)).toEqual(receipts)
}

describe('in parts', () => {
  test('they are put together', async () => {
    let answers = 0
    const count = () => {
      answers++
    }
    const ours = await follower()
    connect(ours.node, server({ chain, lies: inParts(count) }))
    expect((await ours.sync(head())).type).toBe('synced')
    await expectAll(ours.chain)
    expect(answers).toBeGreaterThanOrEqual(6 * 5)
    expect(ours.log.warnings).toEqual([])
  })

  test('when the peer leaves in the middle, another one begins anew', async () => {
    const ours = await follower()
    let answers = 0
    const link = connect(
      ours.node,
      server({
        chain,
        lies: inParts(() => {
          if (++answers === 3) link.close()
        }),
      }),
    )
    const synced = ours.sync(head())
    await link.ended
    connect(ours.node, server({ chain, lies: inParts() }))
    expect((await synced).type).toBe('synced')
    await expectAll(ours.chain)
    expect(ours.log.warnings).toEqual([])
  })

  test('two peers that give parts are not mixed up', async () => {
    const ours = await follower()
    for (let i = 0; i < 2; i++) connect(ours.node, server({ chain, lies: inParts() }))
    connect(ours.node, server({ chain, versions: [69] }))
    expect((await ours.sync(head())).type).toBe('synced')
    await expectAll(ours.chain)
    expect(ours.service.peers()).toHaveLength(3)
  })
})

describe('half of it', () => {
  /** Gives one receipt of each block, and the rest never or one at a time after so many milliseconds. */
  const half = (clock: SimClock, rest: 'never' | number, onAnswer: () => void) => (honest: EthServing) => {
    const drip = inParts(onAnswer)(honest)
    return {
      receipts: async (...question: Parameters<EthServing['receipts']>) => {
        const isFirst = question[2] === 0n
        if (!isFirst && rest === 'never') return { blocks: [], lastBlockIncomplete: false }
        if (!isFirst) await after(clock, Number(rest))
        return drip.receipts!(...question)
      },
    }
  }

  /** Milliseconds until all is there, where one peer gives halves and another one all. */
  async function time(rest: 'never' | number, others = 1) {
    const clock = new SimClock()
    const ours = await follower({ clock })
    let answers = 0
    const count = () => {
      answers++
    }
    connect(ours.node, server({ chain, clock, lies: half(clock, rest, count) }), clock)
    const synced = ours.sync(head())
    await until(() => answers > 0, 'it gives a half')
    for (let i = 0; i < others; i++) connect(ours.node, server({ chain, clock }), clock)
    expect((await drive(clock, synced, 250)).type).toBe('synced')
    await expectAll(ours.chain)
    return clock.now()
  }

  test('and then nothing is not waited for: others are asked', async () => {
    expect(await time('never')).toBeLessThan(10_000)
  })

  test('and then a little at a time is not waited for: others are asked', async () => {
    // Each answer comes in good time, but four more of each of two blocks would take 24 seconds.
    expect(await time(3_000)).toBeLessThan(15_000)
  })

  test('is waited for where nobody else has it', async () => {
    expect(await time(5_000, 0)).toBeGreaterThan(60_000)
  })
})

describe('more than a message holds', () => {
  const spec = testSpec({ fork: 'amsterdam', genesis: { gasLimit: 100_000_000n } })

  /** Blocks whose last says that it used so much gas. From Amsterdam on its receipts do not tell. */
  async function withGas(gasUsed: bigint) {
    const light = await testBlocks({ count: 5, transactions: 1, spec })
    const last = light.at(-1)!
    const raw = encodeHeader({ ...last.header, gasUsed })
    const all = [...light.slice(0, -1), { ...last, hash: headerHash({ raw }), header: decodeHeader(raw) }]
    return { all, source: await memoryChain({ spec, blocks: all }) }
  }

  /** Counts how many hashes each request for receipts has. */
  function watched() {
    const asked: (readonly Uint8Array[])[] = []
    const lies = (honest: EthServing): Partial<EthServing> => ({
      receipts: (version, hashes, firstIndex) => {
        asked.push(hashes)
        return honest.receipts(version, hashes, firstIndex)
      },
    })
    return { asked, lies }
  }

  test('a peer of eth/69 is not asked for it; it is waited for, and said so, until one of eth/70 comes', async () => {
    const { all, source } = await withGas(70_000_000n)
    const { asked, lies } = watched()
    const ours = await follower({ chain: await memoryChain({ spec }) })
    connect(ours.node, server({ chain: source, versions: [69, 68], lies }))
    const synced = ours.sync(all.at(-1)!)
    await until(
      () => ours.service.sync!.progress()?.waitingFor !== undefined && ours.chain.head().number === 4n,
      'it waits',
    )
    expect(ours.service.sync!.progress()!.waitingFor).toBe('a peer of eth/70 or later that has the receipts of block 5')
    expect(asked.flat()).toHaveLength(4)
    connect(ours.node, server({ chain: source, versions: [70] }))
    expect((await synced).type).toBe('synced')
    expect(asked.flat()).toHaveLength(4)
  })

  test('a peer of eth/69 is asked alone for what may fill a message by itself', async () => {
    const { all, source } = await withGas(55_000_000n)
    const { asked, lies } = watched()
    const ours = await follower({ chain: await memoryChain({ spec }) })
    connect(ours.node, server({ chain: source, versions: [69], lies }))
    expect((await ours.sync(all.at(-1)!)).type).toBe('synced')
    const alone = asked.filter((hashes) => hashes.some((hash) => hash.join() === all.at(-1)!.hash.join()))
    expect(alone).toEqual([[all.at(-1)!.hash]])
  })

  test('a peer of eth/70 that goes on beyond what the gas allows lies', async () => {
    const { all, source } = await withGas(300_000n)
    const ours = await follower({ chain: await memoryChain({ spec }) })
    const link = connect(
      ours.node,
      server({
        chain: source,
        lies: (honest) => ({
          receipts: async (version, hashes, firstIndex) => {
            const answer = await honest.receipts(version, hashes.slice(0, 1), firstIndex)
            return {
              blocks: answer.blocks.map((block) => block.map(() => bigReceipt(200_000))),
              lastBlockIncomplete: true,
            }
          },
          // Without bodies nobody knows how many there must be.
          blockBodies: () => [],
        }),
      }),
    )
    void ours.sync(all.at(-1)!)
    expect((await link.ended).a?.message).toMatch(/more than the gas of their block allows/)
  })
})

/** Such a log costs eight times as much gas. */
const bigReceipt = (bytes: number) =>
  encodeReceipt69({
    type: 2,
    postStateOrStatus: Uint8Array.of(1),
    cumulativeGasUsed: 21_000n,
    logs: encodeLogs([{ address: new Uint8Array(20), topics: [], data: new Uint8Array(bytes) }]),
  })

describe('a peer that leaves out what it does not have, and goes on with the next, as geth does', () => {
  test.each(['bodies', 'receipts'] as const)('is not blamed for %s, and the rest comes from others', async (what) => {
    const lacking = blocks[2]!.hash.join()
    const without = (hashes: readonly Uint8Array[]) => hashes.filter((hash) => hash.join() !== lacking)
    const lies = (honest: EthServing): Partial<EthServing> =>
      what === 'bodies'
        ? { blockBodies: (hashes) => honest.blockBodies(without(hashes)) }
        : { receipts: (version, hashes, first) => honest.receipts(version, without(hashes), first) }
    const ours = await follower()
    connect(ours.node, server({ chain, lies }))
    const synced = ours.sync(head())
    await until(() => ours.chain.head().number === 2n, 'what is before it is there')
    await turns()
    expect(ours.service.peers()).toHaveLength(1)
    connect(ours.node, server({ chain }))
    expect((await synced).type).toBe('synced')
    expect(ours.service.peers()).toHaveLength(2)
    await expectAll(ours.chain)
  })
})
