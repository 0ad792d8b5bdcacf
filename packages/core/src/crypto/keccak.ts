import { keccak_256 } from '@noble/hashes/sha3.js'
import { loadedWasmKeccak } from './wasm-keccak.js'

/**
 * Keccak-256 (32 bytes), at once and the same everywhere: in plain code, and in WASM from the moment that somebody in the process
 * has made a `Crypto` with it, as every server does.
 */
export const keccak256 = (bytes: Uint8Array): Uint8Array => loadedWasmKeccak()?.keccak256(bytes) ?? keccak_256(bytes)
