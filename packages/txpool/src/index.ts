export * from './limits.js'
export { poolService } from './pool-service.js'
export { TxPool, type TxPoolOptions } from './tx-pool.js'
