import { transactionHash } from '@ethspan/chain'
import { testAddress } from '@ethspan/chain/testing'
import { describe, expect, test } from 'vitest'
import { ETHER, hashOf, nonces, outcomes, TestState, testPool, tx } from './support.js'

/** Accounts 0 to 9 with 1000 ether and nonce 0. */
function richState(): TestState {
  const state = new TestState()
  for (let i = 0; i < 10; i++) state.set(i)
  return state
}

describe('a transaction that is taken', () => {
  test('is found by its hash, as it came and as it is sent to peers', async () => {
    const { pool } = await testPool()
    const sent = tx({ type: 0 })
    const typed = tx({ from: 1 })
    const [first, second] = await pool.add([sent, typed])
    const hash = transactionHash(sent)
    expect(pool.has(hash)).toBe(true)
    expect(pool.get(hash)).toMatchObject({
      type: 0,
      bytes: sent.bytes,
      size: sent.bytes.length,
      sender: testAddress(0),
    })
    expect(pool.transaction(hash)).toEqual(sent.bytes)
    // A typed one is a byte string in the lists of the wire: b8 and its length come before it.
    expect(pool.transaction(transactionHash(typed))).toEqual(Uint8Array.of(0xb8, typed.bytes.length, ...typed.bytes))
    expect(first).toEqual({ added: pool.get(hash) })
    expect(second).toEqual({ added: pool.get(transactionHash(typed)) })
  })

  test('is not kept in the message that it came in', async () => {
    const { pool } = await testPool()
    const message = new Uint8Array(1_000_000)
    const { type, bytes } = tx()
    message.set(bytes, 500)
    const [answer] = await pool.add([{ type, bytes: message.subarray(500, 500 + bytes.length) }])
    expect(answer).toHaveProperty('added')
    const kept = pool.get(transactionHash({ type, bytes }))!
    expect(kept.bytes).toEqual(bytes)
    expect(kept.bytes.buffer.byteLength).toBeLessThan(300)
    expect(kept.tx.data.buffer.byteLength).toBeLessThan(300)
  })

  test('is refused when it comes again, also within one batch', async () => {
    const { pool, told } = await testPool()
    const sent = tx()
    expect(outcomes(await pool.add([sent, sent]))).toEqual(['added', 'already-known'])
    const [again] = await pool.add([sent])
    expect(again).toEqual({ refused: 'already-known', message: 'already known' })
    expect(told.added).toEqual([hashOf(sent)])
    expect(pool.counts()).toEqual({ pending: 1, queued: 0, bytes: sent.bytes.length })
  })
})

