import { generatePrivateKey, type Logger, type Protocol, Server, silentLogger, systemClock } from '@ethspan/core'
import { MemoryNetwork } from '@ethspan/core/testing'
import type { Api, EndpointContext, OpenEndpoint, RpcEndpoint } from '@ethspan/node'
import { onTestFinished } from 'vitest'

/** A protocol that stays until its peer goes. */
export const quiet: Protocol = {
  name: 'quiet',
  version: 1,
  length: 2,
  async run(_peer, rw) {
    for await (const _ of rw);
  },
}

/** Two servers on a network in memory, started; stopped when the test ends. The first dials nobody by itself. */
export async function twoServers(protocol: Protocol = quiet): Promise<readonly [Server, Server]> {
  const network = new MemoryNetwork()
  const make = (address: string) =>
    new Server({
      privateKey: generatePrivateKey(),
      name: 'ethspan-test/v1.2.3',
      protocols: [protocol],
      transports: [network.transport({ address })],
    })
  const servers = [make('10.0.0.1:30303'), make('10.0.0.2:30303')] as const
  for (const server of servers) {
    onTestFinished(() => server.stop())
    await server.start()
  }
  return servers
}

/** An event of a server that has not come yet. */
export function nextEvent(server: Server, type: 'peeradd' | 'peerdrop'): Promise<void> {
  return new Promise((resolve) => server.addEventListener(type, () => resolve(), { once: true }))
}

/** Methods for tests of what is around them. */
export const testApi: Api = {
  namespace: 'test',
  methods: {
    echo: (params) => params,
    nothing: () => undefined,
    fail: () => {
      throw new Error('it failed')
    },
    bigint: () => 1n,
    size: ([length]) => 'x'.repeat(Number(length)),
    endpoint: (_params, { endpoint }) => endpoint,
    stuck: (_params, { signal }) => {
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    },
  },
  subscriptions: {
    count: ([to], notify) => {
      for (let i = 1; i <= Number(to); i++) notify(i)
    },
  },
}

export const contextOf = (apis: readonly Api[], log: Logger = silentLogger): EndpointContext => {
  return { apis: () => apis, log, clock: systemClock }
}

/** Opens an endpoint and closes it when the test ends. */
export async function opened(endpoint: RpcEndpoint, apis: readonly Api[], log?: Logger): Promise<OpenEndpoint> {
  const open = await endpoint.open(contextOf(apis, log))
  onTestFinished(() => open.close())
  return open
}

/** A request as text. */
export const call = (method: string, params: unknown = [], id: unknown = 1): string => {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params })
}

/** POSTs a body; JSON unless told otherwise. */
export function post(url: string, body: BodyInit, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', body, headers: { 'Content-Type': 'application/json', ...headers } })
}
