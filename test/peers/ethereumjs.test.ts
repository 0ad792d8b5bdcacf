import { randomBytes } from 'node:crypto'
import { createConnection } from 'node:net'
import { DISCONNECT_REASON, Peer as TheirPeer } from '@ethereumjs/devp2p'
import { DisconnectError, DiscReason, discReasonText, generatePrivateKey, publicKeyOf } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { EchoCode, sha256, TestServer } from '../support/test-server.js'
import { common, EthereumjsPeer } from './ethereumjs-peer.js'

const SIZES = [0, 1, 15, 16, 17, 255, 256, 65_535, 65_536, 65_537, 300_000]
const reasons = Object.values(DiscReason).map((reason) => [discReasonText(reason), reason] as const)

/** One of theirs and one of ours, connected; `dialer` says by whom. */
async function connected(dialer: 'we' | 'they') {
  const theirs = new EthereumjsPeer()
  const ours = await TestServer.start({ name: 'ethspan/with-ethereumjs' })
  if (dialer === 'we') ours.server.addPeer(await theirs.listen())
  else await theirs.connect(ours.enode)
  const { peer } = await ours.running
    .take('echo running', () => true)
    .then((running) => {
      ours.running.push(running)
      return running
    })
  return { theirs, ours, peer, rw: await ours.rw(peer.id), them: await theirs.added() }
}

describe.each(['we', 'they'] as const)('@ethereumjs/devp2p, where %s dial', (dialer) => {
  test('each sees the other as a peer', async () => {
    const { theirs, peer, them } = await connected(dialer)
    expect(peer.inbound).toBe(dialer === 'they')
    expect(peer.enode.toString()).toContain(theirs.publicKey)
    expect(peer.name).toMatch(/^ethereumjs-devp2p\//)
    expect(peer.protocols).toEqual([{ name: 'echo', version: 1 }])
    expect(them.name).toBe('ethspan/with-ethereumjs')
    expect(await peer.ping({ timeout: 5_000 })).toBeGreaterThan(0)
  })

  test.each(['random', 'zeros'])('messages of %s pass compressed in both directions', async (fill) => {
    const { theirs, ours, peer, rw, them } = await connected(dialer)
    for (const size of SIZES) {
      const bytes = fill === 'random' ? randomBytes(size) : new Uint8Array(size)
      const expected = { size, sha256: sha256(bytes) }
      await rw.write(EchoCode.Echo, bytes)
      expect(await theirs.got(EchoCode.Echo)).toMatchObject(expected)
      expect(await ours.got(peer.id, EchoCode.Echoed)).toMatchObject(expected)
      them.send(EchoCode.Echo, bytes)
      expect(await ours.got(peer.id, EchoCode.Echo)).toMatchObject(expected)
      expect(await theirs.got(EchoCode.Echoed)).toMatchObject(expected)
    }
  })

  test.each(reasons)('our %s arrives', async (_, reason) => {
    const { theirs, peer } = await connected(dialer)
    await peer.disconnect(reason)
    expect(await theirs.removed()).toMatchObject({ reason, weAsked: false })
  })

  test.each(reasons)('their %s arrives', async (_, reason) => {
    const { theirs, ours, peer, them } = await connected(dialer)
    them.peer.disconnect(reason as DISCONNECT_REASON)
    expect(await ours.peerDropped(peer.id)).toMatchObject({ reason, side: 'remote' })
    expect(await theirs.removed()).toMatchObject({ reason, weAsked: true })
    expect(ours.server.peerCount).toBe(0)
  })
})

describe('@ethereumjs/devp2p, refused', () => {
  test('we send it away with too many peers', async () => {
    const ours = await TestServer.start({ maxPeers: 1, noDial: true })
    const first = new EthereumjsPeer()
    await first.connect(ours.enode)
    await ours.running.take('echo running', () => true)

    // A bare peer, since the library tells nobody of a Disconnect that comes instead of Hello.
    const [, publicKey, port] = /\/\/(\w+)@.*:(\d+)/.exec(ours.enode) ?? []
    const socket = createConnection({ host: '127.0.0.1', port: Number(port) })
    const privateKey = generatePrivateKey()
    const second = new TheirPeer({
      socket,
      privateKey,
      id: publicKeyOf(privateKey),
      remoteId: Buffer.from(publicKey, 'hex'),
      clientId: Buffer.from('second'),
      capabilities: [first.capability('echo', 1)],
      common,
      port: Number(port),
      timeout: 10_000,
    })
    await new Promise((resolve) => socket.once('close', resolve))
    // biome-ignore lint/complexity/useLiteralKeys: brackets get past `protected`; it is told nowhere else
    expect(second['_disconnectReason']).toBe(DISCONNECT_REASON.TOO_MANY_PEERS)
    expect((await ours.handshakeFailed()).error).toMatchObject({ reason: DiscReason.TooManyPeers, side: 'local' })
  })

  test('it sends us away with too many peers', async () => {
    const theirs = new EthereumjsPeer({ maxPeers: 0 })
    const ours = await TestServer.start()
    ours.server.addPeer(await theirs.listen())
    // It says so after its Hello, when it is a peer for us already.
    const match = ({ type }: Event) => type === 'peerdrop' || type === 'handshakefail'
    const end = await ours.events.take('peerdrop or handshakefail', match)
    expect(end).toMatchObject({ error: { reason: DiscReason.TooManyPeers, side: 'remote' } })
  })

  test('nothing in common makes a useless peer', async () => {
    const ours = await TestServer.start()
    const theirs = new EthereumjsPeer()
    const strangers = new EthereumjsPeer({ capabilities: [theirs.capability('other', 1)] })
    await strangers.connect(ours.enode)
    const { stage, error } = await ours.handshakeFailed()
    expect(stage).toBe('hello')
    expect(error).toBeInstanceOf(DisconnectError)
    expect(error).toMatchObject({ reason: DiscReason.UselessPeer })
  })

  test('neither takes the other for another node', async () => {
    const stranger = Buffer.from(publicKeyOf(generatePrivateKey())).toString('hex')
    const as = (enode: string) => enode.replace(/\/\/\w+@/, `//${stranger}@`)
    const theirs = new EthereumjsPeer()
    // The library keeps a socket open whose handshake failed, so our limit ends it.
    const ours = await TestServer.start({ limits: { encryptionHandshakeTimeout: 300 } })
    ours.server.addPeer(as(await theirs.listen()))
    expect(await ours.handshakeFailed()).toMatchObject({ stage: 'encryption', inbound: false })
    await theirs.connect(as(ours.enode))
    expect(await ours.handshakeFailed()).toMatchObject({ stage: 'encryption', inbound: true })
    expect(ours.server.peerCount).toBe(0)
  })
})
