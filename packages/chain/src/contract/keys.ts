// By which services find what the others offer.
import { serviceKey } from '@ethspan/node'
import type { Chain } from './chain.js'
import type { TransactionPool } from './pool.js'
import type { BlockExecutor, StateReader } from './state.js'
import type { Synchroniser } from './sync.js'

export const chainKey = serviceKey<Chain>('chain/chain')
export const poolKey = serviceKey<TransactionPool>('chain/pool')
/** Only where blocks are executed. */
export const stateKey = serviceKey<StateReader & BlockExecutor>('chain/state')
export const syncKey = serviceKey<Synchroniser>('chain/sync')
