import type { PooledTransaction } from '@ethspan/chain'
import type { FeeCaps } from './fees.js'

/** A transaction as the pool keeps it: what is asked of it often is read once. */
export interface Entry extends PooledTransaction, FeeCaps {
  /** Its hash, 64 hex digits. */
  readonly key: string
  /** Its sender, 40 hex digits. */
  readonly senderKey: string
  readonly nonce: bigint
  readonly gas: bigint
  /** The most it can cost its sender, wei. */
  readonly cost: bigint
  /** What it takes of the pool's room. */
  readonly slots: number
  /** Whose leave it brings to run code in their name (EIP-7702), each once, 40 hex digits. */
  readonly authorities: readonly string[]
  /** As `encodeTransaction` gives it; `bytes` is a view into it. */
  readonly encoded: Uint8Array
  /** Id of the peer it came from. */
  readonly peer: string | undefined
  /** When it came, by the pool's clock, milliseconds. */
  readonly since: number
}
