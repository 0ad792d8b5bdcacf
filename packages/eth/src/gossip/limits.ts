/** Transactions larger than this are announced only, bytes. Source: geth, `txMaxBroadcastSize`. */
export const MAX_BROADCAST_TX_BYTES = 4096
/** A message with transactions or announcements takes no more of them once it has so many bytes. Source: geth, `maxTxPacketSize`. */
export const MAX_GOSSIP_BYTES = 100 * 1024
/** What announcing a transaction counts for against {@link MAX_GOSSIP_BYTES}: its hash, as in geth. */
export const ANNOUNCEMENT_BYTES = 32
/** Transactions that wait to be sent to one peer; beyond that the oldest are left out. Source: geth, `maxQueuedTxs`. */
export const MAX_QUEUED_BROADCASTS = 4096
/** The same of announcements. Source: geth, `maxQueuedTxAnns`. */
export const MAX_QUEUED_ANNOUNCEMENTS = 4096
/**
 * Transactions of which is remembered that one peer has them. Ours: more than a pool holds, so nothing that is in it is
 * forgotten; geth's 32,768 would take 4 MB for each peer here.
 */
export const MAX_KNOWN_TRANSACTIONS = 8192

/** Transactions announced by one peer that are not here yet; more are passed over. Source: geth, `maxTxAnnounces`. */
export const MAX_TX_ANNOUNCES = 4096
/** Transactions in one request of ours. Source: geth, `maxTxRetrievals`. */
export const MAX_TX_RETRIEVALS = 256
/** A request takes no more once what was announced of it has so many bytes: one transaction with blobs at a time. Source: geth, `maxTxRetrievalSize`. */
export const MAX_TX_RETRIEVAL_BYTES = 128 * 1024
/** How long an announced transaction may still come whole before it is asked for, milliseconds. Source: geth, `txArriveTimeout`. */
export const TX_ARRIVE_TIMEOUT_MS = 500
/** What is due so soon goes with what is due now, milliseconds. Source: geth, `txGatherSlack`. */
export const TX_GATHER_SLACK_MS = 100
/** After so long without an answer, milliseconds, others are asked. Source: geth, `txFetchTimeout`. */
export const TX_FETCH_TIMEOUT_MS = 5_000
/** By how many bytes an announced size may be wrong: clients count a prefix or don't. Source: geth, `TxFetcher`. */
export const TX_SIZE_TOLERANCE = 8
/** Transactions that are not fetched again for a while: too cheap, or gone from the pool. Source: geth, `maxTxUnderpricedSetSize`. */
export const MAX_UNWANTED_TRANSACTIONS = 32_768
/** For so long, milliseconds. Source: geth, `maxTxUnderpricedTimeout`. */
export const UNWANTED_MS = 5 * 60_000

/** Transactions of one peer that are given to the pool at once. Source: geth, `addTxsBatchSize`. */
export const ADD_TXS_BATCH = 128
/** A peer of whose batch more than this part is refused is read on later. Source: geth, `TxFetcher.Enqueue`. */
export const MAX_REFUSED_PART = 1 / 4
/** So much later, milliseconds. Source: geth, there. */
export const REFUSED_PAUSE_MS = 200
/** Invalid transactions that a peer may send; ours, as rules that are read in two ways happen. One is forgiven each minute. */
export const MAX_INVALID_TRANSACTIONS = 16
export const FORGIVE_INVALID_MS = 60_000
