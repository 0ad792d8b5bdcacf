// Block bodies: transactions, uncles and withdrawals.
import { decodeRlp, encodeRlp, expectBytes, expectList, joinRlpList, keccak256, splitRlpList } from '@ethspan/core'
import { MAX_UNCLES } from '../limits.js'
import { expectUint64, type Hash } from './fields.js'
import { decodeHeader, type Header } from './header.js'
import { decodeTransaction, encodeTransaction, type Transaction } from './transaction.js'

/** What the beacon chain pays out in a block (EIP-4895). */
export interface Withdrawal {
  readonly index: bigint
  readonly validatorIndex: bigint
  /** 20 bytes. */
  readonly address: Uint8Array
  /** Gwei. */
  readonly amount: bigint
}

export interface BodyFields {
  readonly transactions: readonly Transaction[]
  readonly uncles: readonly Pick<Header, 'raw'>[]
  /** From Shanghai. */
  readonly withdrawals?: readonly Withdrawal[]
}

/** A body as it was received; what is hashed stays as it came. */
export interface Body extends BodyFields {
  /** Its RLP, a view into the message. */
  readonly raw: Uint8Array
  readonly uncles: readonly Header[]
  /** Of the list of uncles: what the header's `ommersHash` is the hash of. */
  readonly unclesRaw: Uint8Array
  /** RLP of each: what the header's `withdrawalsRoot` is made of. */
  readonly withdrawalsRaw?: readonly Uint8Array[]
}

/** Fewer bytes than any item of these lists has, to bound how many a message can hold. Source: geth, `checkBodyItemCounts`. */
const MIN_TRANSACTION_BYTES = 10
const MIN_WITHDRAWAL_BYTES = 25
const maxItems = (raw: Uint8Array, least: number) => Math.floor(raw.length / least)

export function encodeBody({ transactions, uncles, withdrawals }: BodyFields): Uint8Array {
  const parts = [joinRlpList(transactions.map(encodeTransaction)), joinRlpList(uncles.map(({ raw }) => raw))]
  return joinRlpList(withdrawals === undefined ? parts : [...parts, joinRlpList(withdrawals.map(encodeWithdrawal))])
}

const encodeWithdrawal = ({ index, validatorIndex, address, amount }: Withdrawal): Uint8Array =>
  encodeRlp([index, validatorIndex, address, amount])

/** @throws {EthspanError} ERR_INVALID_RLP */
export function decodeBody(raw: Uint8Array): Body {
  const [txs, unclesRaw, withdrawals] = splitRlpList(raw, 'block body', { min: 2, max: 3 })
  const body = {
    raw,
    transactions: splitRlpList(txs!, 'transactions', { max: maxItems(txs!, MIN_TRANSACTION_BYTES) }).map(
      decodeTransaction,
    ),
    uncles: splitRlpList(unclesRaw!, 'uncles', { max: MAX_UNCLES }).map(decodeHeader),
    unclesRaw: unclesRaw!,
  }
  if (withdrawals === undefined) return body
  const withdrawalsRaw = splitRlpList(withdrawals, 'withdrawals', { max: maxItems(withdrawals, MIN_WITHDRAWAL_BYTES) })
  return { ...body, withdrawals: withdrawalsRaw.map(decodeWithdrawal), withdrawalsRaw }
}

function decodeWithdrawal(raw: Uint8Array): Withdrawal {
  const item = decodeRlp(raw, { maxDepth: 1, maxItems: 5 })
  const [index, validatorIndex, address, amount] = expectList(item, 'withdrawal', { min: 4, max: 4 })
  return {
    index: expectUint64(index, 'withdrawal index'),
    validatorIndex: expectUint64(validatorIndex, 'validator index'),
    address: expectBytes(address, 'withdrawal address', 20),
    amount: expectUint64(amount, 'withdrawal amount'),
  }
}

/** What the header's `ommersHash` must be: Keccak-256 of the bytes received. */
export const unclesHash = ({ unclesRaw }: Pick<Body, 'unclesRaw'>): Hash => keccak256(unclesRaw)
