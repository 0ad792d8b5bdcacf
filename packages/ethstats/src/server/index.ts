// An ethstats server, for Node.
export { FEED_PATH, type StatsSnapshot } from '../feed.js'
export { API_PATH } from '../url.js'
export { defaultStatsLimits, type StatsLimits } from './limits.js'
export type { StatsServerOptions } from './options.js'
export { type AttachOptions, StatsServer } from './stats-server.js'
