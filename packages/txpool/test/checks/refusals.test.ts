// What is refused by the head's rules alone, in geth's words.
import { createEOACode7702Tx, createLegacyTx } from '@ethereumjs/tx'
import { eoaCode7702SignAuthorization } from '@ethereumjs/util'
import { chainCommon, commonAt, type PoolRefusal, type Transaction } from '@ethspan/chain'
import { type TestFork, testAddress, testKey, testSpec, testTransaction } from '@ethspan/chain/testing'
import { concatBytes, joinRlpList, splitRlpList } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { MAX_AUTHORIZATIONS } from '../../src/index.js'
import { outcomes, testPool, tx } from '../support.js'

const TARGET = `0x${'bb'.repeat(20)}` as const

/** One that sets code for accounts, with this many authorizations of `testKey(1)`. */
function setCodeTx(authorizations: number): Transaction {
  const common = chainCommon(testSpec().config)
  const signed = Array.from({ length: authorizations }, (_, i) =>
    eoaCode7702SignAuthorization({ chainId: '0x539', address: TARGET, nonce: `0x${i.toString(16)}` }, testKey(1)),
  )
  const fields = {
    to: TARGET,
    gasLimit: 5_000_000n,
    maxFeePerGas: 2_000_000_000n,
    maxPriorityFeePerGas: 1n,
    authorizationList: signed,
  }
  const at = commonAt(common, { number: 1n, time: 2_000_000_000n })
  return { type: 4, bytes: createEOACode7702Tx(fields, { common: at }).sign(testKey(0)).serialize() }
}

/** Signed for no chain. */
function unprotectedTx(): Transaction {
  const fields = { to: TARGET, gasLimit: 21_000n, gasPrice: 2_000_000_000n }
  const common = chainCommon(testSpec({ config: { eip155Block: undefined, eip158Block: undefined } }).config)
  common.setHardfork('homestead')
  return { type: 0, bytes: createLegacyTx(fields, { common }).sign(testKey(0)).serialize() }
}

/** With another byte in its signature. */
function forged(): Transaction {
  const { type, bytes } = tx({ nonce: 4 })
  const copy = bytes.slice()
  // The last field is s, which must be in the lower half.
  copy.fill(0xff, copy.length - 32)
  return { type, bytes: copy }
}

const rows: [string, PoolRefusal, string | RegExp, () => Transaction, TestFork?][] = [
  [
    'an unknown type',
    'not-yet',
    'transaction type not supported: received type 9',
    () => ({ type: 9, bytes: Uint8Array.of(9, 0xc0) }),
  ],
  [
    'more than 128 KiB',
    'invalid',
    /^oversized data: transaction size 13\d{4}, limit 131072$/,
    () => tx({ data: 131_000, gas: 8_000_000n }),
  ],
  [
    'blobs before Cancun',
    'not-yet',
    'transaction type not supported: type 3 rejected, pool not yet in Cancun',
    () => testTransaction({ type: 3, nonce: 0n }),
    'shanghai',
  ],
  [
    'code set for accounts before Prague',
    'not-yet',
    'transaction type not supported: type 4 rejected, pool not yet in Prague',
    () => testTransaction({ type: 4, nonce: 0n }),
    'cancun',
  ],
  [
    'more than 48 KiB of init code',
    'not-yet',
    'max initcode size exceeded: code size 49153 limit 49152',
    () => tx({ to: null, data: 49_153, gas: 3_000_000n }),
  ],
  [
    'more gas than EIP-7825 allows',
    'not-yet',
    'transaction gas limit too high (cap: 16777216, tx: 16777217)',
    () => tx({ gas: 16_777_217n }),
  ],
  ['more gas than a block has', 'not-yet', 'exceeds block gas limit', () => tx({ gas: 30_000_001n }), 'prague'],
  [
    'a tip above the fee cap',
    'invalid',
    'max priority fee per gas higher than max fee per gas',
    () => tx({ fee: 1, tip: 2 }),
  ],
  [
    'a signature for another chain',
    'invalid',
    'invalid sender: invalid chain id for signer: have 5 want 1337',
    () => tx({ chainId: 5n }),
  ],
  [
    'a legacy signature for another chain',
    'invalid',
    'invalid sender: invalid chain id for signer: have 5 want 1337',
    () => tx({ type: 0, chainId: 5n }),
  ],
  ['a signature that is none', 'invalid', /./, forged],
  ['the last nonce there is', 'invalid', 'nonce has max value', () => testTransaction({ nonce: 2n ** 64n - 1n })],
  [
    'too little gas for what it says',
    'invalid',
    'intrinsic gas too low: gas 25299, minimum needed 25300',
    () => tx({ gas: 25_299n }),
  ],
  [
    'too little gas for its data',
    'invalid',
    'insufficient gas for floor data gas cost: gas 30000, minimum needed 31000',
    () => tx({ type: 0, data: 1000, gas: 30_000n }),
  ],
  [
    'no tip',
    'underpriced',
    'transaction gas price below minimum: gas tip cap 0, minimum needed 1',
    () => tx({ tip: 0 }),
  ],
  [
    'blobs without their sidecar',
    'invalid-sidecar',
    'missing sidecar in blob transaction',
    () => testTransaction({ type: 3, nonce: 0n }),
  ],
  [
    'more blobs than a transaction may have',
    'not-yet',
    'transaction blob limit exceeded: blob count 7, limit 6',
    () => testTransaction({ type: 3, nonce: 0n, blobVersionedHashes: Array(7).fill(new Uint8Array(32).fill(1)) }),
  ],
  [
    'no authorization at all',
    'invalid',
    'set code tx must have at least one authorization tuple',
    // The list's place: behind the access list.
    () => withoutAuthorizations(),
  ],
  [
    'more authorizations than the pool looks at',
    'capacity',
    `too many authorizations: ${MAX_AUTHORIZATIONS + 1}, limit ${MAX_AUTHORIZATIONS}`,
    () => setCodeTx(MAX_AUTHORIZATIONS + 1),
  ],
  ['bytes that are no transaction', 'invalid', /./, () => ({ type: 2, bytes: Uint8Array.of(2, 0xc1, 0x80) })],
]

