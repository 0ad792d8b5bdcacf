import type { Peer } from '../peer/peer.js'

/**
 * Of two connections between the same two nodes, dialed from opposite sides, the one that the node with the smaller id
 * dialed wins. Both sides compute the same.
 */
function wins(candidate: { readonly id: string; readonly inbound: boolean }, existing: Peer, self: string): boolean {
  if (candidate.inbound === existing.inbound) return true
  const dialer = candidate.inbound ? candidate.id : self
  return dialer === (self < candidate.id ? self : candidate.id)
}

/**
 * Whether a connection that finished its handshakes takes the place of the peer of the same node. The peer is asked by
 * ping; it stays if it answers. So a node that comes back while its old connection is half open is let in, and two nodes
 * that dial each other at once end with one connection:
 *
 * - With geth, which refuses whatever comes second: the connection it kept answers, the one it refused does not.
 * - With one of ours, each may hold a different connection and ask it, while the other side still holds that one back. The
 *   side whose newcomer wins waits one `timeout`, then takes it; the other side waits two, and hears the answer meanwhile.
 */
export async function replaces(
  candidate: { readonly id: string; readonly inbound: boolean; readonly signal: AbortSignal },
  existing: Peer,
  { self, timeout }: { readonly self: string; readonly timeout: number },
): Promise<boolean> {
  try {
    await existing.ping({ timeout: wins(candidate, existing, self) ? timeout : 2 * timeout, signal: candidate.signal })
    return false
  } catch (error) {
    // Silence and an end are the same answer here; only the newcomer's own end is not.
    if (candidate.signal.aborted) throw error
    return true
  }
}
