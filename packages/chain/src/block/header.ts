// Block headers: their fields and their encoding.
import {
  decodeRlp,
  encodeRlp,
  expectBigUint,
  expectBytes,
  expectList,
  invalidRlp,
  keccak256,
  type RlpInput,
  type RlpItem,
} from '@ethspan/core'
import { MAX_DIFFICULTY_BYTES, MAX_EXTRA_DATA_BYTES } from '../limits.js'
import { expectHash, expectUint64, type Hash } from './fields.js'

/** The fields of a block header, in their order. Names: eth.md. */
export interface HeaderFields {
  readonly parentHash: Hash
  readonly ommersHash: Hash
  /** 20 bytes. */
  readonly coinbase: Uint8Array
  readonly stateRoot: Hash
  readonly txsRoot: Hash
  readonly receiptsRoot: Hash
  /** 256 bytes. */
  readonly bloom: Uint8Array
  readonly difficulty: bigint
  readonly number: bigint
  readonly gasLimit: bigint
  readonly gasUsed: bigint
  /** Seconds since 1970. */
  readonly time: bigint
  readonly extraData: Uint8Array
  readonly mixDigest: Hash
  /** 8 bytes. */
  readonly nonce: Uint8Array
  /** From London, wei (EIP-1559). Each of the fields from here on is there only if all before it are. */
  readonly baseFeePerGas?: bigint
  /** From Shanghai (EIP-4895). */
  readonly withdrawalsRoot?: Hash
  /** From Cancun (EIP-4844). */
  readonly blobGasUsed?: bigint
  /** From Cancun (EIP-4844). */
  readonly excessBlobGas?: bigint
  /** From Cancun (EIP-4788). */
  readonly parentBeaconRoot?: Hash
  /** From Prague (EIP-7685). */
  readonly requestsHash?: Hash
  /** From Amsterdam (EIP-7928). */
  readonly blockAccessListHash?: Hash
  /** From Amsterdam (EIP-7843). */
  readonly slotNumber?: bigint
}

/** A header as it was received. */
export interface Header extends HeaderFields {
  /** Its RLP, a view into the message: what the block's hash is made of. */
  readonly raw: Uint8Array
}

/** A reader for each field, in the order of the encoding; the optional ones are at the end. */
const READERS: {
  readonly [name in keyof Required<HeaderFields>]: (item: RlpItem, name: string) => bigint | Uint8Array
} = {
  parentHash: expectHash,
  ommersHash: expectHash,
  coinbase: (item, name) => expectBytes(item, name, 20),
  stateRoot: expectHash,
  txsRoot: expectHash,
  receiptsRoot: expectHash,
  bloom: (item, name) => expectBytes(item, name, 256),
  difficulty: (item, name) => expectBigUint(item, name, MAX_DIFFICULTY_BYTES),
  number: expectUint64,
  gasLimit: expectUint64,
  gasUsed: expectUint64,
  time: expectUint64,
  extraData: expectExtraData,
  mixDigest: expectHash,
  nonce: (item, name) => expectBytes(item, name, 8),
  baseFeePerGas: (item, name) => expectBigUint(item, name),
  withdrawalsRoot: expectHash,
  blobGasUsed: expectUint64,
  excessBlobGas: expectUint64,
  parentBeaconRoot: expectHash,
  requestsHash: expectHash,
  blockAccessListHash: expectHash,
  slotNumber: expectUint64,
}
const FIELDS = Object.entries(READERS) as [keyof HeaderFields, (typeof READERS)[keyof HeaderFields]][]
const REQUIRED_FIELDS = 15

function expectExtraData(item: RlpItem, name: string): Uint8Array {
  const bytes = expectBytes(item, name)
  if (bytes.length <= MAX_EXTRA_DATA_BYTES) return bytes
  throw invalidRlp(`${name}: expected at most ${MAX_EXTRA_DATA_BYTES} bytes, got ${bytes.length}`)
}

/** @throws {EthspanError} ERR_INVALID_RLP, also for a field that is there while one before it is not. */
export function encodeHeader(header: HeaderFields): Uint8Array {
  const values: RlpInput[] = []
  for (const [i, [name]] of FIELDS.entries()) {
    const value = header[name]
    if (value === undefined) continue
    if (values.length < i) throw invalidRlp(`header: ${name} is there, but ${FIELDS[values.length]![0]} is not`)
    values.push(value)
  }
  return encodeRlp(values)
}

/**
 * Reads one header. Which fields a block must have at its fork is for the chain to say.
 * @throws {EthspanError} ERR_INVALID_RLP
 */
export function decodeHeader(raw: Uint8Array): Header {
  const limits = { min: REQUIRED_FIELDS, max: FIELDS.length }
  const items = expectList(decodeRlp(raw, { maxDepth: 1, maxItems: FIELDS.length + 2 }), 'header', limits)
  const header: Record<string, bigint | Uint8Array> = { raw }
  for (const [i, item] of items.entries()) {
    const [name, read] = FIELDS[i]!
    header[name] = read(item, name)
  }
  return header as unknown as Header
}

/** The block's hash: Keccak-256 of the bytes received. */
export const headerHash = ({ raw }: Pick<Header, 'raw'>): Hash => keccak256(raw)
