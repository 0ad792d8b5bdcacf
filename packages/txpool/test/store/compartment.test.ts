import fc from 'fast-check'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Entry } from '../../src/entry.js'
import { isRefusal, type Refusal } from '../../src/refusal.js'
import { Account } from '../../src/store/account.js'
import { Compartment, type CompartmentLimits } from '../../src/store/compartment.js'
import { type EntryOptions, entry, FREE } from './entries.js'

const limits: CompartmentLimits = {
  slots: 8,
  bytes: 10_000,
  accountSlots: 2,
  accountSize: 100,
  accountQueue: 3,
  queue: 4,
  lifetime: 1000,
}

/** A compartment and what happens in it. Every account's next nonce is 0. */
function setUp(some: Partial<CompartmentLimits> = {}, hasBlobs = false) {
  const compartment = new Compartment({ ...limits, ...some }, hasBlobs)
  const account = (key: string): Account => {
    const there = compartment.accounts.get(key)
    if (there !== undefined) return there
    const fresh = new Account(key, hasBlobs)
    fresh.learn({ nonce: 0n, balance: 0n, hasCode: false })
    return fresh
  }
  /** Puts an entry where there is room; returns what left, as `sender:nonce`, or why there is none. */
  const put = (options: EntryOptions): string[] | Refusal => {
    const fresh = entry(options)
    const room = compartment.makeRoom(fresh, account(fresh.senderKey), FREE)
    if (isRefusal(room)) return room
    compartment.remove(room, FREE)
    compartment.put(fresh, account(fresh.senderKey), FREE)
    return room.map(name)
  }
  const fill = (...all: EntryOptions[]) => all.map(put)
  return { compartment, put, fill, account }
}
const name = ({ senderKey, nonce }: Entry) => `${senderKey}:${nonce}`
const all = (compartment: Compartment) => [...compartment.accounts.values()].flatMap((account) => account.all)
const senders = 'abcdefgh'.split('')
const UNDERPRICED = { refused: 'underpriced', message: 'transaction underpriced' }

describe('a full compartment', () => {
  test('lets the cheapest go for what pays more, and takes nothing that pays as little', () => {
    const { put, fill } = setUp()
    fill(...senders.map((from, i) => ({ from, tip: 10 + i })))
    expect(put({ from: 'x', tip: 10 })).toEqual(UNDERPRICED)
    expect(put({ from: 'x', tip: 11 })).toEqual(['a:0'])
    expect(put({ from: 'y', tip: 30 })).toEqual(['b:0'])
  })

  test('lets the last of an account go, so that no gap comes', () => {
    const { put, fill } = setUp({ slots: 3 })
    fill({ from: 'a', nonce: 0, tip: 5 }, { from: 'a', nonce: 1, tip: 90 }, { from: 'b', tip: 20 })
    expect(put({ from: 'c', tip: 30 })).toEqual(['a:1'])
  })

  test('has room for what replaces another', () => {
    const { put, fill, compartment } = setUp({ slots: 2 })
    fill({ from: 'a', tip: 5 }, { from: 'b', tip: 9 })
    expect(put({ from: 'a', tip: 6 })).toEqual([])
    expect(compartment.slots).toBe(2)
  })

  test('lets several go for one that takes their room', () => {
    const { put, fill } = setUp({ slots: 4 })
    fill(...'abcd'.split('').map((from, i) => ({ from, tip: 10 + i })))
    expect(put({ from: 'x', slots: 3, tip: 12 })).toEqual(UNDERPRICED)
    expect(put({ from: 'x', slots: 3, tip: 13 })).toEqual(['a:0', 'b:0', 'c:0'])
  })

  test('is full by bytes as well', () => {
    const { put, fill } = setUp({ bytes: 1000 })
    fill({ from: 'a', size: 600, tip: 3 }, { from: 'b', size: 300, tip: 2 })
    expect(put({ from: 'c', size: 200, tip: 2 })).toEqual(UNDERPRICED)
    expect(put({ from: 'c', size: 800, tip: 4 })).toEqual(['b:0', 'a:0'])
  })

  test('lets what waits for a nonce go first, and takes no such thing for what is pending', () => {
    const { put, fill } = setUp({ slots: 2 })
    fill({ from: 'a', tip: 1 }, { from: 'b', nonce: 5, tip: 90 })
    expect(put({ from: 'c', nonce: 7, tip: 80 })).toEqual(UNDERPRICED)
    expect(put({ from: 'c', tip: 2 })).toEqual(['b:5'])
    expect(put({ from: 'd', nonce: 7, tip: 99 })).toEqual({
      refused: 'capacity',
      message: 'future transaction tries to replace pending',
    })
  })

  test('lets the last of its own account go for one that closes a gap', () => {
    const { put, fill } = setUp({ slots: 2 })
    fill({ from: 'a', nonce: 1, tip: 5 }, { from: 'a', nonce: 3, tip: 9 })
    expect(put({ from: 'a', nonce: 0, tip: 1 })).toEqual(['a:3'])
  })
})

