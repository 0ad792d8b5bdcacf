import { type TestBlock, testBlocks } from '@ethspan/chain/testing'
import type { Store } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { beforeAll, expect, test } from 'vitest'
import { MAX_SEGMENTS } from '../../src/index.js'
import { Skeleton } from '../../src/sync/skeleton.js'
import { SkeletonStore } from '../../src/sync/skeleton-store.js'

let blocks: TestBlock[]
let branch: TestBlock[]
beforeAll(async () => {
  blocks = await testBlocks({ count: 60, transactions: 0 })
  branch = await testBlocks({ count: 30, transactions: 0, parent: blocks[29]!, extra: 'branch' })
})

async function open(store: Store = memoryStore()) {
  const cuts: number[] = []
  const skeleton = new Skeleton(new SkeletonStore(store), (from) => cuts.push(Number(from)))
  await skeleton.open()
  return { skeleton, cuts, store }
}

/** Headers from block `high` down to block `low`, as they are fetched. */
const down = (high: number, low: number, from = blocks) => from.slice(low - 1, high).reverse()
/** Of the segments that are there, from the newest: `head..tail`. */
function shape(skeleton: Skeleton): string[] {
  const { top, below } = skeleton
  return [top, below].flatMap((segment) => (segment === undefined ? [] : [`${segment.head}..${segment.tail}`]))
}
const numbers = async (skeleton: Skeleton, first: number, count: number) =>
  (await skeleton.headers(BigInt(first), count)).map(({ header }) => Number(header.number))

test('headers are put below the target, each vouched for by the one above', async () => {
  const { skeleton } = await open()
  await skeleton.setTarget(blocks[49]!)
  expect(skeleton.top).toMatchObject({ head: 50n, tail: 50n, next: blocks[48]!.hash })
  await skeleton.prepend(down(49, 40))
  await skeleton.prepend(down(39, 35))
  expect(skeleton.top).toMatchObject({ head: 50n, tail: 35n, next: blocks[33]!.hash })
  expect(await numbers(skeleton, 35, 100)).toHaveLength(16)
  expect((await skeleton.tailHeader()).raw).toEqual(blocks[34]!.header.raw)
})

test('the child of a target extends the way', async () => {
  const { skeleton, cuts } = await open()
  await skeleton.setTarget(blocks[49]!)
  await skeleton.prepend(down(49, 40))
  await skeleton.setTarget(blocks[50]!)
  expect(shape(skeleton)).toEqual(['51..40'])
  expect(cuts).toEqual([])
})

test('a newer target has a way of its own, until both meet', async () => {
  const { skeleton, cuts } = await open()
  await skeleton.setTarget(blocks[39]!)
  await skeleton.prepend(down(39, 30))
  await skeleton.setTarget(blocks[54]!)
  expect(shape(skeleton)).toEqual(['55..55', '40..30'])
  await skeleton.prepend(down(54, 45))
  expect(shape(skeleton)).toEqual(['55..45', '40..30'])
  await skeleton.prepend(down(44, 41))
  expect(shape(skeleton)).toEqual(['55..30'])
  expect(await numbers(skeleton, 30, 100)).toHaveLength(26)
  expect(cuts).toEqual([])
})

test('a target on another branch takes the place of what is not on the way to it', async () => {
  const { skeleton, cuts } = await open()
  await skeleton.setTarget(blocks[49]!)
  await skeleton.prepend(down(49, 20))
  await skeleton.setTarget(branch[9]!)
  // Block 40 is another one now, and those above are not wanted.
  expect(cuts).toEqual([40])
  expect(shape(skeleton)).toEqual(['40..40', '39..20'])
  await skeleton.prepend(branch.slice(0, 9).reverse())
  expect(shape(skeleton)).toEqual(['40..20'])
  expect(cuts.at(-1)).toBe(31)
  const way = await skeleton.headers(20n, 100)
  expect(way.map(({ hash }) => hash)).toEqual([...blocks.slice(19, 30), ...branch.slice(0, 10)].map(({ hash }) => hash))
})

