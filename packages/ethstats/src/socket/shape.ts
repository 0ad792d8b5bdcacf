/** What is told of a connection, from the moment it is open. */
export interface StatsSocketHandler {
  /** A text message. */
  message(text: string): void
  /** The connection is gone: once, and the last call. `why` completes "the connection ended: …". */
  closed(why: string): void
}

/** The little that a browser's WebSocket and `ws` have in common, open already. */
export interface StatsSocket {
  /** Bytes given to `send` that have not left. */
  readonly bufferedAmount: number
  send(text: string): void
  /** Says goodbye. `closed` is not called for it. */
  close(): void
}

export interface OpenSocketOptions {
  readonly signal: AbortSignal
  readonly handler: StatsSocketHandler
  /** Bytes in the longest message to accept; a longer one ends the connection. */
  readonly maxMessage: number
}

/**
 * Dials a `ws://` or `wss://` URL.
 * @throws {EthspanError} ERR_DIAL with all the platform tells of the reason; ERR_ABORTED
 */
export type OpenSocket = (url: string, options: OpenSocketOptions) => Promise<StatsSocket>

/** What a server calls its reason to close, on one line. */
export const closeReason = (code: number, reason: string, cause?: Error): string => {
  const said = reason.replace(/[^\x20-\x7e]/g, '').trim()
  if (said !== '') return `the server closed: ${said} (${code})`
  if (code === ABNORMAL_CLOSURE) return cause?.message || 'the connection broke off'
  return `the server closed with code ${code}`
}

/** RFC 6455, section 7.4.1: no close frame came before the connection ended. */
const ABNORMAL_CLOSURE = 1006
/** RFC 6455, section 7.4.1: all is said. */
export const NORMAL_CLOSURE = 1000
/** Sent for what has no place here; 4000 and above are anybody's (RFC 6455, section 7.4.2), which is all a page may send. */
export const NOT_UNDERSTOOD = 4000
