// What the pool does with transactions with blobs, apart from the arithmetic of proofs.
import { transactionHash } from '@ethspan/chain'
import { SimClock } from '@ethspan/core/testing'
import { describe, expect, test } from 'vitest'
import { BlobProofs } from '../../src/blobs/proofs.js'
import { hashOf, nonces, outcomes, type TestPoolOptions, TestState, testPool, tx } from '../support.js'
import { blobTx, type TestSidecar, unprovenSidecar } from './blob-txs.js'

/** A pool that believes every proof, and counts them. */
async function believer(options: TestPoolOptions = {}) {
  const asked: number[] = []
  const proofs = {
    verify: async ({ blobs }: { readonly blobs: readonly unknown[] }) => {
      asked.push(blobs.length)
      return true
    },
  }
  return { asked, ...(await testPool({ proofs, ...options })) }
}

describe('a sidecar', () => {
  const one = unprovenSidecar()
  const rows: [string, TestSidecar, string | RegExp, Uint8Array[]?][] = [
    [
      'without a commitment for each hash',
      one,
      'invalid number of 1 blob commitments compared to 2 blob hashes',
      [new Uint8Array(32).fill(1), new Uint8Array(32).fill(1)],
    ],
    [
      'of other blobs than the transaction names',
      one,
      /^blob 0: computed hash 0x01[0-9a-f]{62} mismatches transaction one 0x0101/,
      [new Uint8Array(32).fill(1)],
    ],
    ['without a blob for each commitment', { ...one, blobs: [] }, /0 blobs, 1 commitments/],
    ['without a proof for each cell', { ...one, proofs: one.proofs.slice(1) }, /127 proofs/],
    ['whose blobs are too short', { ...one, blobs: [new Uint8Array(100)] }, /./],
  ]
  test.each(rows)('%s is refused before any proof is checked', async (_, sidecar, text, hashes) => {
    const { pool, asked } = await believer()
    const [answer] = await pool.add([blobTx(sidecar, hashes === undefined ? {} : { hashes })])
    expect(answer).toMatchObject({ refused: 'invalid-sidecar' })
    const { message } = answer as { message: string }
    if (typeof text === 'string') expect(message).toBe(text)
    else expect(message).toMatch(text)
    expect(asked).toEqual([])
  })

  test('of more than the largest size is refused', async () => {
    const { pool } = await believer()
    const [answer] = await pool.add([blobTx(unprovenSidecar(8))])
    expect(answer).toMatchObject({ refused: 'invalid' })
    expect((answer as { message: string }).message).toMatch(/^oversized data: .* limit 1048576$/)
  })
})

describe('proofs are not checked', () => {
  test('for who can’t pay', async () => {
    const { pool, asked } = await believer({ state: new TestState() })
    expect(outcomes(await pool.add([blobTx(unprovenSidecar())]))).toEqual(['insufficient-funds'])
    expect(asked).toEqual([])
  })

  test('for what is known', async () => {
    const { pool, asked } = await believer()
    const sent = blobTx(unprovenSidecar())
    const answers = await Promise.all([pool.add([sent]), pool.add([sent])])
    expect(answers.map(outcomes)).toEqual([['added'], ['already-known']])
    const before = asked.length
    expect(outcomes(await pool.add([sent]))).toEqual(['already-known'])
    expect(asked.length).toBe(before)
  })

  test('where there is no room for it', async () => {
    const { pool, asked } = await believer({ limits: { blobBytes: 300_000 } })
    await pool.add([blobTx(unprovenSidecar(), { from: 0, tip: 5 }), blobTx(unprovenSidecar(), { from: 1, tip: 5 })])
    expect(outcomes(await pool.add([blobTx(unprovenSidecar(), { from: 2, tip: 4 })]))).toEqual(['underpriced'])
    expect(asked).toEqual([1, 1])
    expect(outcomes(await pool.add([blobTx(unprovenSidecar(), { from: 3, tip: 6 })]))).toEqual(['added'])
    expect(pool.counts().bytes).toBeLessThan(300_000)
  })
})

describe('the library', () => {
  test('is loaded with the first blob, and asked for again where that failed', async () => {
    let loads = 0
    const load = async () => {
      loads++
      if (loads === 1) throw new TypeError('offline')
      return { verifyBlobProof: () => true, computeCells: () => [], verifyCellKzgProofBatch: () => true }
    }
    const { pool } = await testPool({ proofs: new BlobProofs(new SimClock(), load) })
    await pool.add([tx()])
    expect(loads).toBe(0)
    const sent = blobTx(unprovenSidecar(), { from: 1 })
    expect(await pool.add([sent])).toEqual([{ refused: 'capacity', message: 'blobs can not be checked now' }])
    expect(outcomes(await pool.add([sent, blobTx(unprovenSidecar(), { from: 2 })]))).toEqual(['added', 'added'])
    expect(loads).toBe(2)
  })
})

describe('an account', () => {
  test('has transactions with blobs or others, not both', async () => {
    const { pool } = await believer()
    await pool.add([tx({ from: 0 }), blobTx(unprovenSidecar(), { from: 1 })])
    const reserved = { refused: 'account-limit', message: 'address already reserved' }
    expect(await pool.add([blobTx(unprovenSidecar(), { from: 0, nonce: 1 }), tx({ from: 1, nonce: 1 })])).toEqual([
      reserved,
      reserved,
    ])
  })

  test('has at most 16 with blobs', async () => {
    const { pool } = await believer()
    const all = Array.from({ length: 17 }, (_, nonce) => blobTx(unprovenSidecar(), { nonce }))
    const answers = await pool.add(all)
    expect(outcomes(answers).filter((outcome) => outcome === 'added')).toHaveLength(16)
    expect(answers[16]).toEqual({ refused: 'account-limit', message: 'account limit exceeded: pooled 16 txs' })
  })

  test('replaces one with blobs by what pays twice as much of all three', async () => {
    const { pool } = await believer()
    await pool.add([blobTx(unprovenSidecar(), { fee: 10, tip: 1, blobFee: 5 })])
    const cheap = { refused: 'underpriced', message: 'replacement transaction underpriced' }
    expect(await pool.add([blobTx(unprovenSidecar(), { fee: 20, tip: 2, blobFee: 9 })])).toEqual([cheap])
    const [answer] = await pool.add([blobTx(unprovenSidecar(), { fee: 20, tip: 2, blobFee: 10 })])
    expect(answer).toHaveProperty('replaced')
  })
})

test('a reorg brings blobs back with their sidecar, which blocks do not have', async () => {
  const { pool, mine } = await believer()
  const sent = blobTx(unprovenSidecar())
  await pool.add([sent])
  const base = await mine()
  // The chain would not take the sidecar: what is mined is what the pool's transaction reads as.
  const alone = { type: 3, bytes: pool.get(transactionHash(sent))!.tx.serialize() }
  await mine([alone])
  expect(pool.counts().pending).toBe(0)
  await mine([], { parent: base, extra: 'other' })
  expect(nonces(pool, 'pending')).toEqual({ 0: [0] })
  expect(pool.get(transactionHash(sent))!.bytes).toEqual(sent.bytes)
})

test('what waits for a nonce with its blobs does so for a minute', async () => {
  const { pool, clock, told } = await believer()
  const waiting = blobTx(unprovenSidecar(), { nonce: 2 })
  await pool.add([blobTx(unprovenSidecar(), { nonce: 0 }), waiting])
  await clock.advance(60_000)
  expect(told.dropped).toContain(hashOf(waiting))
})
