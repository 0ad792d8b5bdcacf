import { keccak_256 } from '@noble/hashes/sha3.js'

/**
 * Keccak-256 (32 bytes) for node ids and records: short inputs, no setup, the same everywhere. Whoever hashes bulk data
 * takes {@link Crypto.keccak256} of the chosen platform instead.
 */
export const keccak256 = (bytes: Uint8Array): Uint8Array => keccak_256(bytes)
