import { bytesToHex, Enode } from '@ethspan/core'
import { SimClock, settle } from '@ethspan/core/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { peersLimits } from '../../src/peers/messages.js'
import { PeerFeed } from '../../src/peers/peer-feed.js'
import { connect, fakePeer } from '../fake-peer.js'
import { attach, FakeServer, joined } from './support.js'

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
