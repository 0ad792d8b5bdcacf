import { EthspanError } from '../errors.js'
import { DisconnectError, DiscReason, type DiscSide } from './disc-reason.js'

/** How a peer ended. */
export interface PeerEnd {
  readonly reason: DiscReason
  /** Which side gave the reason. A connection that just broke has no goodbye: its side is `remote`. */
  readonly side: DiscSide
  readonly error: Error
}

/** The one place that decides what an error means for the peer: which reason it is told, or told us. */
export function peerEndOf(error: Error): PeerEnd {
  if (error instanceof DisconnectError) return { reason: error.reason, side: error.side, error }
  if (!(error instanceof EthspanError)) return { reason: DiscReason.SubprotocolError, side: 'local', error }
  switch (error.code) {
    case 'ERR_CLOSED':
    case 'ERR_DIAL':
      return { reason: DiscReason.NetworkError, side: 'remote', error }
    case 'ERR_TIMEOUT':
      return { reason: DiscReason.NetworkError, side: 'local', error }
    case 'ERR_ABORTED':
      return { reason: DiscReason.Requested, side: 'local', error }
    default:
      return { reason: DiscReason.ProtocolError, side: 'local', error }
  }
}
