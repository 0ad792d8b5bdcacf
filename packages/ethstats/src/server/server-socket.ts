/** The little that is needed of a WebSocket that was accepted; a test brings its own. */
export interface ServerSocket {
  /** Bytes given to `send` that have not left. */
  readonly bufferedAmount: number
  send(text: string): void
  /** Starts the closing handshake; the socket is cut where the other side does not answer it. */
  close(code: CloseCode, reason: string): void
  /** Cuts the connection. */
  terminate(): void
}

/** Why we close. RFC 6455, section 7.4.1 and its registry. */
export const CloseCode = {
  GoingAway: 1001,
  /** What came is no message of this protocol. */
  NotUnderstood: 1007,
  /** Not let in. */
  Policy: 1008,
  TryLater: 1013,
} as const
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode]
