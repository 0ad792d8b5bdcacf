// What a pool of transactions is to those who read it, and to those who add to it.
import type { TypedTransaction } from '@ethereumjs/tx'
import type { Emitter } from '@ethspan/core'
import type { Hash } from '../block/fields.js'
import type { Transaction } from '../block/transaction.js'

/** A transaction of the pool: read, checked, its sender known. */
export interface PooledTransaction extends Transaction {
  readonly hash: Hash
  /** Of its network form, as it is announced: with the sidecar, without an outer prefix. Bytes. */
  readonly size: number
  /** 20 bytes. */
  readonly sender: Uint8Array
  readonly tx: TypedTransaction
  /** Came from this node's own users, over JSON-RPC. */
  readonly isLocal: boolean
}

/** Why a transaction is not taken. The text that people see is geth's where geth has one. */
export type PoolRefusal =
  /** Known already; nobody's fault. */
  | 'already-known'
  /** Fee below the pool's own price, the pool is full of better ones, or a replacement is not priced high enough. */
  | 'underpriced'
  /** Nonce already used, or too far ahead. */
  | 'nonce'
  | 'insufficient-funds'
  /** The sender has too many in the pool, or some that this one does not go with. */
  | 'account-limit'
  /** There is no room for it now, whatever it pays; nobody's fault. */
  | 'capacity'
  /** Not as the chain stands: its type comes with a later fork, or it takes more gas than a block has. */
  | 'not-yet'
  /** No valid transaction on this chain, ever: signature, chain id, size, gas, fees. Whoever sent it lies. */
  | 'invalid'
  /** As `invalid`: its blobs, commitments and proofs do not go together, which takes long to find out. */
  | 'invalid-sidecar'

export type PoolAnswer =
  | { readonly added: PooledTransaction; readonly replaced?: PooledTransaction }
  | { readonly refused: PoolRefusal; readonly message: string }

/** Transactions were added that can be mined next: what peers are told. */
export class PoolAddEvent extends Event {
  readonly transactions: readonly PooledTransaction[]
  constructor(transactions: readonly PooledTransaction[]) {
    super('add')
    this.transactions = transactions
  }
}

/** Transactions left: mined, replaced, pushed out. */
export class PoolDropEvent extends Event {
  readonly transactions: readonly PooledTransaction[]
  constructor(transactions: readonly PooledTransaction[]) {
    super('drop')
    this.transactions = transactions
  }
}

export interface PoolEventMap {
  readonly add: PoolAddEvent
  readonly drop: PoolDropEvent
}

/** By sender (20 bytes as hex, without prefix), each list by nonce, ascending. */
export type BySender = ReadonlyMap<string, readonly PooledTransaction[]>

export interface TransactionPool extends Pick<Emitter<PoolEventMap>, 'addEventListener' | 'removeEventListener'> {
  /** Takes transactions, as they came: one with blobs has its sidecar. An answer for each, in their order. */
  add(transactions: readonly Transaction[], options?: PoolAddOptions): Promise<PoolAnswer[]>
  has(hash: Hash): boolean
  get(hash: Hash): PooledTransaction | undefined
  /** As `encodeTransaction` gives it, with the sidecar of one with blobs: as it is sent to peers. */
  transaction(hash: Hash): Uint8Array | undefined
  /** Those that can be mined next: no nonce is missing before them. */
  pending(): BySender
  /** Those that wait for a nonce or for funds. */
  queued(): BySender
  counts(): { readonly pending: number; readonly queued: number; readonly bytes: number }
  /** The nonce after the sender's pending transactions; undefined where it has none here. 20 bytes. */
  nextNonce(sender: Uint8Array): bigint | undefined
}

export interface PoolAddOptions {
  /** Default false. Local ones are taken below the pool's own price. */
  readonly local?: boolean
  /** Id of the peer that sent them; each has its share of the pool. */
  readonly peer?: string
}
