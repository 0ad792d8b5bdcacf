import { describe, expect, test } from 'vitest'
import { DiscReason, EthspanError, type Peer, type Protocol, silentLogger, type Transport } from '../../src/index.js'
import { EMPTY_LIST } from '../../src/peer/base-protocol.js'
import { deferred } from '../../src/platform/wait.js'
import { RawPeer } from '../support/raw-peer.js'
import { listen, NOTHING_LEFT, World } from '../support/world.js'

const FIRST_CODE = 16

/** A protocol with a `run` of the test's own, and how often it ran. */
function counted(run: Protocol['run'], name = 'test'): Protocol & { runs: number } {
  const protocol = {
    ...listen,
    name,
    runs: 0,
    run: (...args: Parameters<Protocol['run']>) => {
      protocol.runs++
      return run(...args)
    },
  }
  return protocol
}

async function knock(world: World, server: Parameters<typeof RawPeer.dial>[1], caps = ['test']): Promise<RawPeer> {
  const raw = await RawPeer.dial(world, server)
  raw.hello({ caps: caps.map((name) => ({ name, version: 1 })) })
  await world.settle()
  return raw
}

describe('a protocol', () => {
  test('may wait for the disconnect it asks for', async () => {
    const world = new World()
    const done: string[] = []
    const server = await world.server({
      protocols: [
        counted(async (peer, rw) => {
          await rw.read()
          await peer.disconnect(DiscReason.UselessPeer)
          done.push('gone')
        }),
      ],
    })
    const raw = await knock(world, server)
    raw.send(FIRST_CODE, EMPTY_LIST)
    await world.settle()
    expect(done).toEqual(['gone'])
    expect(server.events).toEqual(['add raw', 'drop raw: useless peer (local)'])
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })

  test('may wait for removePeer', async () => {
    const world = new World()
    const done: string[] = []
    const server = await world.server({
      protocols: [
        counted(async (peer, rw) => {
          await rw.read()
          await server.removePeer(peer.enode)
          done.push('gone')
        }),
      ],
    })
    const raw = await knock(world, server)
    raw.send(FIRST_CODE, EMPTY_LIST)
    await world.settle()
    expect(done).toEqual(['gone'])
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })

  test('that throws before its first await ends the peer, and the end waits for its neighbour', async () => {
    const world = new World()
    const cleanup = deferred<void>()
    const server = await world.server({
      protocols: [
        counted(() => {
          throw new Error('at once')
        }, 'bad'),
        counted(async (peer) => {
          await new Promise<void>((resolve) => peer.signal.addEventListener('abort', () => resolve()))
          await cleanup.promise
        }, 'able'),
      ],
    })
    const raw = await knock(world, server, ['able', 'bad'])
    expect(server.events).toEqual(['add raw', 'drop raw: subprotocol error (local)'])
    expect(raw.received).toEqual(['hello node-1', 'disconnect: subprotocol error'])
    let stopped = false
    const stop = server.stop().then(() => {
      stopped = true
    })
    await world.settle()
    expect(stopped).toBe(false)
    cleanup.resolve()
    await stop
    expect(world.clock.pendingTimers).toBe(0)
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })

  test('may leave writes unawaited when its peer goes', async () => {
    const world = new World()
    const server = await world.server({
      protocols: [
        counted(async (peer, rw) => {
          await new Promise<void>((resolve) => peer.signal.addEventListener('abort', () => resolve()))
          rw.write(0, EMPTY_LIST)
          rw.send(0, [])
        }),
      ],
    })
    const raw = await knock(world, server)
    raw.channel.destroy()
    await world.settle()
    expect(server.events.at(-1)).toBe('drop raw: network error (remote)')
    // A rejection that nobody handles fails the whole run.
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })
})

