import type { HeadSource, SyncTarget } from '@ethspan/chain'
import { memoryChain, type TestBlock, testBlocks } from '@ethspan/chain/testing'
import { SimClock } from '@ethspan/core/testing'
import { beforeAll, describe, expect, test } from 'vitest'
import { UNPROVEN_HEAD_MS } from '../../src/index.js'
import { HeadFollower, type HeadFollowerOptions } from '../../src/service/head-follower.js'
import type { FollowTarget } from '../../src/sync/targets.js'
import { testEnode } from '../net.js'

const [alice, bob, mallory] = ['aa', 'bb', 'cc'].map((byte) => byte.repeat(32)) as [string, string, string]
let blocks: TestBlock[]
beforeAll(async () => {
  blocks = await testBlocks({ count: 20, transactions: 0 })
})

async function make(options: Partial<HeadFollowerOptions> = {}) {
  const set: FollowTarget[] = []
  let source: HeadSource | undefined
  let target: SyncTarget | undefined
  const clock = new SimClock()
  const follower = new HeadFollower({
    clock,
    chain: await memoryChain({ blocks: blocks.slice(0, 10) }),
    trustedHeads: [alice, bob],
    target: () => target,
    lastSource: () => source,
    setTarget: (told) => {
      set.push(told)
      target = told
    },
    ...options,
  })
  const told = (peer: string, block: TestBlock) =>
    follower.told({ peer, hash: block.hash, number: block.header.number, header: block.header })
  return {
    clock,
    follower,
    told,
    numbers: () => set.map(({ header }) => header && Number(header.number)),
    set,
    reach: () => {
      target = undefined
    },
    engineSpeaks: () => {
      source = 'engine'
    },
  }
}

test('a trusted peer is followed, a stranger is not', async () => {
  const { told, set } = await make()
  told(mallory, blocks[15]!)
  expect(set).toEqual([])
  told(alice, blocks[12]!)
  expect(set).toEqual([{ hash: blocks[12]!.hash, header: blocks[12]!.header, source: 'trusted-peer' }])
})

test('a trusted peer may be told by its URL', async () => {
  const enode = testEnode()
  const { told, numbers } = await make({ trustedHeads: [enode.toString()] })
  told(enode.id, blocks[12]!)
  expect(numbers()).toEqual([13])
})

test('who is no node is refused', async () => {
  await expect(make({ trustedHeads: ['alice'] })).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
  await expect(make({ checkpoint: new Uint8Array(31) })).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' })
})

test('another trusted peer that is behind does not draw the chain back', async () => {
  const { told, numbers, reach } = await make()
  told(alice, blocks[15]!)
  told(bob, blocks[13]!)
  reach()
  told(bob, blocks[8]!)
  expect(numbers()).toEqual([16])
})

test('nor does it where the headers of their heads are not known yet', async () => {
  const { follower, set } = await make()
  for (const [peer, at] of [
    [alice, 15],
    [bob, 13],
    [alice, 15],
  ] as const) {
    follower.told({ peer, hash: blocks[at]!.hash, number: blocks[at]!.header.number })
  }
  expect(set.map(({ hash }) => hash)).toEqual([blocks[15]!.hash])
})

test('of trusted peers the one that is ahead leads', async () => {
  const { told, numbers } = await make()
  told(alice, blocks[15]!)
  told(bob, blocks[17]!)
  told(alice, blocks[16]!)
  expect(numbers()).toEqual([16, 18])
})

test('the leader is followed back to another branch', async () => {
  const { told, numbers } = await make()
  told(alice, blocks[15]!)
  told(alice, blocks[11]!)
  expect(numbers()).toEqual([16, 12])
})

test('when the leader is gone another one is followed, wherever it is', async () => {
  const { follower, told, numbers } = await make()
  told(alice, blocks[15]!)
  follower.left(alice)
  told(bob, blocks[11]!)
  expect(numbers()).toEqual([16, 12])
})

