export { EthStats, type EthStatsOptions } from './eth-stats.js'
export type { OpenSocket, OpenSocketOptions, StatsSocket, StatsSocketHandler } from './socket/shape.js'
export { API_PATH, parseStatsUrl, type StatsTarget } from './url.js'
export type { NodeInfo as StatsNodeInfo } from './wire.js'
