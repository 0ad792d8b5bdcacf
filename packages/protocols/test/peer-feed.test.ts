import {
  bytesToHex,
  Emitter,
  Enode,
  encodeRlp,
  hexToBytes,
  type Peer,
  PeerAddEvent,
  PeerDropEvent,
  type RlpInput,
  type ServerEventMap,
} from '@ethspan/core'
import { SimClock, settle } from '@ethspan/core/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PeerFeed, type PeerFeedChangeEvent, PeersMsg, peersLimits } from '../src/peer-feed.js'
import { connect, fakePeer, runProtocol } from './fake-peer.js'

/** The part of a server that a feed follows. */
class FakeServer extends Emitter<Pick<ServerEventMap, 'peeradd' | 'peerdrop'>> {
  peers: Peer[] = []
  add(peer = fakePeer()): Peer {
    this.peers.push(peer)
    this.emit(new PeerAddEvent(peer))
    return peer
  }
  drop(peer: Peer): void {
    this.peers = this.peers.filter((other) => other !== peer)
    this.emit(new PeerDropEvent(peer, 0, 'remote', new Error('gone')))
  }
}

const attach = (feed: PeerFeed, server: FakeServer) =>
  feed.attach(server as unknown as Parameters<PeerFeed['attach']>[0])

/** A publisher and a subscriber that are each other's peer. */
async function joined() {
  const clock = new SimClock()
  const server = new FakeServer()
  const publisher = new PeerFeed({ publish: true, clock })
  const subscriber = new PeerFeed({ clock })
  const detach = attach(publisher, server)
  const changes: PeerFeedChangeEvent[] = []
  subscriber.addEventListener('change', (event) => changes.push(event))
  const a = { protocol: publisher.protocol, peer: fakePeer() }
  const b = { protocol: subscriber.protocol, peer: fakePeer() }
  const link = connect(a, b, clock)
  await settle()
  return { clock, server, subscriber, changes, detach, via: a.peer.id, close: link.close }
}

describe('a publisher and a subscriber', () => {
  test('who is there when it asks, and who comes and goes later, is told at once', async () => {
    const clock = new SimClock()
    const server = new FakeServer()
    const first = server.add(fakePeer({ name: 'first/v1', transport: 'tcp', inbound: false }))
    const publisher = new PeerFeed({ publish: true, clock })
    attach(publisher, server)
    const subscriber = new PeerFeed({ clock })
    const publisherPeer = fakePeer()
    const link = connect(
      { protocol: publisher.protocol, peer: publisherPeer },
      { protocol: subscriber.protocol, peer: fakePeer() },
      clock,
    )
    await settle()
    expect(subscriber.nodes).toEqual([
      {
        id: first.id,
        publicKey: bytesToHex(first.enode.publicKey),
        name: 'first/v1',
        caps: ['peers/1'],
        transport: 'tcp',
        inbound: false,
        connectedSince: first.connectedSince,
        address: undefined,
        via: publisherPeer.id,
      },
    ])
    const second = server.add()
    await settle()
    expect(subscriber.nodes.map(({ id }) => id)).toEqual([first.id, second.id])
    server.drop(first)
    await settle()
    expect(subscriber.nodes.map(({ id }) => id)).toEqual([second.id])
    await link.close()
    expect(subscriber.nodes).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })

  test('events name what was added and removed, and the publisher', async () => {
    const { server, changes, via, close } = await joined()
    const peer = server.add()
    await settle()
    server.drop(peer)
    await settle()
    await close()
    const ids = changes.map(({ added, removed, via }) => [added.map(({ id }) => id), removed.map(({ id }) => id), via])
    expect(ids).toEqual([
      [[peer.id], [], via],
      [[], [peer.id], via],
    ])
  })

  test('a node that comes back over a new connection stays, whichever event comes first', async () => {
    const { server, subscriber, close } = await joined()
    const old = server.add()
    const anew = fakePeer({ enode: old.enode, name: 'again/v2' })
    server.add(anew)
    server.drop(old)
    await settle()
    expect(subscriber.nodes.map(({ name }) => name)).toEqual(['again/v2'])
    await close()
  })

  test('nobody is told any more once the publisher lets go of its server', async () => {
    const { server, subscriber, detach, close } = await joined()
    server.add()
    await settle()
    detach()
    server.add()
    await settle()
    expect(subscriber.nodes).toEqual([])
    await close()
  })

  test('more nodes than fit into a feed: the first ones, and others when places get free', async () => {
    const { clock, server, subscriber, close } = await joined()
    const peers = Array.from({ length: peersLimits.nodes + 2 }, () => server.add())
    await clock.advance(10_000)
    const ids = peers.map(({ id }) => id)
    expect(subscriber.nodes.map(({ id }) => id)).toEqual(ids.slice(0, peersLimits.nodes))
    server.drop(peers[0]!)
    await clock.advance(10_000)
    expect(subscriber.nodes.map(({ id }) => id)).toEqual(ids.slice(1, peersLimits.nodes + 1))
    await close()
  })
})

