import { describe, expect, test } from 'vitest'
import {
  createPortableCrypto,
  DisconnectError,
  DiscReason,
  Enode,
  generatePrivateKey,
  publicKeyOf,
} from '../../src/index.js'
import { rlpxPing } from '../../src/server/rlpx-ping.js'
import { NOTHING_LEFT, World } from '../support/world.js'

const options = (world: World) => ({
  transports: [world.network.transport()],
  clock: world.clock,
  randomBytes: world.randomBytes(),
  createCrypto: () => createPortableCrypto({ wasm: false }),
})

describe('rlpxPing', () => {
  test('tells what a node says in Hello, and never becomes its peer', async () => {
    const world = new World()
    const server = await world.server({ name: 'somebody/v1' })
    const pinging = rlpxPing(server.self, options(world))
    await world.clock.advance(2_000)
    expect(await pinging).toMatchObject({
      id: server.self.id,
      transport: 'memory',
      remoteAddress: '10.0.0.1:30303',
      hello: { version: 5, name: 'somebody/v1', caps: ['test/1'], listenPort: 30303 },
    })
    expect(server.events.filter((event) => event.startsWith('add'))).toEqual([])
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })

  test('tells why a node does not want to talk', async () => {
    const world = new World()
    const server = await world.server({ maxPeers: 0 })
    const pinging = rlpxPing(server.self.toString(), options(world))
    const failed = expect(pinging).rejects.toEqual(new DisconnectError(DiscReason.TooManyPeers, 'remote'))
    await world.clock.advance(2_000)
    await failed
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })

  test('fails where nobody listens, where another key answers, and where nobody answers', async () => {
    const world = new World()
    const server = await world.server()
    const stranger = new Enode(publicKeyOf(generatePrivateKey(world.randomBytes())), server.self.endpoint)
    const nobody = stranger.withEndpoint({ host: '10.0.0.9', tcpPort: 1, udpPort: 1 })
    const dial = expect(rlpxPing(nobody, options(world))).rejects.toMatchObject({ code: 'ERR_DIAL' })
    const handshake = expect(rlpxPing(stranger, options(world))).rejects.toMatchObject({ code: 'ERR_CLOSED' })
    await world.clock.advance(20_000)
    await Promise.all([dial, handshake])
    const gone = AbortSignal.abort()
    await expect(rlpxPing(server.self, { ...options(world), signal: gone })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    })
    await expect(rlpxPing('enode://12@x:1', options(world))).rejects.toMatchObject({ code: 'ERR_INVALID_ENODE' })
    expect(await world.end()).toEqual(NOTHING_LEFT)
  })
})
