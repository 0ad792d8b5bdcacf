import { BASE_PROTOCOL_LENGTH } from './base-protocol.js'
import type { Cap } from './cap.js'
import type { Protocol } from './protocol.js'

/** A protocol both sides share, and where its message codes begin. */
export interface MatchedProtocol {
  readonly protocol: Protocol
  readonly offset: number
}

/**
 * The protocols both sides run: of each shared name the highest shared version, in the order of names, their codes one
 * after the other from 16. Source: rlpx.md, "Message ID-based Multiplexing"; geth: `matchProtocols`.
 */
export function matchProtocols(protocols: readonly Protocol[], remote: readonly Cap[]): MatchedProtocol[] {
  const best = new Map<string, Protocol>()
  for (const protocol of protocols) {
    const shared = remote.some((cap) => cap.name === protocol.name && cap.version === protocol.version)
    if (shared && protocol.version >= (best.get(protocol.name)?.version ?? 0)) best.set(protocol.name, protocol)
  }
  const byName = [...best.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  let offset = BASE_PROTOCOL_LENGTH
  return byName.map((protocol) => {
    const matched = { protocol, offset }
    offset += protocol.length
    return matched
  })
}
