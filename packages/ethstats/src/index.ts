export { EthStats, type EthStatsOptions } from './eth-stats.js'
export {
  applyMessage,
  type BlocksChange,
  type BlockView,
  changeBetween,
  emptySnapshot,
  FEED_PATH,
  FEED_SILENCE,
  type FeedMessage,
  type NodeBlock,
  type NodeState,
  type NodeView,
  type PropagationBin,
  type StatsChange,
  type StatsSnapshot,
} from './feed.js'
export type { OpenSocket, OpenSocketOptions, StatsSocket, StatsSocketHandler } from './socket/shape.js'
export { API_PATH, parseStatsUrl, type StatsTarget } from './url.js'
export type { NodeInfo as StatsNodeInfo } from './wire.js'