describe('what a publisher tells', () => {
  test.each([
    ['a browser', {}, undefined],
    [
      'a node that listens',
      { host: '203.0.113.7', tcpPort: 30303, udpPort: 30303 },
      /^enode:\/\/.*@203\.0\.113\.7:30303$/,
    ],
    ['a node that was dialed over WebSocket', { ws: 'wss://example.org/p2p' }, /^enode\+wss:.*example\.org\/p2p$/],
    ['a node without a port', { host: '203.0.113.7' }, undefined],
  ])('of the address of %s', async (_, endpoint, expected) => {
    const { server, subscriber, close } = await joined()
    const { enode } = fakePeer()
    server.add(fakePeer({ enode: enode.withEndpoint(endpoint), remoteAddress: '198.51.100.1:50000' }))
    await settle()
    const [node] = subscriber.nodes
    if (expected === undefined) expect(node?.address).toBeUndefined()
    else expect(node?.address).toMatch(expected)
    expect(JSON.stringify(node)).not.toContain('198.51.100.1')
    await close()
  })

  test('a Hello full of nonsense is cut to what a feed carries', async () => {
    const { server, subscriber, close } = await joined()
    const caps = [
      { name: 'nine char', version: 1 },
      ...Array.from({ length: 60 }, (_, version) => ({ name: 'x', version })),
    ]
    server.add(fakePeer({ name: `\u001b[31m\u202e${'ü'.repeat(900)}`, caps }))
    await settle()
    expect(subscriber.nodes).toHaveLength(1)
    expect(subscriber.nodes[0]!.name).toBe(`[31m${'ü'.repeat(62)}`)
    expect(subscriber.nodes[0]!.caps).toHaveLength(peersLimits.caps)
    await close()
  })

  test('only to those who ask, and a subscriber publishes nothing', async () => {
    const clock = new SimClock()
    const server = new FakeServer()
    server.add()
    const publisher = new PeerFeed({ publish: true, clock })
    attach(publisher, server)
    const session = runProtocol(publisher.protocol, clock)
    await settle()
    let told = 0
    const reading = session.far.read().then(() => told++)
    server.add()
    await settle()
    expect(told).toBe(0)
    await session.far.send(PeersMsg.Subscribe, [])
    await reading
    expect(told).toBe(1)
    session.close()
  })

  test('a slow subscriber gets the latest state instead of all changes', async () => {
    const clock = new SimClock()
    const server = new FakeServer()
    const publisher = new PeerFeed({ publish: true, clock })
    attach(publisher, server)
    const session = runProtocol(publisher.protocol, clock)
    await session.far.send(PeersMsg.Subscribe, [])
    await settle()
    // The first snapshot is not read yet: 300 nodes come, 299 of them go.
    const peers = Array.from({ length: 300 }, () => server.add())
    for (const peer of peers.slice(1)) server.drop(peer)
    const codes: number[] = []
    for (let i = 0; i < 2; i++) codes.push((await session.far.read()).code)
    await settle()
    let more = 0
    session.far.read().then(
      () => more++,
      () => {},
    )
    await settle()
    expect(codes).toEqual([PeersMsg.Snapshot, PeersMsg.Snapshot])
    expect(more).toBe(0)
    session.close()
  })

  test('not faster than its rate', async () => {
    const clock = new SimClock()
    const server = new FakeServer()
    const publisher = new PeerFeed({ publish: true, clock })
    attach(publisher, server)
    const session = runProtocol(publisher.protocol, clock)
    await session.far.send(PeersMsg.Subscribe, [])
    let messages = 0
    const read = (): void => {
      session.far.read().then(
        () => {
          messages++
          read()
        },
        () => {},
      )
    }
    read()
    const peer = fakePeer()
    for (let i = 0; i < 1000; i++) {
      server.add(peer)
      await settle(20)
      server.drop(peer)
      await settle(20)
    }
    // A capacity of 1024, two tokens a message.
    expect(messages).toBeLessThan(520)
    await clock.advance(1000)
    session.close()
  })
})

