/** The largest message of the protocol, bytes. A larger one ends the peer. Source: eth.md, "Basic Operation"; geth: `maxMessageSize`. */
export const MAX_MESSAGE_BYTES = 10 * 1024 * 1024

/** An answer takes no further item once it has this many bytes. Source: eth.md; geth: `softResponseLimit`. */
export const SOFT_RESPONSE_BYTES = 2 * 1024 * 1024

/** Headers in one answer of ours. Source: geth, `maxHeadersServe`. */
export const MAX_HEADERS_SERVE = 1024
/** Bodies in one answer of ours. Source: geth, `maxBodiesServe`. */
export const MAX_BODIES_SERVE = 1024
/** Blocks whose receipts are in one answer of ours. Source: geth, `maxReceiptsServe`. */
export const MAX_RECEIPTS_SERVE = 1024
/** Block access lists in one answer of ours. Source: geth, `maxBALsServe`. */
export const MAX_ACCESS_LISTS_SERVE = 1024
/** Transactions that one request makes us look up in the pool. Source: geth, `maxPooledTxServe`. */
export const MAX_POOLED_TRANSACTIONS_SERVE = 4096

/** Transactions that we ask a pool for at once. Source: eth.md, GetPooledTransactions. */
export const MAX_POOLED_TRANSACTIONS_ASK = 256

/** Transactions in one Transactions message. Source: geth, `maxTransactionAnnouncements`. */
export const MAX_TRANSACTIONS = 5000

/** Hashes in one NewPooledTransactionHashes: four times what eth.md recommends to send. Ours; geth bounds it by bytes alone. */
export const MAX_ANNOUNCED_TRANSACTIONS = 4 * 4096

/** Blocks in one NewBlockHashes. Ours: nobody falls further behind between two announcements. */
export const MAX_ANNOUNCED_BLOCKS = 1024

/** Hashes in one request. Ours: eight times what anybody serves, in 1 MiB. */
export const MAX_ASKED_HASHES = 8 * 4096

/** The exchange of Status, milliseconds. Source: geth, `handshakeTimeout`. */
export const HANDSHAKE_TIMEOUT_MS = 5_000

/** How long an answer may take, milliseconds. Ours: the largest at 3 Mbit/s; geth's downloader waits 60 s at most (`ttlLimit`). */
export const REQUEST_TIMEOUT_MS = 30_000

/** Requests of ours that one peer may owe an answer to. Ours: fewer than a peer lets wait, so that two never wait for each other. */
export const MAX_PENDING_REQUESTS = 16

/** Requests of a peer that wait to be served; with more of them its messages are left unread. Ours. */
export const MAX_WAITING_REQUESTS = 32

/** Requests given up whose answers are still known as late ones. Source: geth, `maxTrackedPackets`. */
export const MAX_ABANDONED_REQUESTS = 10_000
/** After so long, milliseconds, an answer to a request given up counts as unasked. Source: geth's tracker in `eth`. */
export const LATE_ANSWER_MS = 5 * 60_000

// ---- the service ----

/** A peer's range is told anew after so many blocks. Source: geth, `blockRangeState.shouldSend`. */
export const RANGE_UPDATE_BLOCKS = 32n

/** A peer that sent bad data is not used again for so long, milliseconds. Ours. */
export const BAD_PEER_BAN_MS = 15 * 60_000
/** Peers whose bad data is remembered; the oldest is forgotten first. Ours: ids are free to make, so more would not help. */
export const MAX_BANNED_PEERS = 1024

/** Requests of all peers that are looked up at the same time. Ours: enough to keep a disk busy, few enough to stay fair. */
export const MAX_CONCURRENT_SERVES = 4
/**
 * What a request costs its peer before anything is counted, bytes: so that a flood of empty ones is not free.
 * Ours: about what it costs to read and dispatch one.
 */
export const SERVE_BASE_COST_BYTES = 4 * 1024
/** What a millisecond of looking up costs, bytes: about what a disk and an encoder turn out in it. Ours. */
export const SERVE_COST_BYTES_PER_MS = 16 * 1024
/** By how much a peer that was served less than others may go before them, bytes. Ours: what one full answer has. */
export const SERVE_CREDIT_BYTES = SOFT_RESPONSE_BYTES

// ---- asking, for sync ----

/** Headers asked for at once. Source: geth, `requestHeaders`. */
export const MAX_HEADERS_ASK = 512
/** Bodies asked for at once. Source: geth, `MaxBlockFetch`. */
export const MAX_BODIES_ASK = 128
/** Blocks whose receipts are asked for at once. Source: geth, `MaxReceiptFetch`. */
export const MAX_RECEIPTS_ASK = 256

/** Requests of one kind that a peer may have under way: while it works on one, the next is on its way to it. Ours; geth has one. */
export const MAX_REQUESTS_PER_KIND = 2

