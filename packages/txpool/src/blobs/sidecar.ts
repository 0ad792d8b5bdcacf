// What is to be said of a transaction's blobs before their proofs are checked.
import type { BlobSidecar } from '@ethspan/chain'
import { bytesToHex } from '@ethspan/core'
import { sha256 } from '@noble/hashes/sha2.js'
import { type Refusal, refusal } from '../refusal.js'

/** First byte of a blob's hash. Source: EIP-4844, `VERSIONED_HASH_VERSION_KZG`. */
const KZG_HASH_VERSION = 0x01

/**
 * @param hashes those that the transaction names, `0x` and hexadecimal digits
 * @returns what is wrong with a sidecar beside its proofs, with geth's texts (`validateBlobSidecar`). Proofs of cells count at any
 * time, as geth takes them; those of whole blobs until Osaka (EIP-7594).
 */
export function sidecarFault(
  { version, commitments }: BlobSidecar,
  hashes: readonly string[],
  isOsaka: boolean,
): Refusal | undefined {
  const wrong = (message: string) => refusal('invalid-sidecar', message)
  if (commitments.length !== hashes.length) {
    return wrong(`invalid number of ${commitments.length} blob commitments compared to ${hashes.length} blob hashes`)
  }
  for (const [i, hash] of hashes.entries()) {
    const computed = blobHash(commitments[i]!)
    if (computed !== hash) return wrong(`blob ${i}: computed hash ${computed} mismatches transaction one ${hash}`)
  }
  if (version === 1 || !isOsaka) return undefined
  return wrong('Wrong sidecar format: unexpected sidecar version, want: 1, got: 0')
}

/** By which a transaction names a blob (EIP-4844, `kzg_to_versioned_hash`). */
function blobHash(commitment: Uint8Array): string {
  const hash = sha256(commitment)
  hash[0] = KZG_HASH_VERSION
  return `0x${bytesToHex(hash)}`
}
