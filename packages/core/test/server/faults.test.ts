import { describe, expect, test } from 'vitest'
import { type Channel, encodeRlp, type Protocol, silentLogger } from '../../src/index.js'
import { MAX_CAPS } from '../../src/peer/base-protocol.js'
import { seededRandomBytes } from '../../src/testing/index.js'
import { RawPeer } from '../support/raw-peer.js'
import { listen, NOTHING_LEFT, type TestServer, World } from '../support/world.js'

/** After each fault the server must still take a good peer, and nothing may be left when it stops. */
async function stillWorks(world: World, server: TestServer): Promise<void> {
  const good = await RawPeer.dial(world, server)
  good.hello({ name: 'good' })
  await world.settle()
  expect(server.events).toContain('add good')
  expect(await world.end()).toEqual(NOTHING_LEFT)
}

const noise = seededRandomBytes(7)(100_000)

/** Once spoken to, it writes without an end. */
const chatterbox: Protocol = {
  ...listen,
  async run(_peer, rw) {
    await rw.read()
    while (true) await rw.write(0, noise)
  },
}

/** A bare channel to the server, and whether the server closed it. */
async function dial(world: World, server: TestServer): Promise<{ channel: Channel; closed: () => boolean }> {
  const context = { clock: world.clock, log: silentLogger, signal: new AbortController().signal }
  const channel = await world.network.transport().dial(server.self, context)
  let closed = false
  channel.open({
    data() {},
    drained() {},
    closed() {
      closed = true
    },
  })
  return { channel, closed: () => closed }
}

describe('before the encryption handshake is done', () => {
  const garbage: [string, Uint8Array][] = [
    ['an HTTP request', new TextEncoder().encode('GET / HTTP/1.1\r\nHost: example.org\r\n\r\n')],
    ['a size of zero', new Uint8Array(64)],
    ['a size over the limit', Uint8Array.of(0xff, 0xff, 1, 2, 3)],
    ['random bytes of a plausible size', Uint8Array.of(1, 0, ...seededRandomBytes(1)(0x100))],
    ['random bytes shaped like an old plain packet', Uint8Array.of(4, ...seededRandomBytes(2)(2000))],
    ['a megabyte of noise', seededRandomBytes(3)(1024 * 1024)],
  ]
  for (const [name, bytes] of garbage) {
    test(`${name}: closed, with the stage told`, async () => {
      const world = new World()
      const server = await world.server()
      const { channel, closed } = await dial(world, server)
      channel.write([bytes])
      await world.settle()
      expect(closed()).toBe(true)
      expect(server.events).toHaveLength(1)
      expect(server.events[0]).toMatch(/^encryption: /)
      await stillWorks(world, server)
    })
  }

  for (const bytes of [0, 1, 2, 100]) {
    test(`a stall after ${bytes} bytes: closed after 5 s`, async () => {
      const world = new World()
      const server = await world.server()
      const { channel, closed } = await dial(world, server)
      if (bytes > 0) channel.write([Uint8Array.of(1, 0x90, ...new Uint8Array(98)).subarray(0, bytes)])
      await world.clock.advance(4_999)
      expect(closed()).toBe(false)
      await world.clock.advance(1)
      expect(closed()).toBe(true)
      expect(server.events).toEqual(['encryption: the encryption handshake took longer than 5000 ms'])
      await stillWorks(world, server)
    })
  }

  test('an end in the middle', async () => {
    const world = new World()
    const server = await world.server()
    const { channel } = await dial(world, server)
    channel.write([Uint8Array.of(1, 0x90, 4)])
    channel.end()
    await world.settle()
    expect(server.events).toEqual(['encryption: the other side closed the connection before its auth'])
    await stillWorks(world, server)
  })
})