describe('fairness', () => {
  test('one account may fill what is free, and gives way to others whatever it pays', () => {
    const { put, fill, compartment } = setUp()
    fill(...senders.map((_, nonce) => ({ from: 'rich', nonce, tip: 90 })))
    expect(compartment.accounts.get('rich')!.size).toBe(8)
    for (const [i, from] of 'abcdef'.split('').entries()) expect(put({ from, tip: 2 })).toEqual([`rich:${7 - i}`])
    // The two it has left are its share.
    expect(put({ from: 'g', tip: 2 })).toEqual(UNDERPRICED)
    expect(put({ from: 'rich', nonce: 2, tip: 99 })).toEqual({ refused: 'capacity', message: 'txpool is full' })
  })

  test('one peer may fill what is free, and gives way to others whatever it sends', () => {
    const { put, fill } = setUp()
    fill(...senders.map((from) => ({ from, tip: 90, peer: 'greedy' })))
    expect(put({ from: 'x', tip: 2, peer: 'other' })).toEqual(['a:0'])
    expect(put({ from: 'y', tip: 2, peer: 'other' })).toEqual(['b:0'])
    // A quarter of the pool is everybody's share: now both have more than theirs, or would have.
    expect(put({ from: 'z', tip: 2, peer: 'other' })).toEqual(UNDERPRICED)
    expect(put({ from: 'z', tip: 95, peer: 'greedy' })).toEqual(['c:0'])
    expect(put({ from: 'w', tip: 2, peer: 'third' })).toEqual(['d:0'])
  })

  test('what came from no peer is in nobody’s share', () => {
    const { put, fill } = setUp()
    fill(...senders.map((from) => ({ from, tip: 5 })))
    expect(put({ from: 'x', tip: 4, peer: 'other' })).toEqual(UNDERPRICED)
  })
})

describe('the queue', () => {
  test('of one account ends with its highest nonce', () => {
    const { put, fill } = setUp()
    fill(...[5, 6, 8].map((nonce) => ({ nonce })))
    expect(put({ nonce: 9 })).toEqual({ refused: 'account-limit', message: 'account limit exceeded: queued 3 txs' })
    expect(put({ nonce: 7 })).toEqual(['a:8'])
  })

  test('of all lets the cheapest go though there is room for pending ones', () => {
    const { put, fill } = setUp()
    fill(...'abcd'.split('').map((from, i) => ({ from, nonce: 3, tip: 10 + i })))
    expect(put({ from: 'x', nonce: 3, tip: 10 })).toEqual(UNDERPRICED)
    expect(put({ from: 'x', nonce: 3, tip: 11 })).toEqual(['a:3'])
    expect(put({ from: 'y', nonce: 0, tip: 1 })).toEqual([])
  })

  test('that grew by a change of the chain is brought back to its bounds', () => {
    const { fill, compartment } = setUp({ accountSlots: 8 })
    fill(
      ...[0, 1, 2, 3, 4].map((nonce) => ({ from: 'a', nonce })),
      ...[0, 1, 2].map((nonce) => ({ from: 'b', nonce, tip: 9 })),
    )
    for (const account of [...compartment.accounts.values()]) compartment.remove([account.at(0n)!], FREE)
    expect([compartment.pending, compartment.queued]).toEqual([0, 6])
    expect(compartment.overflow().map(name)).toEqual(['a:4', 'a:3'])
  })
})

test('transactions with blobs leave by how long both of their fees have to fall', () => {
  const { put, fill, compartment } = setUp({ slots: 2 }, true)
  fill({ from: 'a', blobFee: 100, fee: 100, tip: 50 }, { from: 'b', blobFee: 50, fee: 200, tip: 9 })
  compartment.reweigh({ baseFee: 100n, blobFee: 100n })
  // `b` waits for its blob fee to halve, `a` can be mined at once though its tip is nothing by now.
  const room = compartment.makeRoom(entry({ from: 'c', blobFee: 100, fee: 101, tip: 1 }), new Account('c', true), {
    baseFee: 100n,
    blobFee: 100n,
  })
  expect(isRefusal(room) ? room : room.map(name)).toEqual(['b:0'])
  expect(put({ from: 'd', blobFee: 1, fee: 1, tip: 1 })).toEqual(expect.anything())
})

