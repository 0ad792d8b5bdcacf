// Block bodies: BlockBodies, and the whole blocks and their announcements that eth/68 still has.
import { decodeRlp, encodeRlp, expectBigUint, expectBytes, expectList, keccak256 } from '@ethspan/core'
import { MAX_ANNOUNCED_BLOCKS, MAX_UNCLES } from '../limits.js'
import { joinList, splitList } from '../rlp-raw.js'
import { checkSize, expectHash, expectUint64, type Hash, joinAnswer, splitAnswer } from './fields.js'
import { decodeHeader, type Header } from './headers.js'
import { decodeTransaction, encodeTransaction, type Transaction } from './transactions.js'

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
  const parts = [joinList(transactions.map(encodeTransaction)), joinList(uncles.map(({ raw }) => raw))]
  return joinList(withdrawals === undefined ? parts : [...parts, joinList(withdrawals.map(encodeWithdrawal))])
}

const encodeWithdrawal = ({ index, validatorIndex, address, amount }: Withdrawal): Uint8Array =>
  encodeRlp([index, validatorIndex, address, amount])

/** @throws {EthspanError} ERR_INVALID_RLP */
export function decodeBody(raw: Uint8Array): Body {
  const [txs, unclesRaw, withdrawals] = splitList(raw, 'block body', { min: 2, max: 3 })
  const body = {
    raw,
    transactions: splitList(txs!, 'transactions', { max: maxItems(txs!, MIN_TRANSACTION_BYTES) }).map(
      decodeTransaction,
    ),
    uncles: splitList(unclesRaw!, 'uncles', { max: MAX_UNCLES }).map(decodeHeader),
    unclesRaw: unclesRaw!,
  }
  if (withdrawals === undefined) return body
  const withdrawalsRaw = splitList(withdrawals, 'withdrawals', { max: maxItems(withdrawals, MIN_WITHDRAWAL_BYTES) })
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

/** @param bodies RLP of each */
export const encodeBlockBodies = (requestId: bigint, bodies: readonly Uint8Array[]): Uint8Array =>
  joinAnswer(requestId, joinList(bodies))

/** @param max bodies that were asked for. @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function decodeBlockBodies(payload: Uint8Array, max: number): { requestId: bigint; bodies: Body[] } {
  const { requestId, fields } = splitAnswer(payload, 'BlockBodies')
  return { requestId, bodies: splitList(fields[0]!, 'bodies', { max }).map(decodeBody) }
}

/** A block that a node of eth/68 announces. */
export interface BlockAnnouncement {
  readonly hash: Hash
  readonly number: bigint
}

export const encodeNewBlockHashes = (blocks: readonly BlockAnnouncement[]): Uint8Array =>
  encodeRlp(blocks.map(({ hash, number }) => [hash, number]))

/** @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function decodeNewBlockHashes(payload: Uint8Array): BlockAnnouncement[] {
  checkSize(payload)
  return expectList(decodeRlp(payload), 'NewBlockHashes', { max: MAX_ANNOUNCED_BLOCKS }).map((item) => {
    const [hash, number] = expectList(item, 'announced block', { min: 2, max: 2 })
    return { hash: expectHash(hash, 'block hash'), number: expectUint64(number, 'block number') }
  })
}

/** A whole block, as nodes of eth/68 send it before the merge. */
export interface NewBlock {
  readonly header: Header
  /** Its `raw` is as BlockBodies would have it, encoded here. */
  readonly body: Body
  readonly totalDifficulty: bigint
}

/** `[[header, transactions, uncles, withdrawals?], total-difficulty]`. */
export function encodeNewBlock(header: Pick<Header, 'raw'>, body: BodyFields, totalDifficulty: bigint): Uint8Array {
  const parts = splitList(encodeBody(body), 'block body', { max: 3 })
  return joinList([joinList([header.raw, ...parts]), encodeRlp(totalDifficulty)])
}

/** @throws {EthspanError} ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG */
export function decodeNewBlock(payload: Uint8Array): NewBlock {
  checkSize(payload)
  const [block, totalDifficulty] = splitList(payload, 'NewBlock', { min: 2, max: 2 })
  const [header, ...parts] = splitList(block!, 'block', { min: 3, max: 4 })
  return {
    header: decodeHeader(header!),
    body: decodeBody(joinList(parts)),
    totalDifficulty: expectBigUint(decodeRlp(totalDifficulty!), 'total difficulty'),
  }
}
