import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { generatePrivateKey, type Peer } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { EchoCode, TestServer } from '../support/test-server.js'
import { binary, GethProcess } from './geth-process.js'

/** Whether the other side counts this connection as a peer too: else it ends it instead of answering. */
const holds = (peer: Peer): Promise<boolean> =>
  peer.ping({ timeout: 5_000 }).then(
    () => true,
    () => false,
  )

/** Enough that some rounds cross and each of the two orders is likely to win. */
const CROSSED_ROUNDS = 8

describe('connecting', () => {
  test('we dial geth, and both sides show each other as peers', async () => {
    const geth = await GethProcess.server()
    const ours = await TestServer.start({ name: 'ethspan/interop' })
    ours.server.addPeer(geth.node.enode)

    const { peer } = await ours.peerAdded(geth.node.peer)
    expect(peer).toMatchObject({ name: 'gethpeer/v1.17.10', inbound: false, static: true, transport: 'tcp' })
    expect(peer.caps).toEqual([{ name: 'echo', version: 1 }])
    expect(peer.protocols).toEqual([{ name: 'echo', version: 1 }])
    expect(peer.remoteAddress).toBe(`127.0.0.1:${geth.node.port}`)

    await geth.event('peeradd', { peer: ours.id })
    const [seen, ...others] = await geth.peers()
    expect(others).toEqual([])
    expect(seen).toMatchObject({ id: ours.id, name: 'ethspan/interop', caps: ['echo/1'] })
    expect(seen.network).toMatchObject({ inbound: true, remoteAddress: peer.localAddress })
  })

  test('geth dials us', async () => {
    const geth = await GethProcess.server()
    const ours = await TestServer.start()
    await geth.addPeer(ours.enode)

    const { peer } = await ours.peerAdded(geth.node.peer)
    expect(peer).toMatchObject({ inbound: true, static: false, name: 'gethpeer/v1.17.10' })
    await geth.event('peeradd', { peer: ours.id })
    expect((await geth.peers())[0].network).toMatchObject({ inbound: false, static: true })
    expect(ours.server.peersInfo()[0].network.remoteAddress).toBe(peer.remoteAddress)
  })

  test('the highest shared version of each protocol runs, each with its own codes', async () => {
    const geth = await GethProcess.server({
      caps: [
        { name: 'abc', version: 1, length: 5 },
        { name: 'echo', version: 1, length: 16 },
        { name: 'echo', version: 2, length: 17 },
        { name: 'echo', version: 4, length: 30 },
        { name: 'xyz', version: 7, length: 300 },
      ],
    })
    const ours = await TestServer.start({
      caps: [
        { name: 'xyz', version: 7, length: 300 },
        { name: 'echo', version: 2, length: 17 },
        { name: 'echo', version: 3, length: 21 },
        { name: 'echo', version: 1, length: 16 },
        { name: 'abc', version: 1, length: 5 },
      ],
    })
    ours.server.addPeer(geth.node.enode)
    const { peer } = await ours.peerAdded(geth.node.peer)
    expect(peer.protocols).toEqual([
      { name: 'abc', version: 1 },
      { name: 'echo', version: 2 },
      { name: 'xyz', version: 7 },
    ])
    for (const proto of ['abc', 'echo', 'xyz']) {
      await geth.event('run', { peer: ours.id, proto })
      const rw = await ours.rw(peer.id, proto)
      await rw.write(EchoCode.Echo, Uint8Array.of(0x83, 1, 2, 3))
      await geth.event('msg', { proto, code: EchoCode.Echo, size: 4 })
      expect(await ours.got(peer.id, EchoCode.Echoed)).toMatchObject({ proto, size: 4 })
    }
  })

  test('message codes that take more than one byte arrive', async () => {
    const caps = [{ name: 'wide', version: 1, length: 70_000 }] as const
    const geth = await GethProcess.server({ caps })
    const ours = await TestServer.start({ caps })
    ours.server.addPeer(geth.node.enode)
    const { peer } = await ours.peerAdded(geth.node.peer)
    await geth.event('run', { peer: ours.id })
    const rw = await ours.rw(peer.id, 'wide')
    for (const code of [111, 112, 239, 240, 65_519, 65_520, 69_999]) {
      await rw.write(code, Uint8Array.of(0xc0))
      expect(await geth.event('msg', { code })).toMatchObject({ size: 1 })
      await geth.send(ours.id, code, 1, 'zeros', 'wide')
      expect(await ours.got(peer.id, code)).toMatchObject({ size: 1 })
    }
  })

  test('a ping is answered in both directions', async () => {
    const geth = await GethProcess.server()
    const ours = await TestServer.start()
    ours.server.addPeer(geth.node.enode)
    const { peer } = await ours.peerAdded(geth.node.peer)
    expect(await peer.ping({ timeout: 5_000 })).toBeGreaterThan(0)

    const raw = await geth.rawDial(ours.enode)
    await geth.rawSend(raw.conn, 2, 'c0')
    expect(await geth.event('rawmsg', { conn: raw.conn, code: 3 })).toMatchObject({ hex: 'c0' })
  })

  test("geth's devp2p tool pings us", async () => {
    const ours = await TestServer.start({ name: 'ethspan/pinged' })
    const { stdout } = await promisify(execFile)(binary('ETHSPAN_DEVP2P'), ['rlpx', 'ping', ours.enode])
    expect(stdout).toContain('Version:5')
    expect(stdout).toContain('Name:ethspan/pinged')
    expect(stdout).toContain('Caps:[echo/1]')
    // The tool leaves without a Hello of its own; the server must not mind.
    expect(await ours.handshakeFailed()).toMatchObject({ stage: 'hello', inbound: true })
    expect(ours.server.peerCount).toBe(0)
  })
})

