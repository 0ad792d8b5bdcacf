import type { Peer, PeerAddEvent, PeerDropEvent } from '@ethspan/core'
import type { ApiSubscription } from '@ethspan/node'
import type { MessageEvent, MessageFeed } from './message-feed.js'
import { noParams } from './params.js'
import { type ServerSource, serverOf } from './server-source.js'

/** One notification of `peerEvents`: geth's `p2p.PeerEvent`. What does not apply is left out. */
export interface PeerEvent {
  readonly type: 'add' | 'drop' | 'msgsend' | 'msgrecv'
  /** Node id, 64 hex digits. */
  readonly peer: string
  /** Why the peer is gone. */
  readonly error?: string
  readonly protocol?: string
  /** Relative to the protocol. */
  readonly msg_code?: number
  /** Payload in bytes. */
  readonly msg_size?: number
  readonly local?: string
  readonly remote?: string
}

/** The source of `admin_subscribe("peerEvents")`; messages only where somebody feeds them. */
export function peerEvents(source: ServerSource, messages: MessageFeed | undefined): ApiSubscription {
  return (params, notify: (event: PeerEvent) => void, { signal }) => {
    noParams(params)
    const server = serverOf(source)
    server.addEventListener('peeradd', ({ peer }: PeerAddEvent) => notify({ type: 'add', ...who(peer) }), { signal })
    server.addEventListener(
      'peerdrop',
      ({ peer, error }: PeerDropEvent) => notify({ type: 'drop', error: error.message, ...who(peer) }),
      { signal },
    )
    messages?.listen((event) => notify(messageEvent(event)), signal)
  }
}

const who = (peer: Peer) => ({ peer: peer.id, local: peer.localAddress, remote: peer.remoteAddress })

function messageEvent({ direction, peer, protocol, code, size }: MessageEvent): PeerEvent {
  const type = direction === 'in' ? 'msgrecv' : 'msgsend'
  return { type, protocol, msg_code: code, msg_size: size, ...who(peer) }
}
