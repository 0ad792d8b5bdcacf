import { isLoopback, type Peer } from '@ethspan/core'
import { isLAN } from '@ethspan/core/netutil'
import { dialableAddress } from '@ethspan/protocols'
import type { GatewayConfig } from './config.js'

/**
 * What the peer feed says of where a peer can be dialed. A gateway with a public URL keeps the addresses of its local
 * network to itself, and addresses on this machine are told only where everybody who listens is on this machine.
 */
export function sharedAddress({ web }: Pick<GatewayConfig, 'web'>): (peer: Peer) => string | undefined {
  const isPublic = web.externalUrl !== undefined
  const isLocal = !isPublic && isLoopback(web.host)
  return (peer) => {
    const { host, ws } = peer.enode.endpoint
    const name = host ?? (ws === undefined ? '' : new URL(ws).hostname.replace(/^\[|\]$/g, ''))
    if (isLoopback(name) ? !isLocal : isPublic && isLAN(name)) return undefined
    return dialableAddress(peer)
  }
}
