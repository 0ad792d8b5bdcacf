// How a chain is made to follow a head, and what can be told of that.
import type { Emitter } from '@ethspan/core'
import type { Hash } from '../block/fields.js'
import type { Header } from '../block/header.js'

/** Who says that a block is the head. Only the first two are more than a peer's word. */
export type HeadSource = 'engine' | 'checkpoint' | 'trusted-peer'

export interface SyncTarget {
  readonly hash: Hash
  /** Where it is known; else it is asked for. */
  readonly header?: Header
  readonly source: HeadSource
}

export interface SyncProgress {
  /** The head when this sync began. */
  readonly startingBlock: bigint
  readonly currentBlock: bigint
  /** Of the target; undefined as long as its header is not there. */
  readonly highestBlock: bigint | undefined
  readonly stage: 'headers' | 'blocks'
  /** Headers of the way that are there, from the target back. */
  readonly headers: bigint
  /** What no connected peer has, in words, where nothing goes on without it. */
  readonly waitingFor?: string
}

/** The target was reached: it is the chain's head, or was in the chain below it already, which then does not go back. */
export class SyncedEvent extends Event {
  readonly syncTarget: SyncTarget
  constructor(syncTarget: SyncTarget) {
    super('synced')
    this.syncTarget = syncTarget
  }
}

/**
 * The target is not followed: a block on its way breaks the rules, whoever serves it (ERR_INVALID_BLOCK), or a peer's word is not
 * enough for it (ERR_STATE). What was followed before a head that nobody can have is followed on.
 */
export class SyncFailEvent extends Event {
  readonly syncTarget: SyncTarget
  readonly error: Error
  constructor(syncTarget: SyncTarget, error: Error) {
    super('syncfail')
    this.syncTarget = syncTarget
    this.error = error
  }
}

export interface SyncEventMap {
  readonly synced: SyncedEvent
  readonly syncfail: SyncFailEvent
}

export interface Synchroniser extends Pick<Emitter<SyncEventMap>, 'addEventListener' | 'removeEventListener'> {
  /** Follows this head from now on: fetches what is missing, verifies it and makes it the chain's head. Replaces the target before. */
  setTarget(target: SyncTarget): void
  /** Undefined where there is nothing to fetch. */
  progress(): SyncProgress | undefined
}
