// A pool through random transactions, blocks and reorgs: whatever happens, it agrees with itself and with what it told.
import type { Block, Transaction } from '@ethspan/chain'
import { bytesToHex } from '@ethspan/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { hashOf, type TestPool, TestState, testPool, tx } from './support.js'

const ACCOUNTS = 4
const NONCES = 5
const PRICES = [2, 3, 5]
/** Signed once: by account, nonce and price. */
const signed = Array.from({ length: ACCOUNTS }, (_, from) =>
  Array.from({ length: NONCES }, (_, nonce) => PRICES.map((fee) => tx({ from, nonce, fee, tip: fee / 2 }))),
)
const LIMITS = { slots: 10, queue: 4, accountQueue: 3, accountSlots: 3 }

const pick = fc.record({ from: fc.nat(ACCOUNTS - 1), nonce: fc.nat(NONCES - 1), price: fc.nat(PRICES.length - 1) })
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ add: fc.array(pick, { minLength: 1, maxLength: 4 }), peer: fc.constantFrom('a', 'b') }),
  },
  { weight: 2, arbitrary: fc.record({ mine: fc.array(pick, { maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ reorg: fc.array(pick, { maxLength: 2 }) }) },
)

const one = ({ from, nonce, price }: { from: number; nonce: number; price: number }): Transaction =>
  signed[from]![nonce]![price]!

/** A block may have one transaction of each nonce, and the state says the next nonces as if all before were mined. */
class Nonces {
  readonly state = new TestState()
  readonly #next = new Array<number>(ACCOUNTS).fill(0)

  constructor() {
    for (let i = 0; i < ACCOUNTS; i++) this.state.set(i)
  }

  mined(picks: readonly { from: number; nonce: number }[]): void {
    for (const { from, nonce } of picks) this.#next[from] = Math.max(this.#next[from]!, nonce + 1)
    this.#write()
  }

  unmined(picks: readonly { from: number; nonce: number }[]): void {
    for (const { from, nonce } of picks) this.#next[from] = Math.min(this.#next[from]!, nonce)
    this.#write()
  }

  next(from: number): number {
    return this.#next[from]!
  }

  #write(): void {
    for (let i = 0; i < ACCOUNTS; i++) this.state.set(i, { nonce: BigInt(this.#next[i]!) })
  }
}

/** What others made of the pool's events. */
function listener({ pool }: TestPool): Set<string> {
  const ready = new Set<string>()
  pool.addEventListener('drop', ({ transactions }) => {
    for (const { hash } of transactions) ready.delete(bytesToHex(hash))
  })
  pool.addEventListener('add', ({ transactions }) => {
    for (const { hash } of transactions) ready.add(bytesToHex(hash))
  })
  return ready
}

function checkPool({ pool }: TestPool, ready: Set<string>, nonces: Nonces): void {
  const pending = [...pool.pending().values()]
  const queued = [...pool.queued().values()]
  const entries = [...pending, ...queued].flat()
  const { pending: minable, queued: waiting, bytes } = pool.counts()
  expect([minable, waiting]).toEqual([pending.flat().length, queued.flat().length])
  expect(bytes).toBe(entries.reduce((sum, { size }) => sum + size, 0))
  expect(entries.length).toBeLessThanOrEqual(LIMITS.slots)
  expect(waiting).toBeLessThanOrEqual(LIMITS.queue)
  for (const list of queued) expect(list.length).toBeLessThanOrEqual(LIMITS.accountQueue)
  // One transaction for each nonce of a sender.
  const places = entries.map(({ sender, tx: { nonce } }) => `${bytesToHex(sender)}:${nonce}`)
  expect(new Set(places).size).toBe(places.length)
  for (const list of pending) {
    const first = list[0]!.tx.nonce
    expect(list.map(({ tx: { nonce } }) => nonce)).toEqual(list.map((_, i) => first + BigInt(i)))
    expect(pool.nextNonce(list[0]!.sender)).toBe(first + BigInt(list.length))
  }
  for (let from = 0; from < ACCOUNTS; from++) {
    const next = nonces.next(from)
    for (const list of pending)
      if (list[0]!.sender.join() === signer(from)) expect(Number(list[0]!.tx.nonce)).toBe(next)
  }
  for (const { hash } of entries) expect(pool.has(hash)).toBe(true)
  for (const { hash } of pending.flat()) expect(ready.has(bytesToHex(hash))).toBe(true)
  // What was told as ready and not as dropped is still here, though a gap may have come before it.
  for (const key of ready) expect(entries.some(({ hash }) => bytesToHex(hash) === key)).toBe(true)
}

const signers = new Map<number, string>()
const signer = (from: number): string => signers.get(from)!

test('a pool agrees with itself and with what it told, whatever happens', async () => {
  const probe = await testPool()
  for (let from = 0; from < ACCOUNTS; from++) {
    const [answer] = await probe.pool.add([signed[from]![0]![0]!])
    signers.set(from, 'added' in answer! ? answer.added.sender.join() : '')
  }
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const nonces = new Nonces()
      const pool = await testPool({ state: nonces.state, limits: LIMITS })
      const ready = listener(pool)
      let last: { parent: Block; picks: { from: number; nonce: number }[] } | undefined
      for (const [i, what] of steps.entries()) {
        if ('add' in what) await pool.pool.add(what.add.map(one), { peer: what.peer })
        else {
          const isReorg = 'reorg' in what && last !== undefined
          const parent = isReorg ? last!.parent : (await pool.chain.block(pool.chain.head().hash))!
          const wanted = 'mine' in what ? what.mine : what.reorg
          if (isReorg) nonces.unmined(last!.picks)
          const picks = wanted.filter(
            ({ from, nonce }, at) =>
              nonce >= nonces.next(from) && wanted.findIndex((w) => w.from === from && w.nonce === nonce) === at,
          )
          nonces.mined(picks)
          await pool.mine(picks.map(one), { parent, extra: `${i}` })
          for (const tx of picks.map(one)) expect(pool.pool.has(Buffer.from(hashOf(tx), 'hex'))).toBe(false)
          last = { parent, picks }
        }
        checkPool(pool, ready, nonces)
      }
      await pool.pool.stop()
    }),
    { numRuns: 30 },
  )
}, 60_000)