describe('nonces', () => {
  test('without a gap are pending, those behind a gap are queued until it is closed', async () => {
    const { pool, told } = await testPool({ state: richState() })
    const txs = [0, 1, 3, 4].map((nonce) => tx({ nonce }))
    await pool.add(txs)
    expect([nonces(pool, 'pending'), nonces(pool, 'queued')]).toEqual([{ 0: [0, 1] }, { 0: [3, 4] }])
    expect(told.added).toEqual([txs[0]!, txs[1]!].map(hashOf))
    expect(pool.nextNonce(testAddress(0))).toBe(2n)
    const missing = tx({ nonce: 2 })
    await pool.add([missing])
    expect([nonces(pool, 'pending'), nonces(pool, 'queued')]).toEqual([{ 0: [0, 1, 2, 3, 4] }, {}])
    expect(told.added.slice(2)).toEqual([missing, txs[2]!, txs[3]!].map(hashOf))
    expect(pool.nextNonce(testAddress(0))).toBe(5n)
  })

  test('start with the one that the state says', async () => {
    const state = richState()
    state.set(0, { nonce: 7n })
    const { pool } = await testPool({ state })
    const answers = await pool.add([tx({ nonce: 6 }), tx({ nonce: 8 }), tx({ nonce: 7 })])
    expect(answers[0]).toEqual({ refused: 'nonce', message: 'nonce too low: next nonce 7, tx nonce 6' })
    expect(nonces(pool, 'pending')).toEqual({ 0: [7, 8] })
  })

  test('start with the lowest that came where no state says one', async () => {
    const { pool } = await testPool()
    await pool.add([tx({ nonce: 5 }), tx({ nonce: 7 })])
    expect([nonces(pool, 'pending'), nonces(pool, 'queued')]).toEqual([{ 0: [5] }, { 0: [7] }])
    await pool.add([tx({ nonce: 4 })])
    expect(nonces(pool, 'pending')).toEqual({ 0: [4, 5] })
    await pool.add([tx({ nonce: 2 })])
    expect([nonces(pool, 'pending'), nonces(pool, 'queued')]).toEqual([{ 0: [2] }, { 0: [4, 5, 7] }])
  })

  test('of a state that is not there are judged as without one', async () => {
    const state = richState()
    state.isThere = false
    const { pool } = await testPool({ state })
    await pool.add([tx({ nonce: 5 })])
    expect(nonces(pool, 'pending')).toEqual({ 0: [5] })
    expect(state.reads).toBe(0)
  })

  test('have no next one where nothing of the sender is pending', async () => {
    const { pool } = await testPool({ state: richState() })
    expect(pool.nextNonce(testAddress(0))).toBeUndefined()
    await pool.add([tx({ nonce: 3 })])
    expect(pool.nextNonce(testAddress(0))).toBeUndefined()
  })
})

describe('a replacement', () => {
  const rows: [string, number, number, boolean][] = [
    ['10 % more of both', 2.2, 1.1, true],
    ['more of the fee cap alone', 4, 1, false],
    ['more of the tip alone', 2, 1.5, false],
    ['9 % more', 2.18, 1.09, false],
    ['less', 1.5, 0.5, false],
  ]
  test.each(rows)('with %s is taken or not', async (_, fee, tip, isTaken) => {
    const { pool, told } = await testPool({ state: richState() })
    const old = tx({ fee: 2, tip: 1 })
    const fresh = tx({ fee, tip, value: 5n })
    await pool.add([old])
    const [answer] = await pool.add([fresh])
    if (isTaken) {
      expect(answer).toMatchObject({ replaced: { hash: transactionHash(old) } })
      expect(told).toEqual({ added: [old, fresh].map(hashOf), dropped: [hashOf(old)] })
    } else {
      expect(answer).toEqual({ refused: 'underpriced', message: 'replacement transaction underpriced' })
      expect(told).toEqual({ added: [hashOf(old)], dropped: [] })
    }
    expect(pool.counts().pending).toBe(1)
  })

  test('of what waits for a nonce is not told before that can be mined', async () => {
    const { pool, told } = await testPool({ state: richState() })
    const fresh = tx({ nonce: 2, fee: 4, tip: 2 })
    await pool.add([tx({ nonce: 2 })])
    const [answer] = await pool.add([fresh])
    expect(answer).toHaveProperty('replaced')
    expect(told.added).toEqual([])
  })
})

describe('funds', () => {
  test('must pay for the transaction', async () => {
    const state = new TestState()
    state.set(0, { balance: 50_000n * 2_000_000_000n })
    const { pool } = await testPool({ state })
    const [answer] = await pool.add([tx({ fee: 2, value: 3n })])
    expect(answer).toEqual({
      refused: 'insufficient-funds',
      message:
        'insufficient funds for gas * price + value: balance 100000000000000, tx cost 100000000000003, overshot 3',
    })
    expect(outcomes(await pool.add([tx({ fee: 2, value: 0n })]))).toEqual(['added'])
  })

  test('must pay for all that is pending together', async () => {
    const state = new TestState()
    state.set(0, { balance: 3n * ETHER })
    const { pool } = await testPool({ state })
    const gas = 50_000n * 2_000_000_000n
    await pool.add([tx({ nonce: 0, value: 2n * ETHER })])
    const [second] = await pool.add([tx({ nonce: 1, value: ETHER })])
    expect(second).toEqual({
      refused: 'insufficient-funds',
      message: `insufficient funds for gas * price + value: balance ${3n * ETHER}, queued cost ${2n * ETHER + gas}, tx cost ${ETHER + gas}, overshot ${2n * gas}`,
    })
    const [bumped] = await pool.add([tx({ nonce: 0, value: 3n * ETHER - 2n * gas, fee: 4, tip: 2 })])
    expect(bumped).toHaveProperty('replaced')
  })

  test('of an account that does not exist are none', async () => {
    const { pool } = await testPool({ state: new TestState() })
    expect(outcomes(await pool.add([tx()]))).toEqual(['insufficient-funds'])
  })
})

