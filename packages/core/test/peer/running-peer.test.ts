import { describe, expect, test } from 'vitest'
import {
  DisconnectError,
  DiscReason,
  EthspanError,
  type MsgReadWriter,
  type Peer,
  type Protocol,
} from '../../src/index.js'
import { BaseCode, EMPTY_LIST, encodeDisconnect } from '../../src/peer/base-protocol.js'
import { deferred } from '../../src/platform/wait.js'
import { seededRandomBytes } from '../../src/testing/index.js'
import { RawPeer } from '../support/raw-peer.js'
import { listen, NOTHING_LEFT, type TestServer, World } from '../support/world.js'

const FIRST_CODE = 16

/** A server with `protocols` and a peer driven by hand, both Hellos said. */
async function connected(protocols: readonly Protocol[] = [listen], { canPause = true, caps = protocols } = {}) {
  const world = new World()
  const server = await world.server({ protocols, canPause })
  const raw = await RawPeer.dial(world, server)
  raw.hello({ caps: caps.map(({ name, version }) => ({ name, version })) })
  await world.settle()
  expect(server.peerCount).toBe(1)
  return { world, server, raw, peer: server.peers[0] }
}

/** A protocol whose handler does what the test says. */
const protocol = (run: (peer: Peer, rw: MsgReadWriter) => Promise<void>, name = 'test'): Protocol => ({
  ...listen,
  name,
  run,
})

describe('a peer ends', () => {
  const untilEnd = (peer: Peer) =>
    new Promise<void>((resolve) => peer.signal.addEventListener('abort', () => resolve()))
  const cases: [string, string, (given: { peer: Peer; raw: RawPeer; server: TestServer }) => void, Protocol?][] = [
    [
      'with quitting when a protocol returns',
      'client quitting (local)',
      ({ raw }) => raw.send(FIRST_CODE, EMPTY_LIST),
      protocol(async (_peer, rw) => void (await rw.read())),
    ],
    [
      'with a subprotocol error when a protocol throws',
      'subprotocol error (local)',
      ({ raw }) => raw.send(FIRST_CODE, EMPTY_LIST),
      protocol(async (_peer, rw) => {
        await rw.read()
        throw new Error('bad message')
      }),
    ],
    [
      'with the reason that a protocol throws',
      'useless peer (local)',
      ({ raw }) => raw.send(FIRST_CODE, EMPTY_LIST),
      protocol(async (_peer, rw) => {
        await rw.read()
        throw new DisconnectError(DiscReason.UselessPeer, 'local')
      }),
    ],
    [
      'with the reason given to disconnect',
      'too many peers (local)',
      ({ peer }) => void peer.disconnect(DiscReason.TooManyPeers),
    ],
    [
      'with the reason the other side sends as a list',
      'too many peers (remote)',
      ({ raw }) => raw.send(BaseCode.Disconnect, encodeDisconnect(DiscReason.TooManyPeers)),
    ],
    [
      'with the reason the other side sends as a bare byte',
      'client quitting (remote)',
      ({ raw }) => raw.send(BaseCode.Disconnect, Uint8Array.of(DiscReason.Quitting)),
    ],
    ['with a network error when the connection breaks', 'network error (remote)', ({ raw }) => raw.channel.destroy()],
    [
      'for a code that no protocol has',
      'breach of protocol (local)',
      ({ raw }) => raw.send(FIRST_CODE + 4, EMPTY_LIST),
    ],
    ['for a second Hello', 'breach of protocol (local)', ({ raw }) => raw.hello()],
    [
      'for a payload that is not snappy',
      'breach of protocol (local)',
      ({ raw }) => {
        raw.connection.codec.snappy = false
        raw.send(FIRST_CODE, Uint8Array.of(0xff, 0xff))
      },
    ],
    [
      'for a payload that claims to be larger than the limit, before it is unpacked',
      'breach of protocol (local)',
      ({ raw }) => {
        raw.connection.codec.snappy = false
        raw.send(FIRST_CODE, Uint8Array.of(0xff, 0xff, 0xff, 0x07, 0x00, 0x00))
      },
    ],
    ['for an oversized ping', 'breach of protocol (local)', ({ raw }) => raw.send(BaseCode.Ping, new Uint8Array(2049))],
  ]
  for (const [how, event, act, given] of cases) {
    test(how, async () => {
      const { world, server, raw, peer } = await connected([given ?? protocol(async (peer) => untilEnd(peer))])
      act({ peer, raw, server })
      await world.settle()
      expect(server.events).toEqual(['add raw', `drop raw: ${event}`])
      expect(peer.signal.aborted).toBe(true)
      if (event.endsWith('(local)')) expect(raw.received).toContain(`disconnect: ${event.replace(' (local)', '')}`)
      expect(await world.end()).toEqual(NOTHING_LEFT)
    })
  }

  test('and its protocols see the end: iteration stops, reads and writes fail with what ended it', async () => {
    const seen: unknown[] = []
    const { world, peer } = await connected([
      protocol(async (_peer, rw) => {
        for await (const _ of rw) seen.push('message')
        seen.push('over')
        await rw.read().catch((error) => seen.push(error))
        await rw.write(0, EMPTY_LIST).catch((error) => seen.push(error))
      }),
    ])
    const gone = peer.disconnect()
    await world.clock.advance(1_000)
    await gone
    expect(seen).toEqual(['over', peer.signal.reason, peer.signal.reason])
    await expect(peer.ping()).rejects.toBe(peer.signal.reason)
    await world.end()
  })
})

