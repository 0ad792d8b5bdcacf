// The services that a gateway registers on its node.
import type { Redial } from '@ethspan/core'
import type { Service } from '@ethspan/node'
import type { Chat, PeerFeed } from '@ethspan/protocols'
import { logPeers } from './log-peers.js'

/** Pauses between dials of the nodes named with --peers: a person who restarts the other node waits for this one. */
const REDIAL: Redial = { first: 1_000, max: 35_000 }

/** Tells who comes and goes. Registered before whatever dials, so that nothing is missed. */
export const peerLogService = (): Service => ({
  // The module of the p2p server itself, whose events these are.
  name: 'p2p',
  start: ({ server, log }) => logPeers(server, log),
})

/** Tells those who ask who is connected here. */
export const peerFeedService = (feed: PeerFeed): Service => ({
  name: 'peers',
  protocols: [feed.protocol],
  start: ({ server }) => void feed.attach(server),
})

export const chatService = (chat: Chat): Service => ({ name: 'chat', protocols: [chat.protocol] })

/** Stays connected with `nodes`. */
export const staticPeersService = (nodes: readonly string[]): Service => ({
  name: 'static-peers',
  start({ server }) {
    for (const node of nodes) server.addPeer(node, { redial: REDIAL })
  },
})
