import {
  DisconnectError,
  DiscReason,
  deferred,
  Enode,
  EthspanError,
  generatePrivateKey,
  type Protocol,
  Server,
  type ServerOptions,
} from '@ethspan/core'
import { MemoryNetwork, SimClock } from '@ethspan/core/testing'
import { describe, expect, test } from 'vitest'
import type { Metrics } from '../src/metrics.js'
import { kindOfFailure, serverMetrics } from '../src/server-metrics.js'

/** Metrics as a flat record: `name` or `name{value,…}`. */
function recorder() {
  const values: Record<string, number> = {}
  const updates: (() => void)[] = []
  const key = (name: string, labels: Readonly<Record<string, string>> = {}) => {
    const texts = Object.values(labels)
    return texts.length === 0 ? name : `${name}{${texts}}`
  }
  const metrics: Metrics = {
    counter(name, _help, labels = []) {
      if (labels.length === 0) values[name] ??= 0
      return {
        add(amount = 1, given) {
          values[key(name, given)] = (values[key(name, given)] ?? 0) + amount
        },
      }
    },
    gauge: (name) => ({
      set(value, given) {
        values[key(name, given)] = value
      },
    }),
    onRead: (update) => void updates.push(update),
  }
  const read = () => {
    for (const update of updates) update()
    return values
  }
  return { metrics, read }
}

class World {
  readonly clock = new SimClock()
  readonly network = new MemoryNetwork()
  readonly #servers: Server[] = []

  async server(options: Partial<ServerOptions> & { readonly address?: string } = {}) {
    const { metrics, read } = recorder()
    const { meter, attach } = serverMetrics(metrics, this.clock)
    const { address, ...rest } = options
    const server = new Server({
      privateKey: generatePrivateKey(),
      protocols: [talk()],
      transports: [this.network.transport(address === undefined ? {} : { address })],
      clock: this.clock,
      meter,
      ...rest,
    })
    attach(server)
    await server.start()
    this.#servers.push(server)
    return { server, read }
  }