/** Round trips that requests are sized for, milliseconds. Source: geth, `rttMinEstimate`, `rttMaxEstimate`. */
export const MIN_ROUND_TRIP_MS = 2_000
export const MAX_ROUND_TRIP_MS = 20_000
/** The estimate before anything is measured, milliseconds. Ours; geth begins with the longest, and waits as long for a dead peer. */
export const FIRST_ROUND_TRIP_MS = 4_000
/** An answer may take so many estimated round trips. Source: geth, `ttlScaling`. */
export const TIMEOUT_ROUND_TRIPS = 3
/** Longest time for an answer, milliseconds. Source: geth, `ttlLimit`. */
export const MAX_TIMEOUT_MS = 60_000
/** A peer that owes an answer for longer than this after it was due is of no use, milliseconds. Source: geth, `timeoutGracePeriod`. */
export const STALL_GRACE_MS = 2 * 60_000
/** After so many target round trips what everything waits for is asked of a second peer. Source: geth, `headStallFactor`. */
export const HEAD_STALL_ROUND_TRIPS = 2

/** Blocks that a peer is remembered not to have. Source: geth, `maxLackingHashes`. */
export const MAX_LACKING_BLOCKS = 4096
/** A peer that lacked a block is asked for it again after so long, milliseconds. Ours: a new block is everywhere by then. */
export const LACKING_MS = 4_000
/** After an answer without content a peer is left alone, milliseconds; twice as long after each further one. Ours. */
export const EMPTY_PAUSE_MS = 500
/** Longest of these pauses, milliseconds. Ours. */
export const MAX_EMPTY_PAUSE_MS = 60_000

// ---- sync ----

/** Answers of headers that wait for those before them, bytes; past it only the next are asked for. Ours: 50 answers of usual size. */
export const MAX_WAITING_HEADER_BYTES = 16 * 1024 * 1024
/** Requests for headers under way, all peers together. Ours: each is 300 KB of usual headers. */
export const MAX_HEADER_REQUESTS = 16
/** Peers that are asked for the header of a target at the same time. Ours. */
export const MAX_TARGET_LOOKUPS = 3
/** Headers asked for beyond the block where the chains are expected to meet: most reorgs are shorter. Ours. */
export const HEADERS_MARGIN = 16
/**
 * Headers that a peer's word alone makes us fetch. Ours: mainnet has a third as many, and they fill 40 GB; without a bound a
 * trusted peer could tell of a chain that never ends.
 */
export const MAX_TOLD_HEADERS = 64n * 1024n * 1024n
/**
 * By how much a head that a peer tells may be ahead of our clock, seconds. Ours: development chains that make blocks on demand
 * run ahead, as each block is a second later than the one before.
 */
export const MAX_AHEAD_SECONDS = 24n * 60n * 60n
/**
 * How long a head that a trusted peer tells by number and hash goes before others that are lower, while nobody has shown its
 * header, milliseconds. Ours: asking a few peers for it takes a fraction of that.
 */
export const UNPROVEN_HEAD_MS = 15_000
/** Ways of headers that are kept of targets that were not reached. Ours: more would be of many restarts. */
export const MAX_SEGMENTS = 8

/** Blocks on their way: asked for, or waiting for those before them. Source: geth, `blockCacheMaxItems`, a quarter of it. */
export const MAX_WINDOW_BLOCKS = 2048
/** Bytes of what waits, and may come of what is asked for. Ours: what a tab can spare; geth, `blockCacheMemory`, takes 1 GiB. */
export const MAX_WINDOW_BYTES = 32 * 1024 * 1024
/** Blocks handed to the importer at once, and their bytes. Ours: one write to disk, and how often the head moves. */
export const MAX_IMPORT_BLOCKS = 256
export const MAX_IMPORT_BYTES = 8 * 1024 * 1024

/**
 * Least gas that a byte of receipts costs: data of logs costs 8 (yellow paper, `Glogdata`), less at most a fifth that is given
 * back (EIP-3529). So a block's receipts have at most so many bytes: its gas divided by this.
 */
export const GAS_PER_RECEIPT_BYTE = 6n

/** Blocks that were found to break the rules; the oldest is forgotten first. Source: geth, `badBlockToKeep`, more generous. */
export const MAX_BAD_BLOCKS = 128
/** After a store that can't be read or written the next try, milliseconds. Ours. */
export const RETRY_MS = 5_000
/** While there is something to fetch, peers and what is late are looked at so often, milliseconds. Ours. */
export const SYNC_TICK_MS = 1_000
/** How often a long sync says how far it is, and how long it waits before it says so, milliseconds. Source: geth, `statsReportLimit`. */
export const REPORT_MS = 8_000

// ---- gossip ----

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

// ---- head/1 ----

/** Bytes of a Head: the largest header, and then some. Source: docs/head-protocol.md. */
export const MAX_HEAD_BYTES = 104 * 1024
/** Heads sent to one peer: at once, and per second for ever; of more the newest is sent once there is room. */
export const HEAD_SEND_RATE = { capacity: 16, refillPerSecond: 8 } as const
/** Heads read from one peer: twice that; faster ones wait in the protocol's bounded queue. */
export const HEAD_READ_RATE = { capacity: 32, refillPerSecond: 16 } as const
