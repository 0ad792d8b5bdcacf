import { keccak256 } from '@ethspan/core'
import type { Hash } from './fields.js'

/** What the header's `blockAccessListHash` must be: Keccak-256 of the RLP of the list (EIP-7928). */
export const accessListHash = (list: Uint8Array): Hash => keccak256(list)
