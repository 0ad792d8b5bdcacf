import type { DiscReason } from '@ethspan/core'
import type { EthPeer } from '../peer.js'

/** What gossip needs of a peer. */
export interface GossipPeer
  extends Pick<EthPeer, 'id' | 'sendTransactions' | 'sendNewPooledTransactionHashes' | 'getPooledTransactions'> {
  readonly peer: { disconnect(reason?: DiscReason): Promise<void> }
}
