import { describe, expect, test } from 'vitest'
import { generatePrivateKey, Server } from '../../src/index.js'
import { DiscReason } from '../../src/peer/disc-reason.js'
import { admit } from '../../src/server/admission.js'
import { MemoryNetwork } from '../../src/testing/index.js'
import { RawPeer } from '../support/raw-peer.js'
import { NOTHING_LEFT, World } from '../support/world.js'

describe('admission', () => {
  const self = 'aa'
  const room = { self, maxPeers: 10, maxInbound: 7, peers: 3, inboundPeers: 2 }
  const full = { ...room, peers: 10 }
  const fullInbound = { ...room, peers: 9, inboundPeers: 7 }
  const rows = [
    ['room for all, inbound', { inbound: true, trusted: false }, room, undefined],
    ['room for all, dialed', { inbound: false, trusted: false }, room, undefined],
    ['no room, inbound', { inbound: true, trusted: false }, full, DiscReason.TooManyPeers],
    ['no room, dialed', { inbound: false, trusted: false }, full, DiscReason.TooManyPeers],
    ['no room, trusted', { inbound: true, trusted: true }, full, undefined],
    ['room for dialed ones only, inbound', { inbound: true, trusted: false }, fullInbound, DiscReason.TooManyPeers],
    ['room for dialed ones only, dialed', { inbound: false, trusted: false }, fullInbound, undefined],
    ['room for dialed ones only, trusted', { inbound: true, trusted: true }, fullInbound, undefined],
  ] as const
  for (const [name, candidate, state, reason] of rows) {
    test(name, () => expect(admit({ id: 'bb', ...candidate }, state)).toBe(reason))
  }
  test('this node itself, even if trusted', () => {
    expect(admit({ id: self, inbound: true, trusted: true }, room)).toBe(DiscReason.Self)
  })
})

describe('a full server', () => {
  test('refuses the next node before Hello and lets a trusted one in', async () => {
    const world = new World()
    const server = await world.server({ maxPeers: 3 })
    for (const _ of [1, 2]) (await RawPeer.dial(world, server)).hello()
    await world.settle()
    expect(server.peerCount).toBe(2)
    const third = await RawPeer.dial(world, server)
    await world.settle()
    expect(third.received).toEqual(['disconnect: too many peers'])
    expect(server.events.at(-1)).toBe('encryption: too many peers (local)')

    const friend = await world.server({ listens: false })
    server.addTrustedPeer(friend.self)
    friend.addPeer(server.self)
    await world.settle()
    expect(server.peerCount).toBe(3)
    expect(server.peers.find((peer) => peer.name === friend.nodeInfo().name)?.trusted).toBe(true)
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })

  test('has no more connections in handshake than it allows', async () => {
    const world = new World()
    const server = await world.server({ maxPendingInbound: 2 })
    const transport = world.network.transport()
    const context = { clock: world.clock, log: console, signal: new AbortController().signal }
    for (let i = 0; i < 3; i++) await transport.dial(server.self, context)
    await world.settle()
    expect(server.events).toEqual(['admission: too many peers (local): 2 inbound connections are in handshake'])
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })
})

