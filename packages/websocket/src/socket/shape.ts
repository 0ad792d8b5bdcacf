/** What a socket tells the channel it carries. */
export interface SocketHandler {
  /** A binary message; never empty. */
  message(data: Uint8Array): void
  /** A text message, which has no place on this connection. */
  text(): void
  /** Something that was sent has left; only from sockets with `tellsSent`. */
  sent(): void
  /** The connection is gone: once, and the last call. `code` is the close code, 1006 where there was no closing handshake. */
  closed(code: number, cause?: Error): void
}

/** The little that a browser's WebSocket and `ws` have in common, open already. */
export interface Socket {
  readonly canPause: boolean
  /** Whether `sent` is called; where not, `bufferedAmount` must be looked at. */
  readonly tellsSent: boolean
  readonly localAddress: string
  readonly remoteAddress: string
  /** Bytes given to `send` that have not left. */
  readonly bufferedAmount: number
  /** Says who is told. Called once, before the turn ends in which the socket was given out. A socket that can pause is paused. */
  attach(handler: SocketHandler): void
  send(message: Uint8Array): void
  pause(): void
  resume(): void
  /** Starts the closing handshake after all that was sent. */
  close(code: CloseCode): void
  /** Ends the connection as soon as the platform can; `code` is for platforms that can't cut it. */
  terminate(code: CloseCode): void
}

export interface OpenSocketOptions {
  readonly signal: AbortSignal
  /** Bytes in the longest message to accept. */
  readonly maxPayload: number
}

/**
 * Dials a `ws://` or `wss://` URL.
 * @throws {EthspanError} ERR_DIAL with all the platform tells of the reason; ERR_ABORTED.
 */
export type OpenSocket = (url: string, options: OpenSocketOptions) => Promise<Socket>

/** Why we close. Names and numbers of docs/websocket.md; RFC 6455, section 7.4. */
export const CloseCode = {
  /** Goodbye. */
  Normal: 1000,
  /** A text message came. */
  UnsupportedData: 1003,
  /** A message was too long. */
  MessageTooBig: 1009,
  /** The connection is given up; its last messages may be lost. */
  Destroyed: 4000,
} as const
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode]

/** RFC 6455, section 7.4.1: no close frame came before the connection ended. Never sent. */
export const ABNORMAL_CLOSURE = 1006
/** RFC 6455, section 7.4.1: a close frame without a code. Never sent. */
export const NO_STATUS = 1005
/** RFC 6455, section 7.4.1: what browsers send when a page is left or a server when it goes down. */
export const GOING_AWAY = 1001

/** Whether a connection that closed with `code` ended in good order. */
export const isGoodbye = (code: number): boolean =>
  code === CloseCode.Normal || code === GOING_AWAY || code === NO_STATUS