test('once the consensus client has spoken no peer is believed', async () => {
  const { told, set, engineSpeaks } = await make()
  engineSpeaks()
  told(alice, blocks[15]!)
  expect(set).toEqual([])
})

test('nor is one that spoke while the checkpoint was not reached', async () => {
  const checkpoint = blocks[14]!.hash
  const { follower, told, set, engineSpeaks } = await make({ checkpoint })
  follower.start()
  told(alice, blocks[17]!)
  engineSpeaks()
  // The header of what the consensus client said is not here yet, so the checkpoint was still followed.
  follower.onReached(set[0]!)
  expect(set).toEqual([{ hash: checkpoint, source: 'checkpoint' }])
})

test('a checkpoint comes first, and what peers said meanwhile after it', async () => {
  const checkpoint = blocks[14]!.hash
  const { follower, told, set, reach } = await make({ checkpoint })
  follower.start()
  told(alice, blocks[17]!)
  told(bob, blocks[16]!)
  expect(set).toEqual([{ hash: checkpoint, source: 'checkpoint' }])
  reach()
  follower.onReached(set[0]!)
  expect(set[1]).toMatchObject({ hash: blocks[17]!.hash, source: 'trusted-peer' })
})

test('the same head told twice is one target', async () => {
  const { told, numbers } = await make()
  told(alice, blocks[15]!)
  told(alice, blocks[15]!)
  told(bob, blocks[15]!)
  expect(numbers()).toEqual([16])
})

test('who is trusted later is believed from then on', async () => {
  const { follower, told, numbers } = await make()
  told(mallory, blocks[15]!)
  follower.trust([mallory.toUpperCase()])
  told(mallory, blocks[15]!)
  expect(numbers()).toEqual([16])
})

describe('a height that is only told', () => {
  const nowhere = () => ({ peer: bob, hash: new Uint8Array(32).fill(7), number: 2n ** 60n })

  test('counts for a while, and then lower heads are followed again', async () => {
    const { clock, follower, told, set } = await make()
    told(alice, blocks[12]!)
    follower.told(nowhere())
    told(alice, blocks[13]!)
    expect(set).toHaveLength(2)
    await clock.advance(UNPROVEN_HEAD_MS)
    told(alice, blocks[14]!)
    expect(set[2]).toMatchObject({ hash: blocks[14]!.hash })
  })

  test('counts for as long as it is followed, once its header was shown', async () => {
    const { clock, told, set } = await make()
    told(bob, blocks[17]!)
    await clock.advance(UNPROVEN_HEAD_MS)
    told(alice, blocks[14]!)
    expect(set).toHaveLength(1)
  })

  test('goes with the peer that told it: what the others told last is followed', async () => {
    const { follower, told, set } = await make()
    told(alice, blocks[14]!)
    follower.told(nowhere())
    told(alice, blocks[15]!)
    follower.left(bob)
    expect(set.map(({ hash }) => hash)).toEqual([blocks[14]!.hash, nowhere().hash, blocks[15]!.hash])
  })
})

test('of a head that can not be followed the next best takes the place, if it is ahead', async () => {
  const { follower, told, set, numbers, reach } = await make()
  told(alice, blocks[14]!)
  told(bob, blocks[17]!)
  reach()
  follower.onFailed(set[1]!)
  expect(numbers()).toEqual([15, 18, 15])
  reach()
  follower.onFailed(set[2]!)
  expect(numbers(), 'nothing is left').toEqual([15, 18, 15])
})

test('who has led the chain to where it is may go back, nobody else', async () => {
  const { follower, told, set, reach } = await make()
  told(alice, blocks[14]!)
  reach()
  follower.onReached(set[0]!)
  follower.left(alice)
  told(bob, blocks[11]!)
  follower.left(bob)
  told(alice, blocks[12]!)
  expect(set.map(({ mayGoBack }) => mayGoBack)).toEqual([undefined, undefined, true])
})
