import type { Enode } from '../enode/enode.js'
import { EthspanError } from '../errors.js'
import type { Hello } from '../peer/base-protocol.js'
import type { Channel } from '../transport/transport.js'

/**
 * An inbound node with the address where it says to listen: the host it comes from, the port of its Hello. Without a port,
 * as geth's Hello has it, only the key is known: the port it dialed from is no address.
 */
export function inboundEnode(node: Enode, { remoteAddress }: Channel, { listenPort }: Hello): Enode {
  const host = /^\[?([^/]*?)\]?:\d+$/.exec(remoteAddress)?.[1]
  if (host === undefined || listenPort === 0) return node
  try {
    return node.withEndpoint({ host, tcpPort: listenPort })
  } catch (error) {
    // A stranger's port can be any number; then only the key is known.
    if (error instanceof EthspanError) return node
    throw error
  }
}
