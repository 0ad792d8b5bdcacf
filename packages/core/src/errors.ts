/** The stable codes of {@link EthspanError}. */
export type ErrorCode =
  /** A private or public key is not one: wrong length, out of range, not on the curve. */
  | 'ERR_INVALID_KEY'
  /** A node address (enode URL, WebSocket URL) can't be read. */
  | 'ERR_INVALID_ENODE'
  /** A node record can't be read or its signature does not hold. */
  | 'ERR_INVALID_ENR'
  /** An option given by the user is out of range or contradicts another. */
  | 'ERR_INVALID_OPTION'
  /** Bytes are not the RLP that was expected. */
  | 'ERR_INVALID_RLP'
  /** A compressed payload is not a snappy block, or claims more than is allowed. */
  | 'ERR_INVALID_SNAPPY'
  /** The encryption handshake failed: undecryptable, forged or malformed packet. */
  | 'ERR_HANDSHAKE'
  /** A frame's MAC does not match, or its header is malformed. */
  | 'ERR_INVALID_FRAME'
  /** A message is larger than the limit. */
  | 'ERR_MESSAGE_TOO_BIG'
  /** The peer broke the rules of the base protocol. */
  | 'ERR_PROTOCOL'
  /** The peer was told, or told us, to disconnect; see {@link DisconnectError}. */
  | 'ERR_DISCONNECTED'
  /** Something took longer than its limit. */
  | 'ERR_TIMEOUT'
  /** The channel or the peer is closed. */
  | 'ERR_CLOSED'
  /** The caller's AbortSignal fired. */
  | 'ERR_ABORTED'
  /** A node can't be dialed, or dialing it failed. */
  | 'ERR_DIAL'
  /** A listener can't be opened. */
  | 'ERR_LISTEN'
  /** A call came in the wrong state of the object. */
  | 'ERR_STATE'
  /** A data directory or a node's store can't be used: locked, not writable, not a directory, or from a newer version. */
  | 'ERR_DATA_DIR'
  /** A service of a node failed to start or to stop. */
  | 'ERR_SERVICE'
  /** A block, or a part of it, breaks the rules of its chain. */
  | 'ERR_INVALID_BLOCK'
  /** A transaction breaks the rules of its chain. */
  | 'ERR_INVALID_TRANSACTION'
  /** A call was executed and failed. */
  | 'ERR_EXECUTION'

export interface ErrorDetails {
  /** Values that belong to the error, for programs and logs. */
  readonly fields?: Readonly<Record<string, unknown>>
  /** What the user can do about it, a full sentence. */
  readonly hint?: string
  readonly cause?: unknown
}

/** Every error this project throws on purpose. `code` is stable, `message` is one line for people. */
export class EthspanError extends Error {
  readonly code: ErrorCode
  readonly fields: Readonly<Record<string, unknown>>
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'EthspanError'
    this.code = code
    this.fields = details.fields ?? {}
    this.hint = details.hint
  }
}

/** Any thrown value as an Error, itself where it is one. */
export function asError(value: unknown): Error {
  return value instanceof Error ? value : new Error(String(value), { cause: value })
}

/** The error of a wait that the caller ended. */
export function abortError(signal: AbortSignal): EthspanError {
  return new EthspanError('ERR_ABORTED', 'aborted by the caller', { cause: signal.reason })
}
