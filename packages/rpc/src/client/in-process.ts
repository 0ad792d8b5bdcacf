import { asError, EthspanError } from '@ethspan/core'
import type { Api } from '@ethspan/node'
import { Dispatcher, type DispatcherOptions } from '../dispatcher.js'
import { Session } from '../session.js'
import type { RpcClient } from './client.js'
import { DuplexClient } from './duplex-client.js'

/** Where apis come from: a node, a function that is asked at each call, or a fixed list. */
export type ApiSource = { apis(): readonly Api[] } | (() => readonly Api[]) | readonly Api[]

/** An {@link ApiSource} as a function. */
export function apisOf(source: ApiSource): () => readonly Api[] {
  if (typeof source === 'function') return source
  return 'apis' in source ? () => source.apis() : () => source
}

export type InProcessOptions = Omit<Partial<DispatcherOptions>, 'apis'>

/**
 * A client of the node in this very program. Everything passes as JSON, exactly as over a socket, so a page can't tell
 * whether its node lives here or in a worker. All namespaces unless `options.namespaces` says otherwise.
 */
export function inProcess(source: ApiSource, options: InProcessOptions = {}): RpcClient {
  const dispatcher = new Dispatcher({ endpoint: 'inproc', ...options, apis: apisOf(source) })
  const session = new Session(dispatcher, {
    // A task of its own in each direction, so that no caller runs inside of another's call.
    send: (text) => queueMicrotask(() => client.receive(text)),
    onEnd: (error) => client.ended(error),
  })
  const client = new DuplexClient({
    send: (text) =>
      queueMicrotask(() => {
        session.receive(text).catch((thrown) => client.ended(asError(thrown)))
      }),
    close: () => session.end(new EthspanError('ERR_CLOSED', 'the client was closed')),
  })
  return client
}