describe('instead of Hello', () => {
  const hello = (change: Record<number, unknown>) => {
    const fields: unknown[] = [5, 'raw', [['test', 1]], 0, new Uint8Array(64)]
    return encodeRlp(Object.assign(fields, change) as Parameters<typeof encodeRlp>[0])
  }
  const cases: [string, (raw: RawPeer) => void, RegExp][] = [
    ['another message', (raw) => raw.send(2, Uint8Array.of(0xc0)), /^hello: the first message has code 2/],
    ['a Disconnect', (raw) => raw.send(1, Uint8Array.of(0xc1, 4)), /^hello: too many peers \(remote\)/],
    ['a Hello over 2048 bytes', (raw) => raw.send(0, new Uint8Array(2049)), /^hello: /],
    ['a Hello that is no list', (raw) => raw.send(0, Uint8Array.of(1)), /^hello: .*Hello/],
    ['a Hello with too few fields', (raw) => raw.send(0, encodeRlp([5, 'x'])), /^hello: .*Hello/],
    ['a Hello with a short key', (raw) => raw.send(0, hello({ 4: new Uint8Array(63) })), /^hello: .*node key/],
    ['a Hello whose name is not text', (raw) => raw.send(0, hello({ 1: Uint8Array.of(0xff, 0xfe) })), /^hello: .*name/],
    [
      'a Hello with 1000 caps',
      (raw) => raw.send(0, hello({ 2: Array.from({ length: 1000 }, () => []) })),
      /^hello: .*capabilities/,
    ],
    [
      'a Hello with more caps than are read',
      (raw) => raw.send(0, hello({ 2: Array.from({ length: MAX_CAPS + 1 }, () => ['a', 1]) })),
      /^hello: .*capabilities/,
    ],
    ['a deeply nested Hello', (raw) => raw.send(0, nested(500)), /^hello: /],
    ['a cut connection', (raw) => raw.channel.destroy(), /^hello: .*(closed|destroyed|broke)/],
  ]
  for (const [name, act, event] of cases) {
    test(name, async () => {
      const world = new World()
      const server = await world.server()
      const raw = await RawPeer.dial(world, server)
      act(raw)
      await world.clock.advance(1_000)
      expect(server.events).toHaveLength(1)
      expect(server.events[0]).toMatch(event)
      await stillWorks(world, server)
    })
  }

  test('nothing: closed after 5 s', async () => {
    const world = new World()
    const server = await world.server()
    const raw = await RawPeer.dial(world, server)
    await world.clock.advance(5_000)
    expect(server.events).toEqual(['hello: Hello took longer than 5000 ms'])
    expect(raw.received).toEqual(['hello node-1', 'disconnect: network error'])
    await stillWorks(world, server)
  })
})

describe('a peer', () => {
  test('whose bytes are altered on the way is dropped at the first wrong bit', async () => {
    for (const bit of [0, 77, 128, 300, 500, 700]) {
      const chunks: Uint8Array[] = []
      const world = new World({
        chunk: (bytes, from) => {
          if (from === 'dialer') chunks.push(bytes)
          if (from === 'dialer' && chunks.length === 3) bytes[(bit >> 3) % bytes.length] ^= 1 << (bit & 7)
          return [bytes]
        },
      })
      const server = await world.server()
      const raw = await RawPeer.dial(world, server)
      raw.hello()
      await world.settle()
      raw.send(17, encodeRlp(['some', 'data', 'to', 'alter']))
      await world.settle()
      expect(server.events.slice(0, 2), `bit ${bit}`).toEqual(['add raw', 'drop raw: breach of protocol (local)'])
      expect(await world.end()).toEqual(NOTHING_LEFT)
    }
  })

  test('that sends half a frame and vanishes is dropped for its silence', async () => {
    const world = new World({ chunk: (bytes) => [bytes.subarray(0, 10), bytes.subarray(10)] })
    const server = await world.server()
    const raw = await RawPeer.dial(world, server)
    raw.hello()
    await world.settle()
    raw.channel.write([new Uint8Array(20)])
    world.network.links[0].cut()
    await world.clock.advance(35_000)
    expect(server.events).toEqual(['add raw', 'drop raw: read timeout (local)'])
    raw.channel.destroy()
    await stillWorks(world, server)
  })

  test('that never reads is dropped when a write has waited for 20 s', async () => {
    const world = new World()
    const server = await world.server({ protocols: [chatterbox] })
    const raw = await RawPeer.dial(world, server)
    raw.hello()
    await world.settle()
    raw.connection.pause()
    raw.send(16, Uint8Array.of(0xc0))
    await world.clock.advance(15_000)
    raw.send(2, Uint8Array.of(0xc0))
    await world.clock.advance(5_000)
    expect(server.events).toEqual(['add raw', 'drop raw: network error (local)'])
    await stillWorks(world, server)
  })

  test('that pings without end and reads nothing is dropped, with few answers waiting', async () => {
    const world = new World()
    const server = await world.server({ protocols: [chatterbox] })
    const raw = await RawPeer.dial(world, server)
    raw.hello()
    await world.settle()
    raw.connection.pause()
    raw.send(16, Uint8Array.of(0xc0))
    await world.settle()
    for (let i = 0; i < 100; i++) raw.send(2, Uint8Array.of(0xc0))
    await world.settle()
    expect(server.events).toEqual(['add raw', 'drop raw: breach of protocol (local)'])
    await stillWorks(world, server)
  })
})

function nested(depth: number): Uint8Array {
  let bytes = Uint8Array.of(0xc0)
  for (let i = 0; i < depth; i++) {
    const head =
      bytes.length < 56
        ? [0xc0 + bytes.length]
        : bytes.length < 256
          ? [0xf8, bytes.length]
          : [0xf9, bytes.length >> 8, bytes.length & 0xff]
    bytes = Uint8Array.of(...head, ...bytes)
  }
  return bytes
}
