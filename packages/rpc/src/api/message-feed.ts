import { encodeRlp, type MsgReadWriter, type Peer, type Protocol } from '@ethspan/core'

/** A message that a protocol read or wrote. */
export interface MessageEvent {
  readonly direction: 'in' | 'out'
  readonly peer: Peer
  readonly protocol: string
  readonly version: number
  /** Relative to the protocol. */
  readonly code: number
  /** Payload in bytes, before compression. */
  readonly size: number
}

/**
 * Tells who listens of every message that passes: geth's `EnableMsgEvents`, for the protocols that are wrapped in it. A
 * message counts when the protocol reads it, or when it was handed to the connection. Costs nothing while nobody listens.
 */
export class MessageFeed {
  readonly #listeners = new Set<(event: MessageEvent) => void>()

  /** Calls `listener` for each message until `signal` fires. */
  listen(listener: (event: MessageEvent) => void, signal: AbortSignal): void {
    if (signal.aborted) return
    // A function of its own, so that the same listener twice is two.
    const tell = (event: MessageEvent) => listener(event)
    this.#listeners.add(tell)
    signal.addEventListener('abort', () => this.#listeners.delete(tell), { once: true })
  }

  /** The same protocol, whose messages are told of. */
  wrap(protocol: Protocol): Protocol {
    // By prototype, so that getters and methods of a class keep their object.
    return Object.create(protocol, {
      run: { value: (peer: Peer, rw: MsgReadWriter) => protocol.run(peer, this.#watch(peer, protocol, rw)) },
      nodeInfo: { value: protocol.nodeInfo?.bind(protocol) },
      peerInfo: { value: protocol.peerInfo?.bind(protocol) },
      dialCandidates: { value: protocol.dialCandidates?.bind(protocol) },
    }) as Protocol
  }

  #watch(peer: Peer, { name, version }: Protocol, rw: MsgReadWriter): MsgReadWriter {
    const tell = (direction: MessageEvent['direction'], code: number, size: number) => {
      for (const listener of this.#listeners) listener({ direction, peer, protocol: name, version, code, size })
    }
    const read: MsgReadWriter['read'] = async (options) => {
      const msg = await rw.read(options)
      tell('in', msg.code, msg.payload.length)
      return msg
    }
    const write: MsgReadWriter['write'] = async (code, payload, options) => {
      const written = rw.write(code, payload, options)
      tell('out', code, payload.length)
      await written
    }
    return {
      read,
      write,
      send: async (code, value, options) => write(code, encodeRlp(value), options),
      async *[Symbol.asyncIterator]() {
        for await (const msg of rw) {
          tell('in', msg.code, msg.payload.length)
          yield msg
        }
        return undefined
      },
    }
  }
}