test('any sequence of transactions leaves the compartment within its bounds, its counts right and every account whole', () => {
  const step = fc.record({
    from: fc.constantFrom(...'abcde'),
    nonce: fc.nat(9),
    tip: fc.nat(30),
    slots: fc.integer({ min: 1, max: 3 }),
    size: fc.integer({ min: 1, max: 3000 }),
    peer: fc.constantFrom('p', 'q', undefined),
    isLocal: fc.boolean(),
    remove: fc.nat(9),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const { compartment, put } = setUp()
      for (const { remove, ...options } of steps) {
        const some = all(compartment)
        if (remove === 0 && some.length > 0) {
          // As a block does: from the middle of an account as well.
          compartment.remove([some[options.nonce % some.length]!], FREE)
          compartment.remove(compartment.overflow(), FREE)
        } else put(options)
        const entries = all(compartment)
        expect(compartment.slots).toBe(entries.reduce((sum, { slots }) => sum + slots, 0))
        expect(compartment.bytes).toBe(entries.reduce((sum, { size }) => sum + size, 0))
        expect(compartment.pending + compartment.queued).toBe(entries.length)
        const accounts = [...compartment.accounts.values()]
        expect(compartment.pending).toBe(accounts.reduce((sum, { pendingCount }) => sum + pendingCount, 0))
        expect(compartment.slots).toBeLessThanOrEqual(limits.slots)
        expect(compartment.bytes).toBeLessThanOrEqual(limits.bytes)
        expect(compartment.queued).toBeLessThanOrEqual(limits.queue)
        for (const account of accounts) {
          expect(account.size).toBeGreaterThan(0)
          expect(account.size - account.pendingCount).toBeLessThanOrEqual(limits.accountQueue)
        }
      }
    }),
    { numRuns: 200 },
  )
})

test('in any sequence of transactions only what is worth less leaves, and nothing pending for what waits', () => {
  const step = fc.record({ from: fc.constantFrom(...'abcdefghijkl'), nonce: fc.nat(3), tip: fc.nat(30) })
  /** Of each transaction whether it is pending, and the least tip up to it. */
  const ranks = (compartment: Compartment) =>
    new Map(
      [...compartment.accounts.values()].flatMap((account) =>
        account.all.map((one, i) => {
          const tips = account.all.slice(0, i + 1).map(({ tipCap }) => Number(tipCap))
          return [name(one), { isPending: i < account.pendingCount, worth: Math.min(...tips) }]
        }),
      ),
    )
  const lastOf = (keys: Iterable<string>, key: string) =>
    [...keys].filter((other) => other[0] === key[0]).every((other) => Number(other.slice(2)) <= Number(key.slice(2)))
  let evictions = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
      const { compartment, put } = setUp({ accountSlots: 100, queue: 100, accountQueue: 100 })
      for (const options of steps) {
        const before = ranks(compartment)
        const gone = put(options)
        if (isRefusal(gone)) continue
        evictions += gone.length
        const fresh = ranks(compartment).get(`${options.from}:${options.nonce}`)!
        for (const key of gone) {
          const victim = before.get(key)!
          // Nobody's last transaction would have been the better choice, but for what the new one stands on.
          for (const [other, { isPending, worth }] of before) {
            const isLast = lastOf(before.keys(), other)
            if (!isLast || other.startsWith(`${options.from}:`)) continue
            expect(Number(victim.isPending)).toBeLessThanOrEqual(Number(isPending))
            if (victim.isPending === isPending) expect(victim.worth).toBeLessThanOrEqual(worth)
          }
          if (victim.isPending === fresh.isPending) expect(victim.worth).toBeLessThan(fresh.worth)
          else expect(victim.isPending).toBe(false)
        }
      }
    }),
  )
  expect(evictions).toBeGreaterThan(100)
})

describe('what a transaction costs', () => {
  test('in a full compartment does not grow with the accounts that are in it', () => {
    const { put, compartment } = setUp({ slots: 2000, bytes: 1_000_000 })
    for (let i = 0; i < 2000; i++) put({ from: `${i}`, tip: 10 + (i % 50), peer: `p${i % 3}` })
    const asked = vi.spyOn(Account.prototype, 'fromTail')
    onTestFinished(() => asked.mockRestore())
    for (let i = 0; i < 100; i++) expect(put({ from: `x${i}`, tip: 100, peer: 'q' })).toHaveLength(1)
    expect(compartment.overflow()).toEqual([])
    // A few for each of the peers.
    expect(asked.mock.calls.length).toBeLessThan(100 * 20)
  })

  test('that leaves with others of its account does not grow with those that stay', () => {
    const { fill, compartment } = setUp({ slots: 2000, bytes: 1_000_000, accountSize: 2000 })
    fill(...Array.from({ length: 2000 }, (_, nonce) => ({ from: 'a', nonce })))
    let weighed = 0
    const { all } = compartment.accounts.get('a')!
    for (const one of all) Object.defineProperty(one, 'tipCap', { get: () => BigInt(weighed++ && 1) })
    compartment.remove(all.slice(0, 1000), FREE)
    expect(compartment.pending + compartment.queued).toBe(1000)
    expect(weighed).toBeLessThanOrEqual(2 * 1000)
  })
})