describe('local transactions', () => {
  test('are taken below the price that others pay', async () => {
    const { pool } = await testPool({ limits: { priceLimit: 1_000_000n } })
    const cheap = tx({ fee: 2, tip: 0 })
    expect(outcomes(await pool.add([cheap]))).toEqual(['underpriced'])
    const [answer] = await pool.add([cheap], { local: true })
    expect(answer).toMatchObject({ added: { isLocal: true } })
  })

  test('are not pushed out while they take no more than half of the pool', async () => {
    const { pool } = await testPool({ limits: { slots: 4, queue: 4 } })
    await pool.add(
      [0, 1].map((from) => tx({ from, fee: 2, tip: 0.001 })),
      { local: true },
    )
    await pool.add([2, 3].map((from) => tx({ from, fee: 3, tip: 1 })))
    await pool.add([4, 5, 6, 7].map((from) => tx({ from, fee: 9, tip: 5 })))
    expect(Object.keys(nonces(pool, 'pending'))).toEqual(['0', '1', '4', '5'])
  })

  test('are as those of others beyond that', async () => {
    const { pool } = await testPool({ limits: { slots: 4, queue: 4 } })
    await pool.add(
      [0, 1, 2, 3].map((from) => tx({ from, fee: 2, tip: 0.1 + from / 10 })),
      { local: true },
    )
    await pool.add([tx({ from: 5, fee: 9, tip: 5 }), tx({ from: 6, fee: 9, tip: 5 })])
    expect(Object.keys(nonces(pool, 'pending'))).toEqual(['2', '3', '5', '6'])
  })
})

describe('time', () => {
  test('drops what waited for a nonce for three hours, and nothing else', async () => {
    const { pool, clock, told } = await testPool({ state: richState() })
    const waiting = tx({ nonce: 3 })
    await pool.add([tx({ nonce: 0 }), waiting])
    await clock.advance(2 * 60 * 60_000)
    await pool.add([tx({ from: 1, nonce: 5 })])
    await clock.advance(61 * 60_000)
    expect(told.dropped).toEqual([hashOf(waiting)])
    expect([nonces(pool, 'pending'), nonces(pool, 'queued')]).toEqual([{ 0: [0] }, { 1: [5] }])
  })

  test('drops all that is old where no state says what can still be mined', async () => {
    const { pool, clock } = await testPool()
    await pool.add([tx()])
    await clock.advance(3 * 60 * 60_000 + 60_000)
    expect(pool.counts()).toEqual({ pending: 0, queued: 0, bytes: 0 })
  })

  test('stops with the pool', async () => {
    const { pool, clock } = await testPool()
    expect(clock.pendingTimers).toBe(1)
    await pool.stop()
    expect(clock.pendingTimers).toBe(0)
  })
})

test('a pool that was stopped follows no head, until it is started again', async () => {
  const { pool, mine } = await testPool()
  const [first, second] = [tx({ nonce: 0 }), tx({ nonce: 1 })]
  await pool.add([first, second])
  await pool.stop()
  await mine([first])
  expect(nonces(pool, 'pending')).toEqual({ 0: [0, 1] })
  pool.start()
  await mine([second])
  expect(pool.counts().pending).toBe(0)
})
