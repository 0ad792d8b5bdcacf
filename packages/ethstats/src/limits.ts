/** Milliseconds between two full reports. Geth: the ticker `fullReport`. */
export const FULL_REPORT_INTERVAL = 15_000

/** Milliseconds a dial may take, for each of the URLs that are tried. Geth: `HandshakeTimeout` of its dialer. */
export const DIAL_TIMEOUT = 5_000

/** Milliseconds a server has to say `ready`. Geth waits without end; ours: as long as for a dial. */
export const LOGIN_TIMEOUT = 5_000

/** Milliseconds a server has to answer `node-ping`; past it the connection counts as dead. Geth: `reportLatency`. */
export const PONG_TIMEOUT = 5_000

/** Milliseconds between two reports of the pending count. Geth: `lastTx` in `loop`. */
export const PENDING_INTERVAL = 1_000

/**
 * Milliseconds between two reports of a new head; those between are left out. Geth leaves out what comes while it sends;
 * ours: a chain that is imported has thousands of heads a second, of which nobody sees more than some.
 */
export const BLOCK_INTERVAL = 100

/** Blocks told in one answer to `history`. Geth: `historyUpdateRange`. */
export const HISTORY_RANGE = 50

/**
 * Bytes in the longest message taken from a server; a longer one ends the connection. Geth: 15 MiB (`messageSizeLimit`);
 * ours: a server sends nothing larger than a list of block numbers.
 */
export const MAX_SERVER_MESSAGE = 64 * 1024

/** Bytes that may wait to leave; past it the server counts as dead, because nothing is gained by telling it old news. */
export const MAX_UNSENT = 4 * 1024 * 1024

/**
 * Milliseconds until the first try after a failure and at most, doubled between. Geth waits 10 s after each; ours: a server
 * that was restarted is found sooner, and one that is gone is asked less often.
 */
export const RECONNECT = { first: 1_000, max: 60_000 } as const

/** Milliseconds after which a connection counts as a success, so that the next failure begins anew. */
export const STABLE_AFTER = 60_000

/** Code points in a node's name. What is longer fits in no table. */
export const MAX_NAME = 64

/** Characters of a server's reason for closing that are told; a close frame holds at most 123 bytes (RFC 6455, 5.5). */
export const MAX_REASON = 123
