// What comes with a blob transaction outside of blocks: its blobs, what commits to them, and proofs of that.
import { decodeRlp, expectBytes, expectList, expectUint, invalidRlp, isRlpList, splitRlpList } from '@ethspan/core'
import { BLOB_BYTES, CELLS_PER_BLOB, MAX_SIDECAR_BLOBS } from '../limits.js'
import { BLOB_TX_TYPE, type Transaction } from './transaction.js'

/** The blobs of a transaction. All are views into its bytes. */
export interface BlobSidecar {
  /** 0: a proof for each blob (EIP-4844); 1: a proof for each cell, 128 to a blob (EIP-7594). */
  readonly version: 0 | 1
  /** {@link BLOB_BYTES} each. */
  readonly blobs: readonly Uint8Array[]
  /** One for each blob, 48 bytes each. */
  readonly commitments: readonly Uint8Array[]
  /** 48 bytes each, those of a blob's cells together. */
  readonly proofs: readonly Uint8Array[]
}

/** Bytes of a point, which a commitment is and a proof. Source: EIP-4844. */
const POINT_BYTES = 48

/**
 * The blobs that come with a transaction; undefined where none do. Whether the proofs hold takes a KZG library.
 * @throws {EthspanError} ERR_INVALID_RLP, also where their numbers do not fit together.
 */
export function readSidecar(tx: Transaction): BlobSidecar | undefined {
  const parts = splitBlobTransaction(tx)
  if (parts === undefined) return undefined
  const { length } = parts
  if (length !== 4 && length !== 5) throw invalidRlp(`blob transaction: expected 4 or 5 parts, got ${length}`)
  const version = length === 4 ? 0 : expectUint(decodeRlp(parts[1]!), 'sidecar version')
  if (version !== 0 && version !== 1) throw invalidRlp(`blob transaction: there is no sidecar version ${version}`)
  if (length === 5 && version === 0) throw invalidRlp('blob transaction: a sidecar of version 0 has no version')
  const [blobs, commitments, proofs] = parts
    .slice(-3)
    .map((part, i) => readList(part, i === 0 ? BLOB_BYTES : POINT_BYTES))
  const counts = [blobs!.length, commitments!.length, proofs!.length]
  const proofsPerBlob = version === 0 ? 1 : CELLS_PER_BLOB
  if (counts[0] !== counts[1] || counts[0]! * proofsPerBlob !== counts[2]) {
    throw invalidRlp(`blob transaction: ${counts[0]} blobs, ${counts[1]} commitments and ${counts[2]} proofs`)
  }
  return { version, blobs: blobs!, commitments: commitments!, proofs: proofs! }
}

/** The transaction as blocks have it, without what comes with it. @throws {EthspanError} ERR_INVALID_RLP */
export function withoutSidecar(tx: Transaction): Transaction {
  const body = splitBlobTransaction(tx)?.[0]
  if (body === undefined) return tx
  const bytes = new Uint8Array(1 + body.length)
  bytes[0] = BLOB_TX_TYPE
  bytes.set(body, 1)
  return { type: BLOB_TX_TYPE, bytes }
}

/** The parts of one with a sidecar, the first of which is the transaction; undefined for all others. */
function splitBlobTransaction({ type, bytes }: Transaction): Uint8Array[] | undefined {
  if (type !== BLOB_TX_TYPE) return undefined
  const parts = splitRlpList(bytes.subarray(1), 'blob transaction', { min: 1, max: MAX_PARTS })
  // Without a sidecar its first item is the chain id.
  return isRlpList(parts[0]!) ? parts : undefined
}

/** More than the fields of a blob transaction. */
const MAX_PARTS = 32

function readList(raw: Uint8Array, bytes: number): Uint8Array[] {
  const max = MAX_SIDECAR_BLOBS * CELLS_PER_BLOB
  const items = expectList(decodeRlp(raw, { maxDepth: 1, maxItems: max + 2 }), 'sidecar', { max })
  return items.map((item) => expectBytes(item, 'sidecar', bytes))
}
