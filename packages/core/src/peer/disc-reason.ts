import { EthspanError } from '../errors.js'

/** Why a peer is disconnected. Source: devp2p rlpx.md, "Disconnect"; names: geth. */
export const DiscReason = {
  Requested: 0x00,
  NetworkError: 0x01,
  ProtocolError: 0x02,
  UselessPeer: 0x03,
  TooManyPeers: 0x04,
  AlreadyConnected: 0x05,
  IncompatibleVersion: 0x06,
  InvalidIdentity: 0x07,
  Quitting: 0x08,
  UnexpectedIdentity: 0x09,
  Self: 0x0a,
  ReadTimeout: 0x0b,
  SubprotocolError: 0x10,
} as const

/** A number between 0 and 255; the known ones are named in {@link DiscReason}. */
export type DiscReason = number

const words: Record<number, string> = {
  [DiscReason.Requested]: 'disconnect requested',
  [DiscReason.NetworkError]: 'network error',
  [DiscReason.ProtocolError]: 'breach of protocol',
  [DiscReason.UselessPeer]: 'useless peer',
  [DiscReason.TooManyPeers]: 'too many peers',
  [DiscReason.AlreadyConnected]: 'already connected',
  [DiscReason.IncompatibleVersion]: 'incompatible p2p protocol version',
  [DiscReason.InvalidIdentity]: 'invalid node identity',
  [DiscReason.Quitting]: 'client quitting',
  [DiscReason.UnexpectedIdentity]: 'unexpected identity',
  [DiscReason.Self]: 'connected to self',
  [DiscReason.ReadTimeout]: 'read timeout',
  [DiscReason.SubprotocolError]: 'subprotocol error',
}

/** The reason in words, `unknown reason 42` for a number no specification names. */
export const discReasonText = (reason: DiscReason): string => words[reason] ?? `unknown reason ${reason}`

/** Which side ended a peer. */
export type DiscSide = 'local' | 'remote'

/** A connection ended with a disconnect reason, given by this side or the other. */
export class DisconnectError extends EthspanError {
  readonly reason: DiscReason
  readonly side: DiscSide

  constructor(
    reason: DiscReason,
    side: DiscSide,
    details: { readonly detail?: string; readonly cause?: unknown } = {},
  ) {
    const detail = details.detail === undefined ? '' : `: ${details.detail}`
    super('ERR_DISCONNECTED', `${discReasonText(reason)} (${side})${detail}`, {
      fields: { reason, side },
      ...(details.cause === undefined ? {} : { cause: details.cause }),
    })
    this.name = 'DisconnectError'
    this.reason = reason
    this.side = side
  }
}
