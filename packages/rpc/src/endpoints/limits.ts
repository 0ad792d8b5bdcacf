/** Times in milliseconds and counts that an endpoint keeps to; each can be changed in its options. */
export interface EndpointLimits {
  /** A request's headers and body have so long to arrive. Geth: `DefaultHTTPTimeouts.ReadTimeout`. */
  readonly readTimeout: number
  /** So long an answer may take, the call included. Geth: `DefaultHTTPTimeouts.WriteTimeout`. */
  readonly writeTimeout: number
  /** A kept-alive connection without a request is closed. Geth: `DefaultHTTPTimeouts.IdleTimeout`. */
  readonly idleTimeout: number
  /** Connections at once. Geth has no such limit; ours. */
  readonly maxConnections: number
  /** On closing, calls under way have so long. Geth: `shutdownTimeout`. */
  readonly shutdownTimeout: number
  /** An idle WebSocket is asked so often whether it still lives. Geth: `wsPingInterval`. */
  readonly pingInterval: number
  /** So long it has to answer. Geth: `wsPongTimeout`. */
  readonly pongTimeout: number
}

export const defaultEndpointLimits: EndpointLimits = {
  readTimeout: 30_000,
  writeTimeout: 30_000,
  idleTimeout: 120_000,
  maxConnections: 256,
  shutdownTimeout: 5_000,
  pingInterval: 30_000,
  pongTimeout: 30_000,
}

/** An HTTP call ends so long before `writeTimeout`, that its error can still be written. Geth: `ContextRequestTimeout`. */
export const WRITE_RESERVE_MS = 100

/** How often Node looks for requests that are late; a late one may live so much longer. Ours. */
export const LATE_CHECK_INTERVAL_MS = 5_000

/** Answers and notifications a WebSocket or IPC client may leave unread before it is cut off; UTF-16 units. Ours: two full batches. */
export const MAX_UNSENT = 50_000_000

/** Unsent UTF-16 units from which on no more requests are read from a WebSocket or IPC client. Ours: what a socket takes at once. */
export const UNSENT_HIGH_WATER = 64 * 1024
