/** What one call may cost. Geth's figures where geth has one; "ours" where it has none. */
export interface EthApiLimits {
  /** Addresses in a log filter, and topics for one position. Geth: `--rpc.logquerylimit`. */
  readonly logQuery: number
  /** How many blocks after the first one `eth_getLogs` looks at. Geth: `--rpc.rangelimit`, by default none; ours is one because logs are not indexed here. */
  readonly range: number
  /** Logs in one answer. Ours. */
  readonly logs: number
  /** Characters of their data, in one answer. Ours: as much as the answers to a batch; a block may have 7 million. */
  readonly logData: number
  /** How long `eth_getLogs` may search, milliseconds. Ours: a third of what an HTTP call has. */
  readonly logTime: number
  /** The most that a transaction sent over JSON-RPC may cost in fees, wei; 0 for no limit. Geth: `--rpc.txfeecap`. */
  readonly txFeeCap: bigint
  /** Gas of a call that is not mined. Geth: `--rpc.gascap`. */
  readonly gasCap: bigint
  /** How long such a call may run, milliseconds. Geth: `--rpc.evmtimeout`. */
  readonly evmTimeout: number
}

export const defaultEthApiLimits: EthApiLimits = {
  logQuery: 1000,
  range: 10_000,
  logs: 10_000,
  logData: 25_000_000,
  logTime: 10_000,
  txFeeCap: 10n ** 18n,
  gasCap: 50_000_000n,
  evmTimeout: 5_000,
}

/** Topic positions of a log filter: what the EVM can write at once (LOG4). Geth: `maxTopics`. */
export const MAX_TOPICS = 4
/** Storage slots in one `eth_getProof`. Geth: `maxGetProofKeys`. */
export const MAX_PROOF_KEYS = 1024
/** Storage slots in one `eth_getStorageValues`. Geth: `maxGetStorageSlots`. */
export const MAX_STORAGE_SLOTS = 1024
/** Blocks that one `eth_feeHistory` tells of. Geth: `MaxHeaderHistory` and `MaxBlockHistory` of `FullNodeGPO`. */
export const MAX_FEE_HISTORY = 1024
/** Percentiles in one `eth_feeHistory`. Geth: `maxQueryLimit` of its package gasprice. */
export const MAX_PERCENTILES = 100
/** Blocks whose fees are remembered. Geth: the size of the oracle's `historyCache`. */
export const FEE_CACHE_BLOCKS = 2048

/** Senders of mined transactions that are remembered. Ours: those of some 50 full blocks, in 2 MB. */
export const MAX_SENDERS = 10_000

/** Blocks that the price suggestion looks at; twice as many where most are empty. Geth: `FullNodeGPO.Blocks`. */
export const PRICE_BLOCKS = 20
/** Which of the sampled tips is suggested, in percent of all. Geth: `FullNodeGPO.Percentile`. */
export const PRICE_PERCENTILE = 60
/** Tips sampled in a block, from the lowest. Geth: `sampleNumber`. */
export const PRICE_SAMPLES = 3
/** A lower tip is no sample, wei. Geth: `DefaultIgnorePrice`. */
export const PRICE_IGNORE = 2n
/** The most that is suggested, wei. Geth: `DefaultMaxPrice`. */
export const PRICE_MAX = 500_000_000_000n
/** Suggested as long as there is nothing to go by, wei. Geth: `miner.DefaultConfig.GasPrice`. */
export const PRICE_START = 1_000_000n

/** Times that a log search begins anew because the chain was reorganised under it. Ours: reorgs are seconds apart. */
export const MAX_SEARCHES = 3
/** Blocks that a log subscription may lag behind; the oldest of them are then left out. Ours: 10 MB of headers. */
export const MAX_LOG_BACKLOG = 10_000

/** A filter that nobody asks for so long is removed, milliseconds. Geth: `Config.Timeout` of its package filters. */
export const FILTER_TIMEOUT_MS = 5 * 60 * 1000
/** Filters that are kept at once. Ours: each costs what a subscription does. */
export const MAX_FILTERS = 1000
/** Addresses and topics in all of them together, and in all subscriptions to logs. Ours: 50 MB, where one call may send 5000. */
export const MAX_FILTER_VALUES = 100_000
/** Blocks that are kept for filters that have not read them; a filter that needs older ones is removed. Ours: 10 MB of headers. */
export const MAX_FILTER_BLOCKS = 10_000
/** The same of transactions that wait. Ours: what a busy network sends in the time that a filter has, in 4 MB. */
export const MAX_FILTER_TRANSACTIONS = 20_000

/** Headers of payloads that wait for their ancestors. Geth: `maxTrackedHeaders`. */
export const MAX_WAITING_PAYLOADS = 96
/** Blocks known to have an invalid ancestor. Geth: `invalidTipsetsCap`. */
export const MAX_INVALID_BLOCKS = 512
/** So often an invalid block is refused unseen, then it is looked at once more. Geth: `invalidBlockHitEviction`. */
export const INVALID_BLOCK_HITS = 128
/** How many blocks back the head can be set on its own chain. Geth: `EngineMaxReorgDepth`. */
export const MAX_REORG_DEPTH = 32n
/** Bodies in one `engine_getPayloadBodies…`. Source: Engine API, Shanghai; geth the same. */
export const MAX_PAYLOAD_BODIES = 1024n
