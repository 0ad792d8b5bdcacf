// What a chain keeps in its store. Keys are bytes: a letter (geth's, where geth has the record), then numbers of 8 bytes, big-endian,
// and hashes of 32. What belongs to one block lies under number and hash, so that ranges are read and pruned as they lie.
//
//   schema                  version of this layout, decimal digits
//   genesis                 hash of the chain's genesis block
//   state                   head, safe, finalized and how far pruning has come: `ChainState`, RLP
//   h number hash           a block's header, RLP
//   b number hash           its body, RLP
//   r number hash           its receipts, RLP list of those of eth/69; where they are known
//   a number hash           its block access list, RLP; where it is known
//   H hash                  a block's number
//   n number                hash of the canonical block
//   l transaction hash      number, hash and index (4 bytes) of its place: of canonical blocks only
//
// A block comes and goes with all of its records in one batch, and the head moves with the canonical numbers and the places of
// transactions in one batch: so a store is consistent whenever its process ends.
import {
  concatBytes,
  decodeRlp,
  encodeRlp,
  expectBigUint,
  expectBytes,
  expectList,
  joinRlpList,
  splitRlpList,
} from '@ethspan/core'
import { expectHash, type Hash } from '../block/fields.js'
import type { BlockId, BlockToKeep, TransactionPlace } from '../contract/chain.js'

/** Of the layout above. A store with a higher number was written by a version of the program that this one can't follow. */
export const CHAIN_SCHEMA_VERSION = 1

/** What moves with the head. All of it is replaced at once. */
export interface ChainState {
  readonly head: BlockId
  /** The first canonical block that is there with all that come after it. */
  readonly earliest: bigint
  /** Blocks before this number are pruned, but for the genesis block; from here to `earliest` some may be left. At least 1. */
  readonly tail: bigint
  /** Blocks before this number that are off the canonical chain are pruned. At least 1. */
  readonly sides: bigint
  /** The last number above the head that may still have a canonical hash, of a chain that was given up; 0 where none has. */
  readonly stale: bigint
  readonly safe?: Hash
  readonly finalized?: Hash
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
export const SCHEMA_KEY = text('schema')
export const GENESIS_KEY = text('genesis')
export const STATE_KEY = text('state')

/** Records of one block, by number and hash. */
export type BlockRecord = 'header' | 'body' | 'receipts' | 'accessList'
const LETTERS: Readonly<Record<BlockRecord, string>> = { header: 'h', body: 'b', receipts: 'r', accessList: 'a' }
const NUMBER_BYTES = 8
const INDEX_BYTES = 4

export const blockKey = (record: BlockRecord, { number, hash }: BlockId): Uint8Array =>
  concatBytes(text(LETTERS[record]), encodeNumber(number), hash)
export const numberKey = (hash: Hash): Uint8Array => concatBytes(text('H'), hash)
export const canonicalKey = (number: bigint): Uint8Array => concatBytes(text('n'), encodeNumber(number))
export const transactionKey = (hash: Hash): Uint8Array => concatBytes(text('l'), hash)

/** Keys from one up to and without another. */
export interface KeyRange {
  readonly gte: Uint8Array
  readonly lt: Uint8Array
}

/** The range of keys of all headers from one number up to and without another. */
export const headerRange = (from: bigint, to: bigint): KeyRange => ({
  gte: concatBytes(text(LETTERS.header), encodeNumber(from)),
  lt: concatBytes(text(LETTERS.header), encodeNumber(to)),
})

/** The same of canonical numbers. */
export const canonicalRange = (from: bigint, to: bigint): KeyRange => ({
  gte: canonicalKey(from),
  lt: canonicalKey(to),
})

/** Which number a key of {@link canonicalRange} is. */
export const canonicalKeyNumber = (key: Uint8Array): bigint => decodeNumber(key.subarray(1))

/** Whose header a key of {@link headerRange} is. */
export const headerKeyId = (key: Uint8Array): BlockId => ({
  number: decodeNumber(key.subarray(1)),
  hash: key.subarray(1 + NUMBER_BYTES),
})

function encodeNumber(number: bigint): Uint8Array {
  const bytes = new Uint8Array(NUMBER_BYTES)
  new DataView(bytes.buffer).setBigUint64(0, number)
  return bytes
}

export const decodeNumber = ({ buffer, byteOffset }: Uint8Array): bigint =>
  new DataView(buffer, byteOffset).getBigUint64(0)

export function encodePlace({ number, hash, index }: TransactionPlace): Uint8Array {
  const last = new Uint8Array(INDEX_BYTES)
  new DataView(last.buffer).setUint32(0, index)
  return concatBytes(encodeNumber(number), hash, last)
}

export function decodePlace(bytes: Uint8Array): TransactionPlace {
  const end = bytes.length - INDEX_BYTES
  return {
    number: decodeNumber(bytes),
    hash: bytes.subarray(NUMBER_BYTES, end),
    index: new DataView(bytes.buffer, bytes.byteOffset).getUint32(end),
  }
}

export const encodeReceipts = (receipts: readonly Uint8Array[]): Uint8Array => joinRlpList(receipts)
/** As views into `bytes`. */
export const decodeReceipts = (bytes: Uint8Array): Uint8Array[] =>
  splitRlpList(bytes, 'receipts', { max: Number.POSITIVE_INFINITY })

export function encodeState({ head, earliest, tail, sides, stale, safe, finalized }: ChainState): Uint8Array {
  const none = new Uint8Array(0)
  return encodeRlp([[head.number, head.hash], earliest, tail, sides, stale, safe ?? none, finalized ?? none])
}

/** @throws {EthspanError} ERR_INVALID_RLP */
export function decodeState(bytes: Uint8Array): ChainState {
  const [head, earliest, tail, sides, stale, safe, finalized] = expectList(decodeRlp(bytes), 'state', {
    min: 7,
    max: 7,
  })
  const [number, hash] = expectList(head, 'head', { min: 2, max: 2 })
  const mark = (item: typeof safe, what: string) =>
    expectBytes(item, what).length === 0 ? undefined : expectHash(item, what)
  return {
    head: { number: expectBigUint(number, 'head number', NUMBER_BYTES), hash: expectHash(hash, 'head hash') },
    earliest: expectBigUint(earliest, 'earliest', NUMBER_BYTES),
    tail: expectBigUint(tail, 'tail', NUMBER_BYTES),
    sides: expectBigUint(sides, 'sides', NUMBER_BYTES),
    stale: expectBigUint(stale, 'stale', NUMBER_BYTES),
    safe: mark(safe, 'safe'),
    finalized: mark(finalized, 'finalized'),
  }
}

/** A record to write, or, without a value, to remove. */
export interface Change {
  readonly key: Uint8Array
  readonly value?: Uint8Array
}

/** All records of a block. What is not told of it stays as it is in the store. */
export function keepBlock({ hash, header, body, receipts, accessList }: BlockToKeep): Change[] {
  const id = { number: header.number, hash }
  const changes: Change[] = [
    { key: blockKey('header', id), value: header.raw },
    { key: blockKey('body', id), value: body.raw },
    { key: numberKey(hash), value: encodeNumber(header.number) },
  ]
  if (receipts !== undefined) changes.push({ key: blockKey('receipts', id), value: encodeReceipts(receipts) })
  if (accessList !== undefined) changes.push({ key: blockKey('accessList', id), value: accessList })
  return changes
}

/** Removes all records of a block. */
export const dropBlock = (id: BlockId): Change[] => [
  ...(Object.keys(LETTERS) as BlockRecord[]).map((record) => ({ key: blockKey(record, id) })),
  { key: numberKey(id.hash) },
]
