import { DiscReason } from '../peer/disc-reason.js'

/** Who asks to become a peer. */
export interface Candidate {
  readonly id: string
  readonly inbound: boolean
  readonly trusted: boolean
}

/** What admission depends on. Peers with the candidate's own id are not counted: it would take their place. */
export interface AdmissionState {
  readonly self: string
  readonly maxPeers: number
  readonly maxInbound: number
  readonly peers: number
  readonly inboundPeers: number
}

/**
 * Whether a node that proved its key may become a peer; undefined: it may. Checked after each of the two handshakes.
 * Source: geth, `postHandshakeChecks`. A node that is connected already is a matter of its own, see `duplicates.ts`.
 */
export function admit(candidate: Candidate, state: AdmissionState): DiscReason | undefined {
  if (candidate.id === state.self) return DiscReason.Self
  if (candidate.trusted) return undefined
  if (state.peers >= state.maxPeers) return DiscReason.TooManyPeers
  if (candidate.inbound && state.inboundPeers >= state.maxInbound) return DiscReason.TooManyPeers
  return undefined
}
