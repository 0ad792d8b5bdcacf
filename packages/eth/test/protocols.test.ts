import { deferred, generatePrivateKey, Server } from '@ethspan/core'
import { MemoryNetwork, seededRandomBytes } from '@ethspan/core/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type EthPeer, type EthProtocolsOptions, type EthVersion, ethProtocols } from '../src/index.js'
import { testChain } from './support.js'

const randomBytes = seededRandomBytes(5)

async function node(network: MemoryNetwork, port: number, options: Partial<EthProtocolsOptions> = {}) {
  const connected = deferred<EthPeer>()
  const disconnected = deferred<EthPeer>()
  const handlers = { connected: connected.resolve, disconnected: disconnected.resolve }
  const server = new Server({
    privateKey: generatePrivateKey(randomBytes),
    protocols: ethProtocols({ chain: testChain(), handlers, ...options }),
    transports: [network.transport({ address: `127.0.0.1:${port}` })],
  })
  onTestFinished(() => server.stop())
  await server.start()
  return { server, connected: connected.promise, disconnected: disconnected.promise }
}

describe('two servers', () => {
  test.each<[EthVersion, readonly EthVersion[]]>([
    [71, [68, 69, 70, 71]],
    [69, [69, 68]],
    [68, [68]],
  ])('speak eth/%i where the other has %j', async (version, versions) => {
    const network = new MemoryNetwork()
    const alice = await node(network, 1)
    const bob = await node(network, 2, { versions })
    alice.server.addPeer(bob.server.self)
    const peer = await alice.connected
    expect(peer.version).toBe(version)
    const headers = await peer.getBlockHeaders({ origin: 0n, limit: 50 })
    expect(headers).toHaveLength(20)
    const [info] = alice.server.peersInfo()
    expect(info!.protocols.eth).toEqual(
      version === 68
        ? { version }
        : { version, earliestBlock: 0, latestBlock: 19, latestBlockHash: expect.stringMatching(/^0x[0-9a-f]{64}$/) },
    )
    expect(JSON.parse(JSON.stringify(alice.server.nodeInfo().protocols)).eth).toMatchObject({ network: 1337 })
    await bob.server.stop()
    expect(await alice.disconnected).toBe(peer)
  })

  test('of different networks do not stay together', async () => {
    const network = new MemoryNetwork()
    const alice = await node(network, 1)
    const bob = await node(network, 2, { chain: { ...testChain(), networkId: 5n } })
    const dropped = deferred<Event>()
    alice.server.addEventListener('peerdrop', (event: Event) => dropped.resolve(event))
    alice.server.addPeer(bob.server.self)
    expect(await dropped.promise).toMatchObject({ reason: 0x10 })
  })

  const refuse = () => {
    throw new Error('not this one')
  }
  test.each<[string, () => void | Promise<void>]>([
    ['at once', refuse],
    ['later', async () => refuse()],
  ])('part where the one is not content with the other, and says so %s', async (_, connected) => {
    const network = new MemoryNetwork()
    const dropped = deferred<Event>()
    const alice = await node(network, 1, { handlers: { connected } })
    const bob = await node(network, 2)
    alice.server.addEventListener('peerdrop', (event: Event) => dropped.resolve(event))
    alice.server.addPeer(bob.server.self)
    expect(await dropped.promise).toMatchObject({ reason: 0x10, side: 'local' })
  })
})

test('the fork id is in the record of the node', async () => {
  const [protocol] = ethProtocols({ chain: testChain() })
  expect(protocol!.attributes!.eth).toEqual([[expect.any(Uint8Array), 0n]])
})

test('versions that are not spoken are refused', () => {
  for (const versions of [[], [67]]) {
    const make = () => ethProtocols({ chain: testChain(), versions: versions as unknown as EthVersion[] })
    expect(make).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  }
})
