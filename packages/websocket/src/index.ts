import { EthspanError, type Transport } from '@ethspan/core'
import { openSocket } from '#socket'
import { WebSocketChannel } from './channel.js'
import { checkNode, thisPage } from './check.js'
import { MAX_RECEIVED_MESSAGE } from './limits.js'

export { explainDial, type Page } from './check.js'

export interface WebSocketOptions {
  /** Bytes in the longest message to accept; a longer one ends the connection. Default 1 MiB, see docs/websocket.md. */
  readonly maxPayload?: number
}

/**
 * Dials nodes by the WebSocket URL in their address (`enode.endpoint.ws`): with the browser's WebSocket, in Node with
 * `ws`. It does not listen; see `@ethspan/websocket/listener`. Channels of a browser can't be paused.
 */
export function webSocket(options: WebSocketOptions = {}): Transport {
  const maxPayload = options.maxPayload ?? MAX_RECEIVED_MESSAGE
  return {
    name: 'ws',
    check: (node) => checkNode(node, thisPage()),
    async dial(node, { signal, clock }) {
      const target = checkNode(node, thisPage())
      if (!target.ok) throw new EthspanError('ERR_DIAL', target.why)
      const socket = await openSocket(target.address, { signal, maxPayload })
      return new WebSocketChannel(socket, { inbound: false, clock, maxPayload })
    },
  }
}