test('a target that is on the way already cuts off what is above it', async () => {
  const { skeleton, cuts } = await open()
  await skeleton.setTarget(blocks[49]!)
  await skeleton.prepend(down(49, 20))
  await skeleton.setTarget(blocks[29]!)
  expect(shape(skeleton)).toEqual(['30..20'])
  expect(cuts).toEqual([31])
  expect(await numbers(skeleton, 31, 10)).toEqual([])
})

test('a sibling of the target takes its place on the same way', async () => {
  const [sibling] = await testBlocks({ count: 1, transactions: 0, parent: blocks[48]!, extra: 'sibling' })
  const { skeleton, cuts } = await open()
  await skeleton.setTarget(blocks[49]!)
  await skeleton.prepend(down(49, 20))
  await skeleton.setTarget(sibling!)
  expect(shape(skeleton)).toEqual(['50..20'])
  expect(skeleton.top!.headHash).toEqual(sibling!.hash)
  expect(cuts).toEqual([50])
})

test('what is in the chain is done with', async () => {
  const { skeleton } = await open()
  await skeleton.setTarget(blocks[49]!)
  await skeleton.prepend(down(49, 20))
  await skeleton.consume(29n)
  expect(skeleton.top).toMatchObject({ head: 50n, tail: 30n, next: blocks[28]!.hash })
  await expect(skeleton.header(29n)).rejects.toThrow('has no header 29')
  await skeleton.consume(50n)
  expect(skeleton.top).toBeUndefined()
})

test('it is there again after a restart', async () => {
  const { skeleton, store } = await open()
  await skeleton.setTarget(blocks[39]!)
  await skeleton.prepend(down(39, 30))
  await skeleton.setTarget(blocks[54]!)
  await skeleton.prepend(down(54, 50))
  const again = await open(store)
  expect(shape(again.skeleton)).toEqual(['55..50', '40..30'])
  expect(await numbers(again.skeleton, 30, 100)).toHaveLength(11)
  await again.skeleton.prepend(down(49, 41))
  expect(shape(again.skeleton)).toEqual(['55..30'])
})

test('headers that no segment has any more are removed at the next start', async () => {
  const { skeleton, store } = await open()
  await skeleton.setTarget(blocks[49]!)
  await skeleton.prepend(down(49, 20))
  // As if the process had ended between the two writes.
  const segments = await store.get('segments')
  await skeleton.consume(29n)
  await store.put('header-0000000000000003', blocks[2]!.header.raw)
  await store.put('header-0000000000000fff', blocks[2]!.header.raw)
  const again = await open(store)
  expect(again.skeleton.top).toMatchObject({ tail: 30n })
  expect((await store.keys().all()).filter((key) => key.startsWith('header'))).toHaveLength(21)
  expect(segments).toBeDefined()
})

test('a store that holds something else begins anew', async () => {
  const store = memoryStore()
  await store.put('segments', Uint8Array.of(1, 2, 3))
  const { skeleton } = await open(store)
  expect(skeleton.top).toBeUndefined()
})

test('ways that were never finished are bounded', async () => {
  const { skeleton, store, cuts } = await open()
  for (let number = 2; number <= 60; number += 2) await skeleton.setTarget(blocks[number - 1]!)
  expect(skeleton.top!.head).toBe(60n)
  expect((await store.keys().all()).filter((key) => key.startsWith('header'))).toHaveLength(MAX_SEGMENTS)
  expect(cuts.slice(0, 3), 'blocks of those given up are not fetched any more').toEqual([2, 4, 6])
  const again = await open(store)
  let count = 0
  for (let number = 60; number > 0; number -= 2) {
    if ((await again.skeleton.headers(BigInt(number), 1)).length > 0) count++
  }
  expect(count).toBe(MAX_SEGMENTS)
})