describe('staying connected', () => {
  test('two that dial each other at once end with exactly one peer, after at most one redial', async () => {
    let crossed = 0
    let redialed = 0
    for (let round = 0; round < CROSSED_ROUNDS; round++) {
      const geth = await GethProcess.server()
      const ours = await TestServer.start({ limits: { dialHistoryExpiration: 500 } })
      const told = geth.addPeer(ours.enode)
      ours.server.addPeer(geth.node.enode)
      await told

      while (!(await holds((await ours.peerAdded(geth.node.peer)).peer))) {
        // the connection lost against its twin; the winner, or a redial, comes next
      }
      expect(ours.server.peers.map(({ id }) => id)).toEqual([geth.node.peer])
      expect((await geth.peers()).map(({ id }) => id)).toEqual([ours.id])
      const dials = ours.events.count(({ type }) => type === 'dial')
      expect(dials).toBeLessThanOrEqual(2)
      if (dials === 2) redialed++
      const gethDialed = geth.events.count(({ message }) => message === 'Starting p2p dial') > 0
      const gethAccepted = geth.events.count(({ message }) => message === 'Accepted connection') > 0
      if (gethDialed && gethAccepted) crossed++
      await Promise.all([ours.server.stop(), geth.quit()])
    }
    console.log(`dials at once: ${crossed} of ${CROSSED_ROUNDS} crossed, ${redialed} needed a redial, all settled`)
    expect(crossed).toBeGreaterThan(0)
  })

  test('a static peer is redialed when geth comes back', async () => {
    const key = Buffer.from(generatePrivateKey()).toString('hex')
    const before = await GethProcess.server({ key })
    const ours = await TestServer.start({ limits: { dialHistoryExpiration: 200 } })
    ours.server.addPeer(before.node.enode)
    await ours.peerAdded(before.node.peer)
    await before.quit()
    await ours.peerDropped(before.node.peer)

    const after = await GethProcess.server({ key, listen: `127.0.0.1:${before.node.port}` })
    expect(after.node.enode).toBe(before.node.enode)
    const { peer } = await ours.peerAdded(after.node.peer, 30_000)
    expect(peer.static).toBe(true)
  })

  test('a trusted peer passes the limit of either side', async () => {
    const geth = await GethProcess.server({ maxPeers: 1, noDial: true })
    const first = await TestServer.start()
    first.server.addPeer(geth.node.enode)
    await first.peerAdded(geth.node.peer)

    const second = await TestServer.start({ maxPeers: 1 })
    await geth.addTrustedPeer(second.enode)
    second.server.addPeer(geth.node.enode)
    await second.peerAdded(geth.node.peer)

    const another = await GethProcess.server()
    second.server.addTrustedPeer(another.node.enode)
    await another.addPeer(second.enode)
    const { peer } = await second.peerAdded(another.node.peer)
    expect(peer.trusted).toBe(true)
    expect(second.server.peerCount).toBe(2)
    expect((await geth.peers()).find(({ id }) => id === second.id)?.network.trusted).toBe(true)
  })
})