function withoutAuthorizations(): Transaction {
  // Nobody looks at the signature of one that can't be read.
  const like = tx()
  // [chain id, nonce, tip, fee, gas, to, value, data, access list, v, r, s] becomes […, access list, [], v, r, s].
  const parts = splitRlpList(like.bytes.subarray(1), 'transaction', { max: 12 })
  const list = joinRlpList([...parts.slice(0, 9), Uint8Array.of(0xc0), ...parts.slice(9)])
  return { type: 4, bytes: concatBytes(Uint8Array.of(4), list) }
}

describe('refused is', () => {
  test.each(rows)('%s', async (_, kind, text, make, fork = 'osaka') => {
    const { pool } = await testPool({ spec: testSpec({ fork }) })
    const [answer] = await pool.add([make()])
    expect(answer).toMatchObject({ refused: kind })
    const { message } = answer as { message: string }
    if (typeof text === 'string') expect(message).toBe(text)
    else expect(message).toMatch(text)
    expect(message).not.toContain('\n')
    expect(pool.counts().pending).toBe(0)
  })

  test('one that is signed for no chain from our own users alone', async () => {
    const { pool } = await testPool()
    const [ofOurs] = await pool.add([unprotectedTx()], { local: true })
    expect(ofOurs).toEqual({
      refused: 'invalid',
      message: 'only replay-protected (EIP-155) transactions allowed over RPC',
    })
    expect(outcomes(await pool.add([unprotectedTx()], { peer: 'a' }))).toEqual(['added'])
  })
})

describe('taken is', () => {
  test.each<[string, () => Transaction]>([
    ['a legacy one', () => tx({ type: 0 })],
    ['one with an access list', () => tx({ type: 1 })],
    ['one with a priority fee', () => tx({ type: 2 })],
    ['one that sets code for accounts', () => setCodeTx(2)],
    ['one that creates a contract with as much code as may be', () => tx({ to: null, data: 49_152, gas: 3_000_000n })],
    ['one that pays less than the base fee', () => tx({ fee: 0.1, tip: 0.1 })],
  ])('%s', async (_, make) => {
    const { pool } = await testPool()
    expect(await pool.add([make()])).toEqual([{ added: expect.anything() }])
  })

  test('from Amsterdam on one that spends less gas on sending something to oneself, and more in all', async () => {
    const { pool } = await testPool({ spec: testSpec({ fork: 'amsterdam' }) })
    const answers = await pool.add([
      tx({ type: 0, gas: 20_000n }),
      tx({ type: 0, from: 1, gas: 20_000n, to: testAddress(1) }),
    ])
    expect(answers[0]).toEqual({
      refused: 'invalid',
      message: 'intrinsic gas too low: gas 20000, minimum needed 21000',
    })
    expect(answers[1]).toHaveProperty('added')
    expect(outcomes(await pool.add([tx({ from: 2, gas: 20_000_000n })]))).toEqual(['added'])
  })
})
