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
