// A node in a worker and its tabs: JSON-RPC as text over a MessagePort, one message each. A port does not tell everywhere
// that its other end is gone, so whoever leaves says so.
import { asError, EthspanError } from '@ethspan/core'
import { Dispatcher } from '../dispatcher.js'
import { Session } from '../session.js'
import type { RpcClient } from './client.js'
import { DuplexClient } from './duplex-client.js'
import { type ApiSource, apisOf, type InProcessOptions } from './in-process.js'

/** The last message of either side. */
const GOODBYE = null

/** What is used of a MessagePort, so that a worker's own global scope will do, too. */
export interface PortLike {
  postMessage(message: unknown): void
  addEventListener(type: string, listener: (event: Event) => void, options?: { signal?: AbortSignal }): void
  start?(): void
  close?(): void
}

export interface ServedPort {
  /** Resolves when the other end said goodbye, or is known to be gone. */
  readonly closed: Promise<void>
  /** Says goodbye and closes the port. */
  close(): void
}

/**
 * Serves a node's JSON-RPC to whoever holds the other end of `port`, such as a tab of a SharedWorker. All namespaces unless
 * `options.namespaces` says otherwise: whoever has the port is of the same origin.
 */
export function servePort(port: PortLike, source: ApiSource, options: InProcessOptions = {}): ServedPort {
  const dispatcher = new Dispatcher({ endpoint: 'inproc', ...options, apis: apisOf(source) })
  const gone = new AbortController()
  const end = (error: Error) => {
    gone.abort(error)
    session.end(error)
    port.close?.()
  }
  const session = new Session(dispatcher, { send: (text) => port.postMessage(text), onEnd: end })
  const closed = new Promise<void>((resolve) => gone.signal.addEventListener('abort', () => resolve(), { once: true }))
  listen(port, gone.signal, end, (text) => {
    session.receive(text).catch((thrown) => end(asError(thrown)))
  })
  return {
    closed,
    close: () => {
      if (gone.signal.aborted) return
      port.postMessage(GOODBYE)
      end(new EthspanError('ERR_CLOSED', 'the port was closed'))
    },
  }
}

/**
 * A client of the node behind a port. Call `close` when the page goes away (`pagehide`): the node's side may learn of it in
 * no other way.
 */
export function portClient(port: PortLike): RpcClient {
  const client = new DuplexClient({
    send: (text) => port.postMessage(text),
    close: () => {
      port.postMessage(GOODBYE)
      port.close?.()
    },
  })
  listen(
    port,
    client.signal,
    (error) => {
      client.ended(error)
      port.close?.()
    },
    (text) => client.receive(text),
  )
  return client
}

function listen(port: PortLike, signal: AbortSignal, end: (error: Error) => void, take: (text: string) => void): void {
  const gone = () => end(new EthspanError('ERR_CLOSED', 'the other end of the port is gone'))
  const onMessage = (event: Event) => {
    const data: unknown = 'data' in event ? event.data : undefined
    if (data === GOODBYE) gone()
    else if (typeof data === 'string') take(data)
  }
  port.addEventListener('message', onMessage, { signal })
  port.addEventListener('messageerror', gone, { signal })
  // Newer browsers and Node say so; older ones never do.
  port.addEventListener('close', gone, { signal })
  port.start?.()
}