const key = bytesToHex(fakePeer().enode.publicKey)
const entry = (over: Record<number, RlpInput> = {}): RlpInput[] => {
  const fields: RlpInput[] = [hexToBytes(key), 'name', [['eth', 68]], 'tcp', 1, 1000, '']
  for (const [index, value] of Object.entries(over)) fields[Number(index)] = value
  return fields
}
const keyed = (index: number) =>
  entry({ 0: Uint8Array.from({ length: 64 }, (_, at) => (at === 0 ? index >> 8 : index & 255)) })

describe('a hostile publisher ends itself', () => {
  const cases: [string, readonly [number, RlpInput | Uint8Array][]][] = [
    ['an unknown code', [[4, []]]],
    ['no RLP', [[PeersMsg.Snapshot, Uint8Array.of(0xb8)]]],
    ['bytes after the message', [[PeersMsg.Snapshot, Uint8Array.of(0xc0, 0xc0)]]],
    ['no list', [[PeersMsg.Snapshot, 'nodes']]],
    ['an Add before the Snapshot', [[PeersMsg.Add, [entry()]]]],
    ['a Remove before the Snapshot', [[PeersMsg.Remove, [new Uint8Array(32)]]]],
    [
      'an empty Add',
      [
        [PeersMsg.Snapshot, []],
        [PeersMsg.Add, []],
      ],
    ],
    [
      'an empty Remove',
      [
        [PeersMsg.Snapshot, []],
        [PeersMsg.Remove, []],
      ],
    ],
    ['a Subscribe with something in it', [[PeersMsg.Subscribe, [1]]]],
    [
      'two Subscribes',
      [
        [PeersMsg.Subscribe, []],
        [PeersMsg.Subscribe, []],
      ],
    ],
    [
      'a Snapshot of too many',
      [[PeersMsg.Snapshot, Array.from({ length: peersLimits.nodes + 1 }, (_, i) => keyed(i))]],
    ],
    [
      'an Add of too many',
      [
        [PeersMsg.Snapshot, []],
        [PeersMsg.Add, Array.from({ length: 65 }, (_, i) => keyed(i))],
      ],
    ],
    [
      'an Add to a full feed',
      [
        [PeersMsg.Snapshot, Array.from({ length: peersLimits.nodes }, (_, i) => keyed(i))],
        [PeersMsg.Add, [entry()]],
      ],
    ],
    ['the same node twice', [[PeersMsg.Snapshot, [entry(), entry()]]]],
    [
      'a node id of 31 bytes',
      [
        [PeersMsg.Snapshot, []],
        [PeersMsg.Remove, [new Uint8Array(31)]],
      ],
    ],
    ['a short key', [[PeersMsg.Snapshot, [entry({ 0: new Uint8Array(63) })]]]],
    ['a long name', [[PeersMsg.Snapshot, [entry({ 1: 'x'.repeat(129) })]]]],
    ['a name that is no UTF-8', [[PeersMsg.Snapshot, [entry({ 1: Uint8Array.of(0xff) })]]]],
    ['too many caps', [[PeersMsg.Snapshot, [entry({ 2: Array.from({ length: 33 }, () => ['a', 1]) })]]]],
    ['a cap of three fields', [[PeersMsg.Snapshot, [entry({ 2: [['a', 1, 1]] })]]]],
    ['a cap with a long name', [[PeersMsg.Snapshot, [entry({ 2: [['123456789', 1]] })]]]],
    ['a cap with a blank', [[PeersMsg.Snapshot, [entry({ 2: [['a b', 1]] })]]]],
    ['deep nesting', [[PeersMsg.Snapshot, [entry({ 2: [['a', [[1]]]] })]]]],
    ['an empty transport', [[PeersMsg.Snapshot, [entry({ 3: '' })]]]],
    ['a direction of 2', [[PeersMsg.Snapshot, [entry({ 4: 2 })]]]],
    ['an age of ages', [[PeersMsg.Snapshot, [entry({ 5: 2 ** 43 })]]]],
    ['a number with a leading zero', [[PeersMsg.Snapshot, [entry({ 5: Uint8Array.of(0, 1) })]]]],
    ['an address that is none', [[PeersMsg.Snapshot, [entry({ 6: 'javascript:alert(1)' })]]]],
    [
      "another node's address",
      [[PeersMsg.Snapshot, [entry({ 6: `enode://${bytesToHex(fakePeer().enode.publicKey)}@1.2.3.4:5` })]]],
    ],
    ['a long address', [[PeersMsg.Snapshot, [entry({ 6: `enode://${key}@1.2.3.4:5?discport=${'0'.repeat(600)}` })]]]],
    ['a missing field', [[PeersMsg.Snapshot, [entry().slice(0, 6)]]]],
    ['one field more', [[PeersMsg.Snapshot, [[...entry(), 1]]]]],
    ['a message of 2 MiB', [[PeersMsg.Snapshot, new Uint8Array(2 ** 21)]]],
  ]

  test.each(cases)('%s', async (_, messages) => {
    const clock = new SimClock()
    const feed = new PeerFeed({ publish: true, subscribe: true, clock })
    const session = runProtocol(feed.protocol, clock)
    expect((await session.far.read()).code).toBe(PeersMsg.Subscribe)
    for (const [code, value] of messages) {
      const payload = value instanceof Uint8Array ? value : encodeRlp(value)
      await session.far.write(code, payload)
      await clock.advance(5_000)
    }
    expect(session.ended()).toMatchObject({ code: expect.stringMatching(/^ERR_(PROTOCOL|INVALID)/) })
    expect(feed.nodes).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })

  test('feeds that nobody asked for', async () => {
    const clock = new SimClock()
    const session = runProtocol(new PeerFeed({ publish: true, clock }).protocol, clock)
    await session.far.send(PeersMsg.Snapshot, [entry()])
    await settle()
    expect(session.ended()).toMatchObject({ code: 'ERR_PROTOCOL' })
  })

  test('a 17th publisher is not asked', async () => {
    const clock = new SimClock()
    const feed = new PeerFeed({ clock })
    const sessions = Array.from({ length: 17 }, () => runProtocol(feed.protocol, clock))
    let asked = 0
    for (const session of sessions) {
      session.far.read().then(
        () => asked++,
        () => {},
      )
    }
    await settle()
    expect(asked).toBe(peersLimits.publishers)
    for (const session of sessions) session.close()
  })

  test('whatever bytes come, the run ends with an error of ours or goes on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(5), fc.uint8Array({ maxLength: 300 }), async (code, payload) => {
        const clock = new SimClock()
        const session = runProtocol(new PeerFeed({ clock }).protocol, clock)
        await session.far.read()
        await session.far.write(code, payload)
        await settle()
        const ended = session.ended()
        if (ended !== undefined) expect(ended).toMatchObject({ code: expect.stringMatching(/^ERR_/) })
        session.close()
      }),
      { numRuns: 100 },
    )
  })
})

