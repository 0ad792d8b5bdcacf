import { SimClock, settle } from '@ethspan/core/testing'
import { expect, test } from 'vitest'
import { type EthServing, MAX_CONCURRENT_SERVES } from '../../src/index.js'
import { ServeBudget } from '../../src/service/serve-budget.js'

/** Something to serve whose answers have the size, and take the milliseconds, that the request's origin says. */
function slowServing(clock: SimClock) {
  const served: string[] = []
  let running = 0
  let most = 0
  const servingOf = (name: string): EthServing => ({
    blockHeaders: async ({ limit }) => {
      running++
      most = Math.max(most, running)
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 1))
      running--
      served.push(name)
      return [new Uint8Array(Number(limit))]
    },
    blockBodies: () => Promise.reject(new Error('the disk is broken')),
    receipts: () => ({ blocks: [], lastBlockIncomplete: false }),
    pooledTransactions: () => [],
    accessLists: () => [],
  })
  return { served, servingOf, most: () => most }
}

const MiB = 1024 * 1024

test('fifty peers that ask for little are not kept waiting by one that asks for much, again and again', async () => {
  const clock = new SimClock()
  const budget = new ServeBudget(clock)
  const { served, servingOf } = slowServing(clock)
  const greedy = budget.servingFor(servingOf('greedy'))
  const askOn = async () => {
    for (let i = 0; i < 100; i++) await greedy.blockHeaders({ origin: 0n, limit: BigInt(2 * MiB) })
  }
  void askOn()
  await settle()
  const others = Array.from({ length: 50 }, (_, i) => budget.servingFor(servingOf(`peer ${i}`)))
  let rounds = 0
  const askSome = async (serving: EthServing) => {
    for (let i = 0; i < 3; i++) {
      await serving.blockHeaders({ origin: 0n, limit: 1000n })
      rounds++
    }
  }
  const done = Promise.all(others.map(askSome))
  while (rounds < 150) await clock.advance(1)
  await done
  // 150 small answers are 2 MiB with what each costs in time and by itself: meanwhile it got about as much.
  expect(served.filter((name) => name === 'greedy').length).toBeLessThanOrEqual(4)
  expect(new Set(served).size).toBe(51)
})

test('who asks for less is served more often', async () => {
  const clock = new SimClock()
  const budget = new ServeBudget(clock)
  const { served, servingOf } = slowServing(clock)
  const askOn = async (name: string, limit: bigint) => {
    const serving = budget.servingFor(servingOf(name))
    for (;;) await serving.blockHeaders({ origin: 0n, limit })
  }
  for (let i = 0; i < 8; i++) void askOn('greedy', BigInt(2 * MiB))
  void askOn('modest', 1000n)
  await clock.advance(60)
  const [greedy, modest] = ['greedy', 'modest'].map((name) => served.filter((other) => other === name).length)
  // In turn each would have had as many.
  expect(modest).toBeGreaterThan((1.5 * greedy!) / 8)
})

test('peers that ask for the same get the same', async () => {
  const clock = new SimClock()
  const budget = new ServeBudget(clock)
  const { served, servingOf } = slowServing(clock)
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
    const serving = budget.servingFor(servingOf(name))
    const askOn = async () => {
      for (;;) await serving.blockHeaders({ origin: 0n, limit: 50_000n })
    }
    void askOn()
  }
  await clock.advance(40)
  const counts = [...new Set(served)].map((name) => served.filter((other) => other === name).length)
  expect(counts).toHaveLength(8)
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
})

test('who was quiet for long has not saved up turns', async () => {
  const clock = new SimClock()
  const budget = new ServeBudget(clock)
  const { served, servingOf } = slowServing(clock)
  const busy = Array.from({ length: 6 }, () => budget.servingFor(servingOf('busy')))
  for (const serving of busy) {
    const askOn = async () => {
      for (;;) await serving.blockHeaders({ origin: 0n, limit: 100_000n })
    }
    void askOn()
  }
  await clock.advance(50)
  served.length = 0
  const late = budget.servingFor(servingOf('late'))
  const askOn = async () => {
    for (;;) await late.blockHeaders({ origin: 0n, limit: 100_000n })
  }
  void askOn()
  await clock.advance(14)
  const got = served.filter((name) => name === 'late').length
  expect(got).toBeGreaterThanOrEqual(6)
  expect(got).toBeLessThanOrEqual(10)
})

test('no more than a few answers are looked up at the same time', async () => {
  const clock = new SimClock()
  const budget = new ServeBudget(clock)
  const { servingOf, most } = slowServing(clock)
  const all = Array.from({ length: 50 }, () =>
    budget.servingFor(servingOf('any')).blockHeaders({ origin: 0n, limit: 1n }),
  )
  await clock.advance(20)
  await Promise.all(all)
  expect(most()).toBe(MAX_CONCURRENT_SERVES)
})

test('what fails frees its turn', async () => {
  const clock = new SimClock()
  const budget = new ServeBudget(clock)
  const { servingOf } = slowServing(clock)
  const serving = budget.servingFor(servingOf('any'))
  for (let i = 0; i < 2 * MAX_CONCURRENT_SERVES; i++) {
    await expect(serving.blockBodies([])).rejects.toThrow('the disk is broken')
  }
  expect(await serving.pooledTransactions([])).toEqual([])
})

test('it counts what it gave', async () => {
  const clock = new SimClock()
  const budget = new ServeBudget(clock)
  const { servingOf } = slowServing(clock)
  const answer = budget.servingFor(servingOf('any')).blockHeaders({ origin: 0n, limit: 77n })
  await clock.advance(1)
  await answer
  expect([budget.answers, budget.bytes]).toEqual([1, 77])
})
