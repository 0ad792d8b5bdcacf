import { HeadEvent, type Transaction } from '@ethspan/chain'
import { memoryChain, testBlocks } from '@ethspan/chain/testing'
import { SimClock } from '@ethspan/core/testing'
import { expect, test } from 'vitest'
import { readChanges } from '../src/chain-changes.js'
import { Turns } from '../src/turns.js'
import { hashOf, tx } from './support.js'

/** Two branches of two blocks each on the genesis block, and what their heads look like. */
async function branches(ofA: Transaction[][], ofB: Transaction[][]) {
  const make = (extra: string, of: Transaction[][]) =>
    testBlocks({ count: 2, extra, transactions: (number) => of[Number(number) - 1] ?? [] })
  const [a, b] = await Promise.all([make('a', ofA), make('b', ofB)])
  const chain = await memoryChain({ blocks: a })
  await chain.putBlocks(b)
  const heads = [a, b].map((blocks) =>
    blocks.map(({ hash, header }) => ({ hash, header, number: header.number, time: header.time })),
  )
  return { chain, a: heads[0]!, b: heads[1]! }
}

const turns = () => new Turns(new SimClock())

test('what both branches have is mined, what only the old one has is lost', async () => {
  const [both, only] = [tx({ from: 1 }), tx({ from: 2 })]
  const { chain, a, b } = await branches([[both], [only]], [[], [both]])
  const changes = await readChanges(chain, [new HeadEvent(b[1]!, b, a)], turns())
  expect([...changes.mined.keys()]).toEqual([hashOf(both)])
  expect([...changes.lost.keys()]).toEqual([hashOf(only)])
  expect(changes.blocks).toBe(2)
})

test('heads that come and go between two looks count for nothing', async () => {
  const { chain, a, b } = await branches([[tx()]], [[tx({ from: 2 })]])
  const events = [new HeadEvent(a[1]!, a, []), new HeadEvent(b[1]!, b, a), new HeadEvent(a[1]!, a, b)]
  const changes = await readChanges(chain, events, turns())
  expect([...changes.mined.keys()]).toEqual([hashOf(tx())])
  expect(changes.lost.size).toBe(0)
})

test('a block whose body is not kept any more is passed over', async () => {
  const { a } = await branches([[tx()]], [])
  const changes = await readChanges({ body: async () => undefined }, [new HeadEvent(a[1]!, a, [])], turns())
  expect([changes.mined.size, changes.blocks]).toEqual([0, 2])
})
