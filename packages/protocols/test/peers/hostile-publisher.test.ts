import { bytesToHex, encodeRlp, type RlpInput } from '@ethspan/core'
import { SimClock, settle } from '@ethspan/core/testing'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PeersMsg, peersLimits } from '../../src/peers/messages.js'
import { PeerFeed } from '../../src/peers/peer-feed.js'
import { fakePeer, runProtocol } from '../fake-peer.js'
import { entry, key, keyed } from './support.js'

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