  async end() {
    await Promise.all(this.#servers.map((server) => server.stop()))
  }
}

/** A protocol that does what `act` does, and then listens. */
function talk(act: Protocol['run'] = async () => {}): Protocol {
  return {
    name: 'talk',
    version: 3,
    length: 300,
    async run(peer, rw) {
      await act(peer, rw)
      for await (const _ of rw);
    },
  }
}

const PLACE = '127.0.0.1:30303'

/** The next event of a server, as a promise. */
function next(server: Server, type: 'peeradd' | 'peerdrop' | 'dialfail' | 'handshakefail'): Promise<unknown> {
  return new Promise((resolve) => server.addEventListener(type, resolve, { once: true }))
}

test('peers, dials and serves are counted on both sides', async () => {
  const world = new World()
  const listener = await world.server({ address: PLACE })
  const dialer = await world.server()
  const added = Promise.all([next(dialer.server, 'peeradd'), next(listener.server, 'peeradd')])
  dialer.server.addPeer(listener.server.self)
  await added
  expect(dialer.read()).toMatchObject({
    'p2p/peers': 1,
    'p2p/peers/inbound': 0,
    'p2p/peers/outbound': 1,
    'p2p/dials': 1,
    'p2p/dials/success': 1,
    'p2p/dials/success/1min': 0,
    'p2p/serves': 0,
  })
  expect(listener.read()).toMatchObject({
    'p2p/peers/inbound': 1,
    'p2p/peers/outbound': 0,
    'p2p/serves': 1,
    'p2p/serves/success': 1,
    'p2p/dials': 0,
  })
  await world.end()
  expect(dialer.read()).toMatchObject({ 'p2p/peers': 0, 'p2p/peers/outbound': 0 })
})

test('a peer that stays for a minute is counted once', async () => {
  const world = new World()
  const listener = await world.server({ address: PLACE })
  const dialer = await world.server()
  const added = Promise.all([next(dialer.server, 'peeradd'), next(listener.server, 'peeradd')])
  dialer.server.addPeer(listener.server.self)
  await added
  await world.clock.advance(59_999)
  expect(dialer.read()['p2p/dials/success/1min']).toBe(0)
  await world.clock.advance(1)
  dialer.read()
  await world.end()
  expect(dialer.read()['p2p/dials/success/1min']).toBe(1)
  expect(listener.read()['p2p/serves/success/1min']).toBe(1)
})

test('messages are counted by protocol and code, bytes as they went over the wire', async () => {
  const world = new World()
  const got = deferred<void>()
  const say = talk(async (_peer, rw) => {
    await rw.send(2, 'hello')
    await rw.send(2, 'hello')
    await rw.send(299, 'x')
  })
  const hear = talk(async (_peer, rw) => {
    for (let i = 0; i < 3; i++) await rw.read()
    got.resolve()
  })
  const listener = await world.server({ address: PLACE, protocols: [hear] })
  const dialer = await world.server({ protocols: [say] })
  dialer.server.addPeer(listener.server.self)
  await got.promise
  await world.end()
  const counts = (direction: string) => ({
    [`p2p/${direction}/talk/3/0x02`]: 16,
    [`p2p/${direction}/talk/3/0x02/packets`]: 2,
    [`p2p/${direction}/talk/3/0x12b`]: 3,
    [`p2p/${direction}/talk/3/0x12b/packets`]: 1,
    [`p2p/protocol/${direction}{talk,3}`]: 19,
    [`p2p/protocol/${direction}/packets{talk,3}`]: 3,
  })
  const sent = dialer.read()
  const received = { ...listener.read() }
  expect(sent).toMatchObject(counts('egress'))
  expect(received).toMatchObject(counts('ingress'))
  expect(sent['p2p/egress']).toBe(received['p2p/ingress'])
  expect(sent['p2p/ingress']).toBe(received['p2p/egress'])
  // Read again, nothing is counted twice.
  expect(listener.read()).toEqual(received)
})

test('round trips are told as the fastest, the median and the slowest', async () => {
  const world = new World()
  const listener = await world.server({ address: PLACE })
  expect(listener.read()['p2p/peers/rtt/seconds{1}']).toBeNaN()
  const dialer = await world.server()
  const added = Promise.all([next(dialer.server, 'peeradd'), next(listener.server, 'peeradd')])
  dialer.server.addPeer(listener.server.self)
  await added
  await dialer.server.peers[0]?.ping()
  expect(dialer.read()).toMatchObject({
    'p2p/peers/rtt/seconds{0}': 0,
    'p2p/peers/rtt/seconds{0.5}': 0,
    'p2p/peers/rtt/seconds{1}': 0,
  })
  await world.end()
})

describe('what comes to nothing is counted by kind', () => {
  test('a dial that reaches nothing', async () => {
    const world = new World()
    const { server, read } = await world.server()
    const failed = next(server, 'dialfail')
    const { publicKey } = new Server({ privateKey: generatePrivateKey(), transports: [] }).localNode
    server.addPeer(new Enode(publicKey, { host: '127.0.0.1', tcpPort: 9 }))
    await failed
    expect(read()).toMatchObject({ 'p2p/dials': 1, 'p2p/dials/error/connection': 1 })
    await world.end()
  })

  test('a node that can’t be dialed from here is no dial', async () => {
    const world = new World()
    const { server, read } = await world.server()
    const failed = next(server, 'dialfail')
    const { publicKey } = new Server({ privateKey: generatePrivateKey(), transports: [] }).localNode
    server.addPeer(new Enode(publicKey))
    await failed
    expect(read()).toMatchObject({ 'p2p/dials': 0, 'p2p/dials/error/connection': 0 })
    await world.end()
  })

  test('too many peers', async () => {
    const world = new World()
    const listener = await world.server({ address: PLACE, maxPeers: 0 })
    const dialer = await world.server()
    const failed = Promise.all([next(dialer.server, 'handshakefail'), next(listener.server, 'handshakefail')])
    dialer.server.addPeer(listener.server.self)
    await failed
    expect(listener.read()).toMatchObject({ 'p2p/serves': 1, 'p2p/serves/error/saturated': 1, 'p2p/serves/success': 0 })
    expect(dialer.read()).toMatchObject({ 'p2p/dials': 1, 'p2p/dials/error/saturated': 1, 'p2p/dials/success': 0 })
    await world.end()
  })

  test('no shared protocol', async () => {
    const world = new World()
    const listener = await world.server({ address: PLACE, protocols: [{ ...talk(), name: 'other' }] })
    const dialer = await world.server()
    const failed = Promise.all([next(dialer.server, 'handshakefail'), next(listener.server, 'handshakefail')])
    dialer.server.addPeer(listener.server.self)
    await failed
    expect(listener.read()['p2p/serves/error/useless']).toBe(1)
    expect(dialer.read()['p2p/dials/error/useless']).toBe(1)
    await world.end()
  })

  test('a key that is not the dialed one', async () => {
    const world = new World()
    const listener = await world.server({ address: PLACE })
    const dialer = await world.server()
    const { publicKey } = dialer.server.localNode
    const other = new Server({ privateKey: generatePrivateKey(), transports: [] }).localNode.publicKey
    expect(publicKey).not.toEqual(other)
    const failed = Promise.all([next(dialer.server, 'handshakefail'), next(listener.server, 'handshakefail')])
    dialer.server.addPeer(new Enode(other, { host: '127.0.0.1', tcpPort: 30303 }))
    await failed
    expect(listener.read()['p2p/serves/error/rlpx/enc']).toBe(1)
    expect(dialer.read()['p2p/dials/error/rlpx/enc']).toBe(1)
    await world.end()
  })

  const goodbye = (reason: number) => new DisconnectError(reason, 'remote')
  test.each([
    ['encryption', goodbye(DiscReason.Self), 'self'],
    ['hello', goodbye(DiscReason.AlreadyConnected), 'known'],
    ['hello', goodbye(DiscReason.UnexpectedIdentity), 'id/unexpected'],
    ['hello', goodbye(DiscReason.IncompatibleVersion), 'rlpx/proto'],
    ['hello', goodbye(200), 'rlpx/proto'],
    ['hello', new EthspanError('ERR_CLOSED', 'gone'), 'rlpx/proto'],
    ['encryption', new EthspanError('ERR_TIMEOUT', 'late'), 'rlpx/enc'],
    ['encryption', new Error('bug'), 'rlpx/enc'],
    ['encryption', goodbye(DiscReason.Requested), 'other'],
    ['admission', goodbye(DiscReason.TooManyPeers), 'saturated'],
    ['admission', new Error('bug'), 'other'],
  ] as const)('%s, %s: %s', (stage, error, kind) => {
    expect(kindOfFailure({ stage, error })).toBe(kind)
  })
})
