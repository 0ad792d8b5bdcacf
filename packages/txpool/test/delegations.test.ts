// EIP-7702: whoever runs code, or is about to, has one transaction at a time. Source: geth's legacy pool.
import { createEOACode7702Tx } from '@ethereumjs/tx'
import { eoaCode7702SignAuthorization } from '@ethereumjs/util'
import { chainCommon, commonAt, type Transaction } from '@ethspan/chain'
import { testKey, testSpec } from '@ethspan/chain/testing'
import { describe, expect, test } from 'vitest'
import { outcomes, TestState, testPool, tx } from './support.js'

const TARGET = `0x${'bb'.repeat(20)}` as const
const common = commonAt(chainCommon(testSpec().config), { number: 1n, time: 2_000_000_000n })

/** Sent by one, with the leave of others to run code for them. */
function setCode(from: number, authorities: readonly number[], { nonce = 0, fee = 2, tip = 1 } = {}): Transaction {
  const fields = {
    to: TARGET,
    nonce,
    gasLimit: 500_000n,
    maxFeePerGas: BigInt(fee * 1e9),
    maxPriorityFeePerGas: BigInt(tip * 1e9),
    authorizationList: authorities.map((index) =>
      eoaCode7702SignAuthorization({ chainId: '0x539', address: TARGET, nonce: '0x0' }, testKey(index)),
    ),
  }
  return { type: 4, bytes: createEOACode7702Tx(fields, { common }).sign(testKey(from)).serialize() }
}

const LIMIT = 'in-flight transaction limit reached for delegated accounts'
const GAPPED = 'gapped-nonce tx from delegated accounts'
const RESERVED = { refused: 'account-limit', message: 'authority already reserved' }

function states(): TestState {
  const state = new TestState()
  for (let i = 0; i < 5; i++) state.set(i)
  return state
}

describe('an account that runs code', () => {
  test('has one pending transaction, which may be replaced', async () => {
    const state = states()
    state.set(0, { codeHash: new Uint8Array(32).fill(7) })
    const { pool } = await testPool({ state })
    expect(await pool.add([tx({ nonce: 1 })])).toEqual([{ refused: 'account-limit', message: GAPPED }])
    expect(outcomes(await pool.add([tx({ nonce: 0 })]))).toEqual(['added'])
    expect(await pool.add([tx({ nonce: 1 })])).toEqual([{ refused: 'account-limit', message: LIMIT }])
    expect(outcomes(await pool.add([tx({ nonce: 0, fee: 4, tip: 2 })]))).toEqual(['added'])
  })
})

describe('an account that gave leave to run code for it', () => {
  test('has one pending transaction from then on', async () => {
    const { pool } = await testPool({ state: states() })
    await pool.add([setCode(0, [1])])
    expect(outcomes(await pool.add([tx({ from: 1, nonce: 0 })]))).toEqual(['added'])
    expect(await pool.add([tx({ from: 1, nonce: 1 })])).toEqual([{ refused: 'account-limit', message: LIMIT }])
  })

  test('is as others once that is mined', async () => {
    const state = states()
    const { pool, mine } = await testPool({ state })
    const sent = setCode(0, [1])
    await pool.add([sent])
    state.set(0, { nonce: 1n })
    await mine([sent])
    expect(outcomes(await pool.add([0, 1].map((nonce) => tx({ from: 1, nonce }))))).toEqual(['added', 'added'])
  })

  test('can’t give it while it has more than one transaction', async () => {
    const { pool } = await testPool({ state: states() })
    await pool.add([tx({ from: 1, nonce: 0 })])
    expect(outcomes(await pool.add([setCode(0, [1])]))).toEqual(['added'])
    await pool.add([tx({ from: 2, nonce: 0 }), tx({ from: 2, nonce: 1 })])
    expect(await pool.add([setCode(3, [4, 2])])).toEqual([RESERVED])
  })
})
