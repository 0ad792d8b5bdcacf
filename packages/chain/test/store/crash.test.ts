// A process that ends at any of its writes, the one under way on disk or not: whatever it was doing, the store it leaves is whole.
import type { Store } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { type Chain, openChain, transactionHash } from '../../src/index.js'
import { type TestBlock, testBlocks, testSpec, testTransaction } from '../../src/testing/index.js'
import { expectWhole } from './support.js'

const spec = testSpec()
const KEEP = 12
const CRASH = new Error('the process is gone')

/** Branches that have transactions in common, at other places. Each block stands on the one before; `b` and `c` leave `a` at some height. */
let branches: readonly TestBlock[][]

beforeAll(async () => {
  const sent = Array.from({ length: 46 }, (_, nonce) => testTransaction({ nonce: BigInt(nonce) }))
  const of = (shift: number) => (number: bigint) =>
    sent.slice(2 * Number(number) - 2 + shift, 2 * Number(number) + shift)
  const a = await testBlocks({ spec, count: 20, extra: 'a', transactions: of(0) })
  const b = await testBlocks({ spec, count: 12, extra: 'b', parent: a[4]!, transactions: of(1) })
  const c = await testBlocks({ spec, count: 18, extra: 'c', transactions: of(3) })
  branches = [a, b, c]
})

type Step =
  | { readonly put: number; readonly from: number; readonly count: number }
  | { readonly head: number; readonly at: number }
  | { readonly rebase: number; readonly at: number }
  | { readonly safe: number; readonly at: number }

const [branch, at] = [fc.nat(2), fc.nat(19)]
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ put: branch, from: fc.nat(10), count: fc.integer({ min: 1, max: 12 }) }) },
  { weight: 4, arbitrary: fc.record({ head: branch, at }) },
  { weight: 3, arbitrary: fc.record({ rebase: branch, at }) },
  { weight: 1, arbitrary: fc.record({ safe: branch, at }) },
)

/** So that there is something to change. */
const BEGINNING: readonly Step[] = [
  { put: 2, from: 0, count: 12 },
  { put: 0, from: 0, count: 16 },
  { head: 0, at: 13 },
]

const blockAt = (branch: number, at: number): TestBlock => branches[branch]![at % branches[branch]!.length]!

async function take(chain: Chain, step: Step): Promise<void> {
  if ('put' in step) await chain.putBlocks(branches[step.put]!.slice(step.from, step.from + step.count))
  else if ('head' in step) await chain.setHead(blockAt(step.head, step.at).hash)
  else if ('rebase' in step) await chain.rebase(blockAt(step.rebase, step.at))
  else await chain.setFinality({ safe: blockAt(step.safe, step.at).hash })
}

/** A store whose process ends at one of its writes, counted from now: nothing comes to it after that. */
function endingAt(store: Store, write: number, isOnDisk: boolean): Store {
  const batch = store.batch.bind(store) as (...args: unknown[]) => Promise<void>
  let left = write
  return Object.assign(store, {
    batch: async (...args: unknown[]) => {
      left--
      if (left > 0 || (left === 0 && isOnDisk)) await batch(...args)
      if (left <= 0) throw CRASH
    },
  })
}

test('a chain that ends at any write of anything it does is whole when it is opened, and goes on', async () => {
  let crashes = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 6, maxLength: 16 }),
      fc.integer({ min: 1, max: 12 }),
      fc.boolean(),
      fc.constantFrom(undefined, KEEP),
      async (steps, write, isOnDisk, keep) => {
        const store = memoryStore()
        const { batch } = store
        const chain = await openChain({ store, spec, keep })
        endingAt(store, write, isOnDisk)
        const acknowledged = new Set([chain.head().hash])
        const next: Uint8Array[] = []
        chain.addEventListener('head', ({ head }) => {
          acknowledged.clear()
          acknowledged.add(head.hash)
        })
        for (const one of [...BEGINNING, ...steps]) {
          const target = 'head' in one ? one.head : 'rebase' in one ? one.rebase : undefined
          if (target !== undefined && 'at' in one) next.splice(0, 1, blockAt(target, one.at).hash)
          const error = await take(chain, one).then(
            () => undefined,
            (error) => error,
          )
          if (error?.code !== 'ERR_DATA_DIR') continue
          crashes++
          break
        }
        // As a process that begins: what lies in the store is all there is.
        await chain.close().catch(() => undefined)
        Object.assign(store, { batch })
        const again = await openChain({ store, spec, keep })
        // What the crash left to prune is pruned meanwhile, a step before each write.
        for (let step = 0; step < 4; step++) await again.putBlocks([])
        expect([...acknowledged, ...next]).toContainEqual(again.head().hash)
        await expectWhole(again)
        await expectNothingBeside(again, store)

        await again.putBlocks([...branches[0]!, ...branches[1]!])
        const { hash } = blockAt(1, 11)
        await again.setHead(hash).catch(() => again.rebase(blockAt(1, 11)))
        expect(again.head().hash).toEqual(hash)
        await expectWhole(again)
        await expectNothingBeside(again, store)
        await again.close()
      },
    ),
    { numRuns: 40 },
  )
  // Most runs end early: else nothing is tried here.
  expect(crashes).toBeGreaterThan(5)
}, 120_000)

/**
 * Nothing is told, nor in the store, of canonical numbers above the head or before the first, nor of places of transactions that
 * are in no canonical block.
 */
async function expectNothingBeside(chain: Chain, store: Store): Promise<void> {
  const [earliest, head] = [chain.earliest(), chain.head().number]
  const canonical = new Set<string>()
  for (let number = earliest; number <= head; number++) {
    for (const tx of (await chain.block(number))!.body.transactions) canonical.add(`${transactionHash(tx)}`)
  }
  for (const { header, body } of branches.flat()) {
    const { number } = header
    if (number < earliest || number > head) expect(await chain.canonicalHash(number)).toBeUndefined()
    for (const tx of body.transactions) {
      const hash = transactionHash(tx)
      expect((await chain.transactionPlace(hash)) !== undefined).toBe(canonical.has(`${hash}`))
    }
  }
  const keys = await store.keys<Uint8Array>({ keyEncoding: 'view' }).all()
  const count = (letter: string) => keys.filter((key) => key.length > 8 && key[0] === letter.charCodeAt(0)).length
  // The genesis block is always there.
  expect(count('n')).toBe(Number(head - earliest) + (earliest > 0n ? 2 : 1))
  expect(count('l')).toBe(canonical.size)
  const safe = chain.safe()
  // Of a chain that keeps few blocks the marked one may be gone.
  if (safe !== undefined && safe.number >= earliest) expect(await chain.canonicalHash(safe.number)).toEqual(safe.hash)
}
