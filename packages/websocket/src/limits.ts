/**
 * The most bytes in one message we send. Large enough that the work per message does not count, small enough that neither
 * end holds much of a message that is still under way.
 */
export const MAX_SENT_MESSAGE = 256 * 1024

/** The most bytes in one message we accept; a longer one ends the connection. Source: docs/websocket.md. */
export const MAX_RECEIVED_MESSAGE = 1024 * 1024

/** Bytes waiting to leave from which on `write` returns false: enough to keep a fast line busy between two looks. */
export const HIGH_WATER_MARK = 1024 * 1024

/** Bytes waiting to leave from which down a writer that was told to wait is called back. */
export const LOW_WATER_MARK = HIGH_WATER_MARK / 2

/**
 * Milliseconds between two looks at a browser's `bufferedAmount`, which no event announces, while a writer waits. It is
 * the shortest pause that browsers grant to repeated timers (HTML, "timer initialization steps").
 */
export const DRAIN_POLL_INTERVAL = 4

/**
 * Bytes kept for a channel that nobody has opened yet. Only a browser's WebSocket, which can't be paused, can reach it:
 * core opens a channel in the turn it gets it.
 */
export const MAX_UNREAD = 4 * MAX_RECEIVED_MESSAGE

/** Milliseconds `ws` waits for the other side's half of the closing handshake before it cuts the connection. */
export const CLOSE_TIMEOUT = 5_000

/** Bytes of an HTTP refusal's body that are read and shown; a sentence, whatever the server sends. */
export const MAX_REFUSAL_TEXT = 200

/** Milliseconds a client has to send the headers of its request to a listener's own HTTP server. */
export const HEADERS_TIMEOUT = 10_000

/** Open WebSockets a listener holds at most: room for a server's 50 peers, its 50 handshakes, and goodbyes under way. */
export const MAX_CONNECTIONS = 256

/**
 * New WebSockets from one address: a burst (tabs of a household, reloads), then one a second. Addresses in a LAN are not
 * counted, as in geth: behind a reverse proxy every browser has the proxy's.
 */
export const DEFAULT_RATE = { capacity: 30, refillPerSecond: 1 } as const
