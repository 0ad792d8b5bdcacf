import { chainCommon, commonAt, readTransaction, senderOf, transactionHash } from '@ethspan/chain'
import { type TestTransactionOptions, testAddress, testSpec, testTransaction } from '@ethspan/chain/testing'
import { describe, expect, test } from 'vitest'
import { effectiveGasPrice, effectiveTip } from '../../src/format/prices.js'
import { type MinedAt, transactionJson } from '../../src/format/transaction.js'
import { hexOf } from '../support.js'

const rules = commonAt(chainCommon(testSpec().config), { number: 1n, time: 2_000_000_000n })
const GWEI = 1_000_000_000n

function read(options: Partial<TestTransactionOptions>) {
  const transaction = testTransaction({ nonce: 5n, ...options })
  const tx = readTransaction(transaction, rules)
  return { tx, hash: transactionHash(transaction), sender: senderOf(tx) }
}

const at: MinedAt = {
  blockHash: new Uint8Array(32).fill(7),
  blockNumber: 255n,
  time: 256n,
  baseFee: GWEI / 2n,
  index: 3,
}
const SIGNATURE = { v: expect.any(String), r: expect.any(String), s: expect.any(String) }
const FIRST_FIELDS = {
  blockHash: hexOf(at.blockHash),
  blockNumber: '0xff',
  blockTimestamp: '0x100',
  transactionIndex: '0x3',
  from: hexOf(testAddress(0)),
  gas: '0xc350',
  input: '0x',
  nonce: '0x5',
  to: `0x${'bb'.repeat(20)}`,
  value: '0x1',
  ...SIGNATURE,
}
const TYPED = {
  accessList: [{ address: `0x${'bb'.repeat(20)}`, storageKeys: [`0x${'00'.repeat(32)}`] }],
  chainId: '0x539',
  yParity: expect.stringMatching(/^0x[01]$/),
}
const FEES = { maxFeePerGas: '0x77359400', maxPriorityFeePerGas: '0x3b9aca00' }

describe('a mined transaction has the fields of its type', () => {
  test.each([
    [0, { type: '0x0', gasPrice: '0x77359400', chainId: '0x539' }],
    [1, { type: '0x1', gasPrice: '0x77359400', ...TYPED }],
    [2, { type: '0x2', gasPrice: '0x59682f00', ...TYPED, ...FEES }],
    [
      3,
      {
        type: '0x3',
        gasPrice: '0x59682f00',
        ...TYPED,
        ...FEES,
        maxFeePerBlobGas: '0x3b9aca00',
        blobVersionedHashes: [`0x01${'b1'.repeat(31)}`],
      },
    ],
    [
      4,
      {
        type: '0x4',
        gasPrice: '0x59682f00',
        ...TYPED,
        ...FEES,
        authorizationList: [
          {
            chainId: '0x539',
            address: `0x${'bb'.repeat(20)}`,
            nonce: '0x0',
            yParity: expect.stringMatching(/^0x[01]$/),
            r: expect.any(String),
            s: expect.any(String),
          },
        ],
      },
    ],
  ] as const)('%i', (type, fields) => {
    const sent = read({ type })
    expect(transactionJson(sent, at)).toEqual({ ...FIRST_FIELDS, hash: hexOf(sent.hash), ...fields })
  })
})

test('one that waits has no block, and the most it pays for its price', () => {
  expect(transactionJson(read({ type: 2 }), undefined)).toMatchObject({
    blockHash: null,
    blockNumber: null,
    blockTimestamp: null,
    transactionIndex: null,
    gasPrice: '0x77359400',
  })
})

test('one that creates a contract goes to nobody', () => {
  expect(transactionJson(read({ to: null, data: Uint8Array.of(1) }), at)).toMatchObject({ to: null, input: '0x01' })
})

describe('what is paid per gas', () => {
  test.each([
    ['the tip on top of the base fee', GWEI / 2n, GWEI, (3n * GWEI) / 2n],
    ['no more than the cap', (3n * GWEI) / 2n, GWEI / 2n, 2n * GWEI],
    ['the cap before London', undefined, GWEI, 2n * GWEI],
  ])('is %s', (_, baseFee, tip, price) => {
    const { tx } = read({ type: 2 })
    expect([effectiveTip(tx, baseFee), effectiveGasPrice(tx, baseFee)]).toEqual([tip, price])
  })
})
