// The pool in a page: signatures, and blobs with the library that is loaded for them.
import { beforeAll, expect, test } from 'vitest'
import { blobTx, proveBlob, type TestSidecar } from './blobs/blob-txs.js'
import { nonces, outcomes, testPool, tx } from './support.js'

let proven: TestSidecar
beforeAll(() => {
  proven = proveBlob(1)
}, 120_000)

test('takes transactions, follows blocks and brings back what a reorg took away', async () => {
  const { pool, mine } = await testPool()
  expect(outcomes(await pool.add([0, 1, 3].map((nonce) => tx({ nonce }))))).toEqual(['added', 'added', 'added'])
  const base = await mine()
  await mine([tx({ nonce: 0 })])
  expect([nonces(pool, 'pending'), nonces(pool, 'queued')]).toEqual([{ 0: [1] }, { 0: [3] }])
  await mine([], { parent: base, extra: 'other' })
  expect(nonces(pool, 'pending')).toEqual({ 0: [0, 1] })
})

test('takes blobs whose cells are proven, and no others', async () => {
  const { pool } = await testPool()
  const [first, second, ...rest] = proven.proofs
  const wrong = { ...proven, proofs: [second!, first!, ...rest] }
  expect(outcomes(await pool.add([blobTx(wrong), blobTx(proven)]))).toEqual(['invalid-sidecar', 'added'])
})