describe('keeping alive', () => {
  test('answers each ping at once', async () => {
    const { world, raw } = await connected()
    raw.send(BaseCode.Ping, EMPTY_LIST)
    await world.settle()
    expect(raw.received).toEqual(['hello node-1', 'message 3, 1 bytes'])
    await world.end()
  })

  test('pings at once and every 15 s, and knows the round-trip time from the reply', async () => {
    const { world, raw, peer } = await connected()
    expect(raw.pings).toHaveLength(1)
    await world.clock.advance(40)
    raw.pong()
    await world.settle()
    expect(peer.roundTripTime).toBe(40)
    await world.clock.advance(14_960)
    expect(raw.pings).toHaveLength(2)
    await world.end()
  })

  test('drops a peer that sends nothing for 30 s, and keeps one that sends anything', async () => {
    const { world, raw, server } = await connected()
    await world.clock.advance(29_000)
    raw.send(FIRST_CODE, EMPTY_LIST)
    await world.clock.advance(29_999)
    expect(server.peerCount).toBe(1)
    await world.clock.advance(1)
    expect(server.events.at(-1)).toBe('drop raw: read timeout (local)')
    expect(raw.received.at(-1)).toBe('disconnect: read timeout')
    await world.end()
  })

  test('does not judge a peer by a timer that fired late', async () => {
    const { world, raw, server } = await connected()
    // As in a hidden tab: a minute passes without a timer, and the messages of that minute are still to come.
    world.clock.jump(60_000)
    await world.settle()
    expect(server.peerCount).toBe(1)
    raw.send(FIRST_CODE, EMPTY_LIST)
    await world.clock.advance(10_000)
    expect(server.peerCount).toBe(1)
    await world.clock.advance(60_000)
    expect(server.peerCount).toBe(0)
    await world.end()
  })
})

