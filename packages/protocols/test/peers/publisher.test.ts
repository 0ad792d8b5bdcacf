import { SimClock, settle } from '@ethspan/core/testing'
import { describe, expect, test } from 'vitest'
import { PeersMsg, peersLimits } from '../../src/peers/messages.js'
import { PeerFeed } from '../../src/peers/peer-feed.js'
import { fakePeer, runProtocol } from '../fake-peer.js'
import { attach, FakeServer, joined } from './support.js'

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
