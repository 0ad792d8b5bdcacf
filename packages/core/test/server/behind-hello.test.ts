import { describe, expect, test } from 'vitest'
import { concatBytes, type Msg, type Protocol } from '../../src/index.js'
import { MAX_UNREAD_BYTES } from '../../src/limits.js'
import { BaseCode, EMPTY_LIST, encodeDisconnect } from '../../src/peer/base-protocol.js'
import { DiscReason } from '../../src/peer/disc-reason.js'
import { seededRandomBytes } from '../../src/testing/index.js'
import { RawPeer } from '../support/raw-peer.js'
import { listen, NOTHING_LEFT, World } from '../support/world.js'

const FIRST_CODE = 16

/** What `act` sends arrives as one chunk. */
async function inOneChunk(world: World, { channel }: RawPeer, act: () => void): Promise<void> {
  const write = channel.write.bind(channel)
  const held: Uint8Array[] = []
  channel.write = (chunks) => {
    held.push(...chunks)
    return true
  }
  act()
  await world.settle()
  channel.write = write
  write([concatBytes(...held)])
}

/** A protocol that keeps what it gets, and whether the peer was announced before. */
function keeper(got: Msg[]): Protocol {
  return {
    ...listen,
    async run(_peer, rw) {
      for await (const msg of rw) got.push(msg)
    },
  }
}

describe('in one chunk with Hello', () => {
  for (const canPause of [true, false]) {
    const cases: [string, number, number][] = [
      ['a thousand messages', 1000, 10],
      ['more than may be unread in the handshake', 40, 65_536],
    ]
    for (const [name, count, size] of cases) {
      test(`${name}, the transport ${canPause ? 'can' : "can't"} pause: all are read in order, after peeradd`, async () => {
        const noise = seededRandomBytes(5)(size)
        const got: Msg[] = []
        const world = new World()
        const server = await world.server({ protocols: [keeper(got)], canPause })
        const gotAtAdd: number[] = []
        server.addEventListener('peeradd', () => gotAtAdd.push(got.length))
        const raw = await RawPeer.dial(world, server)
        // Both sides compress from here on: the server's Hello is there.
        await world.settle()
        await inOneChunk(world, raw, () => {
          raw.hello()
          for (let i = 0; i < count; i++) raw.send(FIRST_CODE + (i % 4), noise)
        })
        await world.settle()
        await world.settle()
        expect(got).toHaveLength(count)
        expect(got.map(({ code }) => code)).toEqual(Array.from({ length: count }, (_, i) => i % 4))
        expect(gotAtAdd).toEqual([0])
        expect(server.events).toEqual(['add raw'])
        expect(await world.end()).toEqual(NOTHING_LEFT)
      })
    }
  }

  for (const ends of [false, true]) {
    test(`a Disconnect${ends ? ' and the end' : ''}: the reason is the peer's, and no protocol runs`, async () => {
      let runs = 0
      const world = new World()
      const server = await world.server({
        protocols: [
          {
            ...listen,
            async run() {
              runs++
            },
          },
        ],
      })
      const raw = await RawPeer.dial(world, server)
      await world.settle()
      await inOneChunk(world, raw, () => {
        raw.hello()
        raw.send(BaseCode.Disconnect, encodeDisconnect(DiscReason.UselessPeer))
      })
      if (ends) raw.channel.end()
      await world.settle()
      expect(server.events).toEqual(['add raw', 'drop raw: useless peer (remote)'])
      expect(runs).toBe(0)
      raw.channel.destroy()
      expect(await world.end()).toEqual(NOTHING_LEFT)
    })
  }
})

test('a goodbye behind messages that a slow protocol has not read still tells its reason', async () => {
  const world = new World()
  const server = await world.server({
    protocols: [
      { ...listen, run: (peer) => new Promise((resolve) => peer.signal.addEventListener('abort', () => resolve())) },
    ],
  })
  const raw = await RawPeer.dial(world, server)
  await world.settle()
  raw.hello()
  await world.settle()
  await inOneChunk(world, raw, () => {
    for (let i = 0; i < 80; i++) raw.send(FIRST_CODE, new Uint8Array(64 * 1024))
    raw.send(BaseCode.Disconnect, encodeDisconnect(DiscReason.TooManyPeers))
  })
  await world.settle()
  expect(server.events).toEqual(['add raw'])
  raw.channel.end()
  await world.settle()
  expect(server.events).toEqual(['add raw', 'drop raw: too many peers (remote)'])
  expect(await world.end()).toEqual(NOTHING_LEFT)
})

test("what a transport that can't pause delivers while a connection waits for admission is bounded", async () => {
  const world = new World()
  const server = await world.server({ canPause: false })
  const key = new Uint8Array(32).fill(9)
  const first = await RawPeer.dial(world, server, key)
  first.hello()
  await world.settle()
  const second = await RawPeer.dial(world, server, key)
  await world.settle()
  second.hello()
  const noise = seededRandomBytes(1)(MAX_UNREAD_BYTES / 4)
  for (let i = 0; i < 8; i++) {
    second.send(FIRST_CODE, noise)
    await world.settle()
  }
  // The first one does not answer, so the second would have been let in.
  await world.clock.advance(1_000)
  expect(server.events.at(-1)).toMatch(/^hello: more than \d+ bytes arrived/)
  await world.clock.advance(1_000)
  expect(await world.end()).toEqual(NOTHING_LEFT)
})

test('a transport that throws on a write ends its peer and nothing else', async () => {
  const world = new World()
  const server = await world.server()
  const raw = await RawPeer.dial(world, server)
  raw.hello()
  await world.settle()
  const link = world.network.links[0]
  if (link === undefined) throw new Error('no link')
  link.listener.write = () => {
    throw new TypeError('the socket is in a strange state')
  }
  raw.send(BaseCode.Ping, EMPTY_LIST)
  await world.settle()
  expect(server.events).toEqual(['add raw', 'drop raw: network error (remote)'])
  expect(await world.end()).toEqual(NOTHING_LEFT)
})
