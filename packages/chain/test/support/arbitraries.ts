// Blocks' parts of any content that their encodings allow.

import { encodeRlp } from '@ethspan/core'
import fc from 'fast-check'
import {
  encodeHeader,
  encodeLogs,
  type HeaderFields,
  type Log,
  type Receipt,
  type Transaction,
  type Withdrawal,
} from '../../src/index.js'

export const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
export const hash = bytes(32)
export const uint64 = fc.bigInt(0n, 2n ** 64n - 1n)

const required = fc.record({
  parentHash: hash,
  ommersHash: hash,
  coinbase: bytes(20),
  stateRoot: hash,
  txsRoot: hash,
  receiptsRoot: hash,
  bloom: bytes(256),
  difficulty: fc.bigInt(0n, 2n ** 80n - 1n),
  number: uint64,
  gasLimit: uint64,
  gasUsed: uint64,
  time: uint64,
  extraData: fc.uint8Array({ maxLength: 120 }),
  mixDigest: hash,
  nonce: bytes(8),
})
const optional = fc.record({
  baseFeePerGas: fc.bigInt(0n, 2n ** 256n - 1n),
  withdrawalsRoot: hash,
  blobGasUsed: uint64,
  excessBlobGas: uint64,
  parentBeaconRoot: hash,
  requestsHash: hash,
  blockAccessListHash: hash,
  slotNumber: uint64,
})
/** Of any fork. */
export const headerFields: fc.Arbitrary<HeaderFields> = fc
  .tuple(required, optional, fc.nat(8))
  .map(([fields, more, count]) => ({ ...fields, ...Object.fromEntries(Object.entries(more).slice(0, count)) }))
export const rawHeader = headerFields.map(encodeHeader)

const legacy: fc.Arbitrary<Transaction> = fc
  .array(fc.uint8Array({ maxLength: 40 }), { minLength: 9, maxLength: 9 })
  .map((fields) => ({ type: 0, bytes: encodeRlp(fields) }))
const typed: fc.Arbitrary<Transaction> = fc
  .tuple(fc.integer({ min: 1, max: 0x7f }), fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 9, maxLength: 14 }))
  .map(([type, fields]) => ({ type, bytes: Uint8Array.of(type, ...encodeRlp(fields)) }))
export const transaction = fc.oneof(legacy, typed)

export const withdrawal: fc.Arbitrary<Withdrawal> = fc.record({
  index: uint64,
  validatorIndex: uint64,
  address: bytes(20),
  amount: uint64,
})
export const body = fc.record(
  {
    transactions: fc.array(transaction, { maxLength: 4 }),
    uncles: fc.array(
      rawHeader.map((raw) => ({ raw })),
      { maxLength: 2 },
    ),
    withdrawals: fc.array(withdrawal, { maxLength: 4 }),
  },
  { requiredKeys: ['transactions', 'uncles'] },
)

export const log: fc.Arbitrary<Log> = fc.record({
  address: bytes(20),
  topics: fc.array(hash, { maxLength: 4 }),
  data: fc.uint8Array({ maxLength: 80 }),
})
export const receipt: fc.Arbitrary<Receipt> = fc.record({
  type: fc.integer({ min: 0, max: 0x7f }),
  postStateOrStatus: fc.oneof(fc.constant(new Uint8Array(0)), fc.constant(Uint8Array.of(1)), hash),
  cumulativeGasUsed: uint64,
  logs: fc.array(log, { maxLength: 3 }).map(encodeLogs),
})

/** The bytes with one of them changed, one missing or one too many. */
export const damaged = (payload: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc.tuple(fc.nat(Math.max(0, payload.length - 1)), fc.nat(255), fc.nat(2)).map(([at, byte, how]) => {
    if (how === 0) return Uint8Array.from([...payload.subarray(0, at), ...payload.subarray(at + 1)])
    if (how === 1) return Uint8Array.from([...payload.subarray(0, at), byte, ...payload.subarray(at)])
    return payload.with(at, byte)
  })
