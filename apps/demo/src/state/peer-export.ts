import type { PassedMessage, PeerInfo } from '../client/client.js'
import { messageName } from '../words/message-names.js'

export interface PeerExport {
  readonly name: string
  /** JSON, indented. */
  readonly text: string
}

/** A file of all that is known of a peer: its entry in `admin_peers` and its last messages. `at`: milliseconds since 1970. */
export function peerExport(peer: PeerInfo, messages: readonly PassedMessage[], self: string, at: number): PeerExport {
  const named = messages.map(({ at: passed, ...message }) => {
    return { at: new Date(passed).toISOString(), name: messageName(message), ...message }
  })
  const content = { exportedAt: new Date(at).toISOString(), exportedBy: self, peer, messages: named }
  return { name: `peer-${peer.id.slice(0, 8)}.json`, text: `${JSON.stringify(content, null, 2)}\n` }
}
