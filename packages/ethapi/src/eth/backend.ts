// What the methods of eth and txpool work on.
import type { Common } from '@ethereumjs/common'
import type { ChainReader, StateReader, Synchroniser, TransactionPool } from '@ethspan/chain'
import type { Clock, Logger } from '@ethspan/core'
import type { EthApiLimits } from '../limits.js'
import type { Lru } from '../lru.js'

/** Looked at anew in each call, so that it can stand for what comes later. */
export interface Backend {
  readonly chain: ChainReader
  /** Of the chain; set to a block's fork where it matters. */
  readonly common: Common
  readonly pool: TransactionPool | undefined
  readonly state: StateReader | undefined
  readonly sync: Synchroniser | undefined
  readonly limits: EthApiLimits
  /** Senders of mined transactions, 20 bytes, by the transaction's hash without `0x`. */
  readonly senders: Lru<string, Uint8Array>
  readonly clock: Clock
  readonly log: Logger
}