test('names are cleaned before anyone sees them', async () => {
  const clock = new SimClock()
  const feed = new PeerFeed({ clock })
  const session = runProtocol(feed.protocol, clock)
  await session.far.read()
  await session.far.send(PeersMsg.Snapshot, [entry({ 1: '\u202eevil\u001b[2J' })])
  await settle()
  expect(feed.nodes.map(({ name }) => name)).toEqual(['evil[2J'])
  session.close()
})

test('a node survives the way over the wire', async () => {
  const enode = fakePeer().enode
  const word = fc.stringMatching(/^[!-~]{1,8}$/)
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        name: fc.string({ maxLength: 30 }),
        caps: fc.array(fc.record({ name: word, version: fc.nat() }), { maxLength: peersLimits.caps }),
        transport: word,
        inbound: fc.boolean(),
        tcpPort: fc.integer({ min: 1, max: 65535 }),
      }),
      async ({ tcpPort, ...told }) => {
        const { server, subscriber, close } = await joined()
        const address = new Enode(enode.publicKey, { host: '192.0.2.1', tcpPort, udpPort: tcpPort })
        server.add(fakePeer({ ...told, enode: address }))
        await settle()
        expect(subscriber.nodes).toHaveLength(1)
        expect(subscriber.nodes[0]).toMatchObject({
          id: enode.id,
          transport: told.transport,
          inbound: told.inbound,
          caps: told.caps.map((cap) => `${cap.name}/${cap.version}`),
          address: address.toString(),
        })
        await close()
      },
    ),
    { numRuns: 30 },
  )
})