describe('identity', () => {
  test('a dialed node that answers with another key is refused', async () => {
    const world = new World()
    const server = await world.server()
    const other = await world.server()
    const dialer = await world.server({ listens: false })
    // The other node's key at the server's address.
    dialer.addPeer(other.self.withEndpoint(server.self.endpoint))
    await world.settle()
    expect(dialer.peerCount).toBe(0)
    expect(dialer.events).toHaveLength(1)
    expect(dialer.events[0]).toMatch(/^encryption: /)
    expect(server.events[0]).toMatch(/^encryption: /)
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })

  test('a Hello with another id than the proven key is refused', async () => {
    const world = new World()
    const server = await world.server()
    const raw = await RawPeer.dial(world, server)
    raw.hello({ publicKey: server.self.publicKey })
    await world.settle()
    expect(raw.received).toEqual(['hello node-1', 'disconnect: invalid node identity'])
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })

  test('a node that reaches itself is refused', async () => {
    const world = new World()
    const key = new Uint8Array(32).fill(5)
    const server = await world.server({ privateKey: key })
    const raw = await RawPeer.dial(world, server, key)
    await world.settle()
    expect(raw.received).toEqual(['disconnect: connected to self'])
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })

  test('a node with no shared protocol is useless', async () => {
    const world = new World()
    const server = await world.server()
    const raw = await RawPeer.dial(world, server)
    raw.hello({ caps: [{ name: 'test', version: 2 }] })
    await world.settle()
    expect(raw.received).toEqual(['hello node-1', 'disconnect: useless peer'])
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })
})

describe('options', () => {
  const transports = [new MemoryNetwork().transport()]
  const privateKey = generatePrivateKey()
  const run = async () => {}
  const rows: [string, object, RegExp][] = [
    ['a short key', { privateKey: new Uint8Array(31) }, /32 bytes/],
    ['a key of zeros', { privateKey: new Uint8Array(32) }, /number from 1/],
    ['negative maxPeers', { maxPeers: -1 }, /maxPeers is -1/],
    ['dialRatio 0', { dialRatio: 0 }, /dialRatio is 0/],
    ['an unknown limit', { limits: { idle: 1 } }, /limits.idle/],
    ['a limit of 0', { limits: { pingInterval: 0 } }, /limits.pingInterval is 0/],
    ['a long protocol name', { protocols: [{ name: 'toolongname', version: 1, length: 1, run }] }, /toolongname/],
    ['a protocol without codes', { protocols: [{ name: 'a', version: 1, length: 0, run }] }, /length of a\/1/],
    [
      'a protocol given twice',
      { protocols: [1, 1].map((version) => ({ name: 'a', version, length: 1, run })) },
      /a\/1 is given twice/,
    ],
    ['a static node that is no address', { staticNodes: ['enode://12@x:1'] }, /public key/],
    ['a name that does not fit into Hello', { name: 'x'.repeat(3000) }, /Hello would take/],
  ]
  for (const [name, options, message] of rows) {
    test(`${name} is refused in one line`, () => {
      expect(() => new Server({ privateKey, transports, ...options })).toThrow(message)
      expect(() => new Server({ privateKey, transports, ...options })).toThrow(/^[^\n]+$/)
    })
  }
})

describe('start and stop', () => {
  test('a second start is refused; a stopped server starts again; stop is safe at any time', async () => {
    const world = new World()
    const server = await world.server()
    await expect(server.start()).rejects.toMatchObject({ code: 'ERR_STATE' })
    await Promise.all([server.stop(), server.stop()])
    await server.stop()
    const again = server.start()
    await Promise.all([again, server.stop()])
    await server.start()
    expect(server.nodeInfo().listenAddr).toBe('10.0.0.1:30303')
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })

  test('a listener that fails closes the ones before it', async () => {
    const network = new MemoryNetwork()
    const server = new Server({
      privateKey: generatePrivateKey(),
      transports: [network.transport({ address: '10.0.0.1:1' }), network.transport({ address: '10.0.0.1:1' })],
    })
    await expect(server.start()).rejects.toMatchObject({ code: 'ERR_LISTEN' })
    expect(network.listening).toEqual([])
  })

  test('a hundred rounds of start, a peer and stop leave nothing behind', async () => {
    const world = new World()
    const a = await world.server()
    const b = await world.server()
    for (let i = 0; i < 100; i++) {
      a.addPeer(b.self)
      await world.clock.advance(40_000)
      expect(a.peerCount).toBe(1)
      const stopped = a.stop()
      await world.clock.advance(1_000)
      await stopped
      await a.start()
    }
    expect(await world.end()).toEqual(NOTHING_LEFT)
  }, 60_000)
})
