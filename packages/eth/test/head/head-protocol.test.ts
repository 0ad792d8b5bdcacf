import type { Chain } from '@ethspan/chain'
import { memoryChain, type TestBlock, testBlocks } from '@ethspan/chain/testing'
import { messagePipe, SimClock, settle } from '@ethspan/core/testing'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { HEAD_SEND_RATE, HeadMsg, HeadProtocol, type ToldHead } from '../../src/index.js'
import { turns } from '../net.js'
import { fakePeer } from '../support.js'

let blocks: TestBlock[]
beforeAll(async () => {
  blocks = await testBlocks({ count: 100, transactions: 0 })
})

interface Options {
  readonly follows?: () => boolean
  readonly chain?: Chain
}

/** One node that runs the protocol, and the other end of its pipe. */
async function run({ follows = () => false, chain }: Options = {}) {
  const clock = new SimClock()
  const on = chain ?? (await memoryChain())
  const heads: ToldHead[] = []
  const head = new HeadProtocol({ chain: on, follows, onHead: (_, told) => heads.push(told), clock })
  const quit = new AbortController()
  onTestFinished(() => quit.abort())
  head.start(quit.signal)
  const [near, far] = messagePipe(clock)
  let end: Error | undefined
  head.protocol.run(fakePeer(), near).catch((error: Error) => {
    end = error
  })
  return { clock, chain: on, head, heads, far, end: () => end }
}

/** Makes a block the head, one after the other. */
async function advance(chain: Chain, some: readonly TestBlock[]) {
  for (const block of some) {
    await chain.putBlocks([block])
    await chain.setHead(block.hash)
  }
}

test('who sends Follow is told the head at once, and each new one', async () => {
  const { chain, far } = await run()
  await far.write(HeadMsg.Follow, Uint8Array.of(0xc0))
  expect(await far.read()).toMatchObject({ code: HeadMsg.Head, payload: chain.genesis.header.raw })
  await advance(chain, [blocks[0]!])
  expect((await far.read()).payload).toEqual(blocks[0]!.header.raw)
})

test('who does not send Follow is told nothing', async () => {
  const { chain, far } = await run()
  let isTold = false
  far.read().then(
    () => {
      isTold = true
    },
    () => undefined,
  )
  await advance(chain, blocks.slice(0, 3))
  await turns()
  expect(isTold).toBe(false)
  far.close()
})

test('of heads that came while a peer did not read it is told the newest alone', async () => {
  const { chain, far } = await run()
  await far.write(HeadMsg.Follow, Uint8Array.of(0xc0))
  await settle()
  await advance(chain, blocks.slice(0, 20))
  expect((await far.read()).payload).toEqual(chain.genesis.header.raw)
  expect((await far.read()).payload).toEqual(blocks[19]!.header.raw)
})

test('heads leave no faster than the rate; the newest leaves once there is room', async () => {
  const { chain, clock, far } = await run()
  await far.write(HeadMsg.Follow, Uint8Array.of(0xc0))
  const told: Uint8Array[] = []
  const read = async () => {
    for await (const { payload } of far) told.push(payload)
  }
  void read()
  await settle()
  for (const block of blocks.slice(0, 40)) {
    await advance(chain, [block])
    await turns(2)
  }
  expect(told).toHaveLength(HEAD_SEND_RATE.capacity)
  await clock.advance(1000 / HEAD_SEND_RATE.refillPerSecond)
  await turns(2)
  expect(told).toHaveLength(HEAD_SEND_RATE.capacity + 1)
  expect(told.at(-1)).toEqual(blocks[39]!.header.raw)
  far.close()
})

test('a node asks the peers that it follows for their heads, once, and hears them', async () => {
  const { far, heads } = await run({ follows: () => true })
  expect(await far.read()).toMatchObject({ code: HeadMsg.Follow, payload: Uint8Array.of(0xc0) })
  await far.write(HeadMsg.Head, blocks[7]!.header.raw)
  await settle()
  expect(heads).toEqual([{ hash: blocks[7]!.hash, header: blocks[7]!.header }])
})

test('a peer that is followed from some time on is asked then', async () => {
  let isFollowed = false
  const { far, head } = await run({ follows: () => isFollowed })
  isFollowed = true
  head.refresh()
  head.refresh()
  expect(await far.read()).toMatchObject({ code: HeadMsg.Follow })
  await far.write(HeadMsg.Head, blocks[0]!.header.raw)
})

test.each<[string, number, () => Uint8Array, RegExp]>([
  ['a Head that nobody asked for', HeadMsg.Head, () => blocks[0]!.header.raw, /does not follow it/],
  ['an unknown message', 7, () => Uint8Array.of(0xc0), /unknown message code 7/],
  ['a Follow with something in it', HeadMsg.Follow, () => Uint8Array.of(0xc1, 0x01), /no empty list/],
])('%s ends the peer', async (_, code, payload, message) => {
  const { far, end } = await run()
  await far.write(code, payload())
  await settle()
  expect(end()).toMatchObject({ code: 'ERR_PROTOCOL', message: expect.stringMatching(message) })
})

test('a second Follow ends the peer', async () => {
  const { far, end } = await run()
  await far.write(HeadMsg.Follow, Uint8Array.of(0xc0))
  await far.write(HeadMsg.Follow, Uint8Array.of(0xc0))
  await settle()
  expect(end()).toMatchObject({ message: expect.stringMatching(/second Follow/) })
})

test('a Head that is no header ends the peer', async () => {
  const { far, end } = await run({ follows: () => true })
  await far.read()
  await far.write(HeadMsg.Head, Uint8Array.of(0xc0))
  await settle()
  expect(end()).toMatchObject({ code: 'ERR_INVALID_RLP' })
})

test('what comes faster than the rate waits unread', async () => {
  const { far, heads, clock } = await run({ follows: () => true })
  await far.read()
  let written = 0
  const write = async () => {
    for (const { header } of blocks) {
      await far.write(HeadMsg.Head, header.raw)
      written++
    }
  }
  void write().catch(() => undefined)
  await settle()
  expect(heads).toHaveLength(32)
  expect(written).toBeLessThan(35)
  await clock.advance(1000)
  expect(heads).toHaveLength(48)
  far.close()
})
