import type { Endpoint } from '../enode/endpoint.js'
import { endpointEntries, type RecordEntries } from '../enode/enr.js'
import { abortable } from '../platform/wait.js'
import type { Channel, Listener, ListenerAddress, Transport, TransportContext } from '../transport/transport.js'

/** All listeners of a server. */
export interface OpenListeners {
  readonly addresses: readonly ListenerAddress[]
  /** Where all of them together make this node reachable. */
  readonly endpoint: Endpoint
  /** The same as entries of the node record. */
  readonly entries: RecordEntries
  close(): Promise<void>
}

/**
 * Opens the listeners of all transports that have one.
 * @throws {EthspanError} ERR_LISTEN or ERR_ABORTED, with those that were open closed again.
 */
export async function openListeners(
  transports: readonly Transport[],
  accept: (channel: Channel) => void,
  context: TransportContext,
  signal: AbortSignal | undefined,
): Promise<OpenListeners> {
  const listeners: Listener[] = []
  const close = async () => {
    await Promise.all(listeners.map((listener) => listener.close()))
  }
  try {
    for (const transport of transports) {
      const listener = await transport.listen?.(accept, context)
      if (listener !== undefined) listeners.push(listener)
      await abortable(Promise.resolve(), signal)
    }
  } catch (error) {
    await close()
    throw error
  }
  const addresses = listeners.flatMap((listener) => listener.addresses)
  // The first listener of a kind speaks for it.
  const endpoint: Endpoint = Object.assign({}, ...addresses.map((address) => address.endpoint).reverse())
  return { addresses, endpoint, entries: endpointEntries(endpoint), close }
}
