import type { Protocol } from '@ethspan/core'
import { MemoryNetwork } from '@ethspan/core/testing'
import { Node, type NodeOptions, type RpcEndpoint, type Service } from '../src/index.js'
import { memoryStore } from '../src/memory.js'

export { recorder } from '@ethspan/core/testing'

/** A protocol that keeps a connection until it ends. */
export const idle = (name = 'idle'): Protocol => ({
  name,
  version: 1,
  length: 1,
  async run(_peer, rw) {
    for await (const _ of rw);
  },
})

/** A service that shares {@link idle} with others. */
export const idler: Service = { name: 'idler', protocols: [idle()] }

/** A node with a store in memory and a transport of its own; `address` to listen on. */
export function memoryNode(options: Partial<NodeOptions> & { network?: MemoryNetwork; address?: string } = {}): Node {
  const { network = new MemoryNetwork(), address, ...rest } = options
  return new Node({
    name: 'test',
    p2p: { transports: [network.transport(address === undefined ? {} : { address })] },
    ...(rest.dataDir === undefined ? { store: memoryStore() } : {}),
    ...rest,
  })
}

/** The error a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  return await promise.then(
    () => Promise.reject(new Error('it did not fail')),
    (error) => error,
  )
}

/** Services that write down what is done to them. */
export function diary() {
  const entries: string[] = []
  const service = (name: string, more: Partial<Service> = {}): Service => ({
    name,
    start: () => void entries.push(`start ${name}`),
    stop: () => void entries.push(`stop ${name}`),
    ...more,
  })
  const endpoint = (name: string, more: Partial<RpcEndpoint> = {}): RpcEndpoint => ({
    name,
    open: async () => {
      entries.push(`open ${name}`)
      return { address: name, close: async () => void entries.push(`close ${name}`) }
    },
    ...more,
  })
  const throws = (what: string) => () => {
    entries.push(what)
    throw new Error(`${what} went wrong`)
  }
  return { entries, service, endpoint, throws }
}
