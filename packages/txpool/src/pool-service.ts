import { poolKey } from '@ethspan/chain'
import type { Service } from '@ethspan/node'
import type { TxPool } from './tx-pool.js'

/** The pool as a service of a node, which others find by `poolKey`. Register it before those who use it. */
export function poolService(pool: TxPool): Service {
  return {
    name: 'txpool',
    start({ offer }) {
      pool.start()
      offer(poolKey, pool)
    },
    stop: () => pool.stop(),
  }
}