describe('a slow protocol', () => {
  const MESSAGE = 64 * 1024

  test('blocks neither pings nor its neighbours; past its budget the socket is paused, and nothing is lost', async () => {
    const gate = deferred<void>()
    let slow = 0
    let quick = 0
    const { world, raw, server } = await connected([
      protocol(async (_peer, rw) => {
        await gate.promise
        for await (const _ of rw) slow++
      }, 'slow'),
      protocol(async (_peer, rw) => {
        for await (const _ of rw) quick++
      }, 'quick'),
    ])
    const toQuick = FIRST_CODE
    const toSlow = FIRST_CODE + 4
    for (let i = 0; i < 32; i++) raw.send(toSlow, new Uint8Array(MESSAGE))
    raw.send(toQuick, EMPTY_LIST)
    raw.send(BaseCode.Ping, EMPTY_LIST)
    await world.settle()
    expect({ slow, quick }).toEqual({ slow: 0, quick: 1 })
    expect(raw.received).toContain('message 3, 1 bytes')

    // 4 MiB fit; the rest waits on the other side, with whatever comes after it.
    for (let i = 0; i < 96; i++) raw.send(toSlow, new Uint8Array(MESSAGE))
    raw.send(toQuick, EMPTY_LIST)
    await world.clock.advance(60_000)
    expect(server.peerCount).toBe(1)
    expect(quick).toBe(1)
    expect(server.peers[0].traffic.messagesIn).toBeLessThan(75)
    gate.resolve()
    await world.settle()
    expect({ slow, quick }).toEqual({ slow: 128, quick: 2 })
    await world.end()
  })

  test('ends the peer past the larger budget where the transport can not pause', async () => {
    const never = deferred<void>()
    const { world, raw, server } = await connected(
      [
        protocol(async (peer) => {
          peer.signal.addEventListener('abort', () => never.resolve())
          await never.promise
        }),
      ],
      { canPause: false },
    )
    for (let i = 0; i < 31; i++) raw.send(FIRST_CODE, new Uint8Array(1024 * 1024))
    await world.settle()
    expect(server.peerCount).toBe(1)
    raw.send(FIRST_CODE, new Uint8Array(1024 * 1024))
    await world.settle()
    expect(server.events.at(-1)).toBe('drop raw: subprotocol error (local)')
    await world.end()
  })
})

describe('writing', () => {
  test('waits for the transport, keeps the order and times out after 20 s', async () => {
    const noise = seededRandomBytes(1)(60_000)
    const written: number[] = []
    let failure: unknown
    const { world, raw, server } = await connected([
      protocol(async (_peer, rw) => {
        try {
          await rw.read()
          for (let i = 0; ; i++) {
            await rw.write(0, noise)
            written.push(i)
          }
        } catch (error) {
          failure = error
        }
      }),
    ])
    raw.connection.pause()
    raw.send(FIRST_CODE, EMPTY_LIST)
    await world.settle()
    const before = written.length
    expect(before).toBeLessThan(20)
    await world.clock.advance(10_000)
    expect(written).toHaveLength(before)
    raw.send(FIRST_CODE, EMPTY_LIST)
    await world.clock.advance(20_000)
    expect(failure).toBeInstanceOf(EthspanError)
    expect((failure as EthspanError).code).toBe('ERR_TIMEOUT')
    expect(server.events.at(-1)).toBe('drop raw: network error (local)')
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })

  test('refuses a code outside the protocol and a message over the limit, and the peer lives', async () => {
    const codes: string[] = []
    const { world, server } = await connected([
      protocol(async (_peer, rw) => {
        for (const [code, size] of [
          [4, 1],
          [-1, 1],
          [0.5, 1],
          [0, 2 ** 24],
        ] as const) {
          await rw.write(code, new Uint8Array(size)).catch((error: EthspanError) => codes.push(error.code))
        }
        for await (const _ of rw);
      }),
    ])
    expect(codes).toEqual(['ERR_PROTOCOL', 'ERR_PROTOCOL', 'ERR_PROTOCOL', 'ERR_MESSAGE_TOO_BIG'])
    expect(server.peerCount).toBe(1)
    await world.end()
  })

  test('frames that are ready together leave in one write', async () => {
    let writes = 0
    const { world, raw, peer } = await connected([
      protocol(async (_peer, rw) => {
        await rw.read()
        const all = Array.from({ length: 10 }, () => rw.write(1, EMPTY_LIST))
        await Promise.all(all)
        for await (const _ of rw);
      }),
    ])
    const end = world.network.links[0].listener
    const write = end.write.bind(end)
    end.write = (chunks) => {
      writes++
      return write(chunks)
    }
    raw.send(FIRST_CODE, EMPTY_LIST)
    await world.settle()
    expect(raw.received.filter((text) => text.startsWith('message 17'))).toHaveLength(10)
    expect(writes).toBe(1)
    expect(peer.traffic.messagesOut).toBeGreaterThanOrEqual(10)
    await world.end()
  })
})
