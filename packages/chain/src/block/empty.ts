// What a header says of what its block has none of.
import { encodeRlp, hexToBytes, keccak256 } from '@ethspan/core'
import type { Hash } from './fields.js'

/** Of a trie without entries: no transactions, receipts or withdrawals, or no state. */
export const EMPTY_ROOT: Hash = keccak256(encodeRlp(''))
/** Of an empty list, in RLP: no uncles. */
export const EMPTY_UNCLES_HASH: Hash = keccak256(encodeRlp([]))
/** SHA-256 of nothing: no requests (EIP-7685). */
export const EMPTY_REQUESTS_HASH: Hash = hexToBytes('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
/** Of an empty list, in RLP: nothing accessed (EIP-7928). */
export const EMPTY_ACCESS_LIST_HASH: Hash = EMPTY_UNCLES_HASH
