// What a call sees instead of what is there. Geth: its package internal/ethapi/override.
import type { Hash } from '../block/fields.js'

/** Slots with their values, 32 bytes each. */
export type StorageSlots = readonly (readonly [slot: Hash, value: Hash])[]

/** An account as the call sees it. What is left out is as it is. */
export interface AccountOverride {
  /** 20 bytes. */
  readonly address: Uint8Array
  readonly nonce?: bigint
  /** Wei. */
  readonly balance?: bigint
  readonly code?: Uint8Array
  /** All there is in its storage. Not beside `stateDiff`. */
  readonly state?: StorageSlots
  /** Slots that are others; the rest of its storage stays. */
  readonly stateDiff?: StorageSlots
  /** 20 bytes, where the precompiled contract of this address is found instead. */
  readonly movePrecompileTo?: Uint8Array
}

/** What the block of the call says of itself. */
export interface BlockOverrides {
  readonly number?: bigint
  /** Of proof of work. */
  readonly difficulty?: bigint
  /** Seconds since 1970. */
  readonly time?: bigint
  readonly gasLimit?: bigint
  /** 20 bytes. */
  readonly feeRecipient?: Uint8Array
  readonly prevRandao?: Hash
  /** Wei per gas. */
  readonly baseFeePerGas?: bigint
  /** Wei per gas of blobs. */
  readonly blobBaseFee?: bigint
}

export interface CallOverrides {
  readonly accounts?: readonly AccountOverride[]
  readonly block?: BlockOverrides
}
