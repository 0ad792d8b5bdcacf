import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Account } from '../../src/store/account.js'
import { entry, FREE } from './entries.js'

const facts = (nonce: number) => ({ nonce: BigInt(nonce), balance: undefined, hasCode: false })

function accountWith(nonces: readonly number[], next?: number): Account {
  const account = new Account('a', false)
  if (next !== undefined) account.learn(facts(next))
  for (const nonce of nonces) account.put(entry({ nonce }), FREE)
  return account
}
const noncesOf = (entries: readonly { nonce: bigint }[]) => entries.map(({ nonce }) => Number(nonce))

describe('an account', () => {
  test('splits its transactions at the first gap, whatever order they came in', () => {
    const account = accountWith([4, 1, 0, 5, 2], 0)
    expect(noncesOf(account.pending)).toEqual([0, 1, 2])
    expect(noncesOf(account.queued)).toEqual([4, 5])
    expect(account.nextNonce).toBe(3n)
  })

  test('has nothing pending before the nonce that the chain waits for', () => {
    const account = accountWith([4, 5], 3)
    expect(account.pendingCount).toBe(0)
    expect(account.nextNonce).toBe(3n)
  })

  test('is worth what its worst transaction is, from that one on', () => {
    const account = new Account('a', false)
    for (const [nonce, tip] of [9, 3, 7].entries()) account.put(entry({ nonce, tip }), FREE)
    expect([2, 1, 0].map((before) => account.worthFromTail(before)!.tip)).toEqual([9n, 3n, 3n])
    account.put(entry({ nonce: 1, tip: 8 }), FREE)
    expect([2, 1, 0].map((before) => account.worthFromTail(before)!.tip)).toEqual([9n, 8n, 7n])
    expect(account.worthWith(entry({ nonce: 3, tip: 99 }), FREE).tip).toBe(7n)
  })

  test('adds up what the pending ones cost', () => {
    const account = accountWith([0, 1, 3], 0)
    expect(account.pendingCost).toBe(20n)
    account.remove([account.at(0n)!], FREE)
    expect(account.pendingCost).toBe(0n)
  })

  test('knows beforehand what will be pending', () => {
    const nonces = fc.uniqueArray(fc.nat(12), { maxLength: 10 })
    const next = fc.option(fc.nat(6), { nil: undefined })
    fc.assert(
      fc.property(nonces, next, fc.nat(12), (have, chain, nonce) => {
        const used = chain ?? 0
        const account = accountWith(
          have.filter((other) => other >= used && other !== nonce),
          chain,
        )
        if (nonce < used) return
        const expected = account.wouldPend(BigInt(nonce))
        account.put(entry({ nonce }), FREE)
        expect(account.isPending(BigInt(nonce))).toBe(expected)
      }),
    )
  })

  test('keeps its order and its sums through any changes', () => {
    const step = fc.record({ remove: fc.boolean(), nonce: fc.nat(15), tip: fc.nat(50), cost: fc.nat(9) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(3), (steps, chain) => {
        const account = new Account('a', false)
        account.learn(facts(chain))
        for (const { remove, nonce, ...rest } of steps) {
          const there = account.at(BigInt(nonce))
          if (remove && there !== undefined) account.remove([there], FREE)
          else if (!remove && nonce >= chain) account.put(entry({ nonce, ...rest }), FREE)
        }
        const all = noncesOf(account.all)
        expect(all).toEqual([...new Set(all)].sort((x, y) => x - y))
        expect(noncesOf(account.pending)).toEqual(account.pending.map((_, i) => chain + i))
        expect(account.queued[0]?.nonce).not.toBe(BigInt(chain + account.pendingCount))
        const sum = account.pending.reduce((total, { cost }) => total + cost, 0n)
        expect(account.pendingCost).toBe(sum)
        const tips = account.all.map(({ tipCap }) => tipCap)
        const least = tips.length === 0 ? undefined : tips.reduce((low, tip) => (tip < low ? tip : low))
        expect(account.worthFromTail()?.tip).toBe(least)
      }),
    )
  })
})
