/** Times in milliseconds and sizes in bytes that a server keeps to; each can be changed by `new Server({ limits })`. */
export interface Limits {
  /** A dial, until the transport has a channel. Geth: `defaultDialTimeout`. */
  readonly dialTimeout: number
  /** The RLPx handshake, from channel to secrets. Geth: `handshakeTimeout`. */
  readonly encryptionHandshakeTimeout: number
  /** The exchange of Hello. Geth allows 5 s to write it and 30 s to read it; a stranger gets less from us. */
  readonly helloTimeout: number
  /** A peer that sends nothing for so long is dropped. Geth: `frameReadTimeout`. */
  readonly idleReadTimeout: number
  /** A peer that takes nothing off a full socket for so long is dropped. Geth: `frameWriteTimeout`. */
  readonly idleWriteTimeout: number
  /** How long a goodbye may take to leave. Geth: `discWriteTimeout`. */
  readonly disconnectWriteTimeout: number
  /** Pause between pings. Geth: `pingInterval`. */
  readonly pingInterval: number
  /** A node is not dialed again before so long after its last dial. Geth: `dialHistoryExpiration`. */
  readonly dialHistoryExpiration: number
  /**
   * A connected peer whose node connects once more is asked by ping whether it still lives, and has so long to answer
   * before the newcomer takes its place. Ours: long enough for any working connection's round trip.
   */
  readonly duplicateProbeTimeout: number
  /**
   * What one protocol of a peer may leave unread before the socket is paused. A message that comes into an empty queue
   * always fits. Ours: twice the answer that eth peers keep to (2 MiB).
   */
  readonly protocolQueueBytes: number
  /**
   * The same where the transport can't pause; past it the peer is disconnected. Ours: two of the largest messages, since
   * a sender can't be told to wait.
   */
  readonly unpausableQueueBytes: number
}

export const defaultLimits: Limits = {
  dialTimeout: 15_000,
  encryptionHandshakeTimeout: 5_000,
  helloTimeout: 5_000,
  idleReadTimeout: 30_000,
  idleWriteTimeout: 20_000,
  disconnectWriteTimeout: 1_000,
  pingInterval: 15_000,
  dialHistoryExpiration: 35_000,
  duplicateProbeTimeout: 1_000,
  protocolQueueBytes: 4 * 1024 * 1024,
  unpausableQueueBytes: 32 * 1024 * 1024,
}

/** A frame's data, and a message after decompression, its code included: what 24 bits can count. Source: rlpx.md, "Framing". */
export const MAX_MESSAGE_SIZE = 2 ** 24 - 1

/** Hello's payload. Source: rlpx.md, "Hello"; geth: `baseProtocolMaxMsgSize`, for every message of the base protocol. */
export const MAX_BASE_MESSAGE_SIZE = 2048

/** What a channel may deliver while nobody reads it, between two stages of the handshake. Ours: a Hello and then some. */
export const MAX_UNREAD_BYTES = 1024 * 1024

/**
 * Frames wait to leave in one socket write for as long as more of them follow without a pause, but no more bytes than this.
 * Ours: where a larger write is no cheaper any more, and a few milliseconds of small frames.
 */
export const MAX_BATCH_BYTES = 64 * 1024