describe('a listener', () => {
  test('of peeradd may disconnect the peer: its protocols never run', async () => {
    const world = new World()
    const protocol = counted(async () => {})
    const server = await world.server({ protocols: [protocol] })
    server.addEventListener('peeradd', ({ peer }) => void peer.disconnect(DiscReason.TooManyPeers))
    await knock(world, server)
    expect(server.events).toEqual(['add raw', 'drop raw: too many peers (local)'])
    expect(protocol.runs).toBe(0)
    await server.stop()
    expect(world.clock.pendingTimers).toBe(0)
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })

  for (const type of ['peeradd', 'peerdrop', 'dial', 'dialfail', 'handshakefail'] as const) {
    test(`of ${type} may stop the server`, async () => {
      const world = new World()
      const server = await world.server()
      let stop: Promise<void> | undefined
      server.addEventListener(type, () => {
        stop ??= server.stop()
      })
      if (type === 'dial') {
        const silent = await world.server()
        world.network.blackhole('10.0.0.2:30303')
        server.addPeer(silent.self)
      } else if (type === 'dialfail') {
        server.addPeer((await world.server()).self.withEndpoint({ host: '10.9.9.9', tcpPort: 1 }))
      } else if (type === 'handshakefail') (await RawPeer.dial(world, server)).send(2, EMPTY_LIST)
      else (await knock(world, server)).channel.destroy()
      await world.settle()
      await stop
      expect(stop).toBeDefined()
      expect(server.peerCount).toBe(0)
      expect(server.events.filter((event) => event.startsWith('drop'))).toHaveLength(
        server.events.filter((event) => event.startsWith('add')).length,
      )
      expect(await world.end()).toEqual(NOTHING_LEFT)
    })
  }

  test('of peerdrop may ask the peer for anything: it is over', async () => {
    const world = new World()
    const server = await world.server()
    const answers: unknown[] = []
    server.addEventListener('peerdrop', ({ peer, error }) => {
      peer.ping().catch((failure) => answers.push(failure === error))
      peer.disconnect().then(() => answers.push('gone'))
      peer.info()
    })
    const raw = await knock(world, server)
    raw.channel.destroy()
    await world.settle()
    expect(answers).toEqual([true, 'gone'])
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })
})

describe('what a caller aborts leaves no timer', () => {
  test('a ping', async () => {
    const world = new World()
    const server = await world.server()
    await knock(world, server)
    const before = world.clock.pendingTimers
    const controller = new AbortController()
    const ping = (server.peers[0] as Peer).ping({ signal: controller.signal })
    controller.abort()
    await expect(ping).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(world.clock.pendingTimers).toBe(before)
    await world.end()
  })

  test('a start, even at its last step', async () => {
    const world = new World()
    const controller = new AbortController()
    const inner = world.network.transport({ address: '10.0.0.1:1' })
    const transport = {
      ...inner,
      listen: async (...args: Parameters<NonNullable<typeof inner.listen>>) => {
        const listener = await inner.listen?.(...args)
        controller.abort()
        return listener
      },
    }
    const server = await world.server({ transports: [transport] })
    await server.stop()
    await expect(server.start({ signal: controller.signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    expect(world.network.listening).toEqual([])
    await world.end()
  })
})

test('a start that fails after listening closes the listeners', async () => {
  const world = new World()
  const server = await world.server({ attributes: { filler: new Uint8Array(160) } }).catch((error) => error)
  expect(server).toBeInstanceOf(EthspanError)
  expect(world.network.listening).toEqual([])
})

describe('stopping', () => {
  test('tells a node in handshake that we quit', async () => {
    const world = new World()
    const server = await world.server()
    const raw = await RawPeer.dial(world, server)
    await world.settle()
    const stop = server.stop()
    await world.clock.advance(1_000)
    await stop
    expect(raw.received).toEqual(['hello node-1', 'disconnect: client quitting'])
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })

  test('waits for the sockets of handshakes under way to be gone', async () => {
    const world = new World()
    const inner = world.network.transport({ address: '10.0.0.1:1' })
    const socketGone = deferred<void>()
    const transport: Transport = {
      ...inner,
      listen: async (accept, context) =>
        inner.listen?.((channel) => {
          const open = channel.open.bind(channel)
          channel.open = (handler) =>
            open({
              data: (chunk) => handler.data(chunk),
              drained: () => handler.drained(),
              closed: () => void socketGone.promise.then(() => handler.closed()),
            })
          accept(channel)
        }, context),
    }
    const server = await world.server({ transports: [transport] })
    const context = { clock: world.clock, log: silentLogger, signal: new AbortController().signal }
    await world.network.transport().dial(server.self, context)
    let stopped = false
    const stop = server.stop().then(() => {
      stopped = true
    })
    await world.settle()
    expect(stopped).toBe(false)
    socketGone.resolve()
    await stop
    expect(server.events).toEqual([])
    await world.end()
  })

  test('removing a peer that is being dialed ends the dial', async () => {
    const world = new World()
    const server = await world.server()
    const silent = await world.server()
    world.network.blackhole('10.0.0.2:30303')
    server.addPeer(silent.self)
    await world.settle()
    await server.removePeer(silent.self)
    world.network.blackhole('10.0.0.2:30303', false)
    await world.clock.advance(60_000)
    expect(server.peerCount).toBe(0)
    expect(server.events).toEqual([])
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })
})
