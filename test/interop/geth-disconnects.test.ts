import { DisconnectError, DiscReason, discReasonText, type HandshakeFailEvent } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { TestServer } from '../support/test-server.js'
import { GethProcess } from './geth-process.js'

const reasons = Object.values(DiscReason).map((reason) => [discReasonText(reason), reason] as const)
const OTHER_CAP = { name: 'other', version: 1, length: 4 } as const

async function connected(options: Parameters<typeof TestServer.start>[0] = {}) {
  const geth = await GethProcess.server()
  const ours = await TestServer.start(options)
  ours.server.addPeer(geth.node.enode)
  const { peer } = await ours.peerAdded(geth.node.peer)
  await geth.event('run', { peer: ours.id })
  return { geth, ours, peer }
}

const reasonOf = (event: HandshakeFailEvent) => {
  const { error } = event
  return error instanceof DisconnectError ? { reason: error.reason, side: error.side } : error
}

/** How geth saw the end of a peer: the reason in words, and whether we gave it. */
async function gethDropped(geth: GethProcess, id: string) {
  const { err, req } = await geth.event('log', { message: 'Removing p2p peer', id })
  await geth.event('peerdrop', { peer: id, error: err })
  return { err, req }
}

describe('reasons of connected peers', () => {
  test.each(reasons)("geth's %s arrives", async (_, reason) => {
    const { geth, ours, peer } = await connected()
    await geth.disconnect(ours.id, reason)
    // geth closes without a word on a network error, since the network would not carry it.
    expect(await ours.peerDropped(peer.id)).toMatchObject({ reason, side: 'remote' })
    expect(await gethDropped(geth, ours.id)).toMatchObject({ req: false })
    expect(ours.server.peerCount).toBe(0)
  })

  test.each(reasons)('our %s arrives at geth', async (words, reason) => {
    const { geth, ours, peer } = await connected()
    await peer.disconnect(reason)
    expect(await gethDropped(geth, ours.id)).toEqual({ err: words, req: true })
    expect(await ours.peerDropped(peer.id)).toMatchObject({ reason, side: 'local' })
  })

  test('geth that stops says that it quits', async () => {
    const { geth, ours, peer } = await connected()
    await geth.quit()
    expect(await ours.peerDropped(peer.id)).toMatchObject({ reason: DiscReason.Quitting, side: 'remote' })
  })

  test('we say that we quit when we stop', async () => {
    const { geth, ours } = await connected()
    await ours.server.stop()
    expect(await gethDropped(geth, ours.id)).toEqual({ err: 'client quitting', req: true })
  })

  test('removePeer on either side tells the other that it was asked for', async () => {
    const { geth, ours, peer } = await connected()
    ours.server.removePeer(geth.node.enode)
    expect(await gethDropped(geth, ours.id)).toEqual({ err: 'disconnect requested', req: true })
    await ours.peerDropped(peer.id)

    await geth.addPeer(ours.enode)
    await ours.peerAdded(peer.id)
    await geth.removePeer(ours.enode)
    expect(await ours.peerDropped(peer.id)).toMatchObject({ reason: DiscReason.Requested, side: 'remote' })
  })

  test.each([
    ['fails', 'fail', DiscReason.SubprotocolError],
    ['returns', 'return', DiscReason.Quitting],
  ] as const)('a protocol of geth that %s ends the peer with its reason', async (_, run, reason) => {
    const geth = await GethProcess.server({ caps: [{ name: 'echo', version: 1, length: 16, run }] })
    const ours = await TestServer.start()
    ours.server.addPeer(geth.node.enode)
    await ours.peerAdded(geth.node.peer)
    expect(await ours.peerDropped(geth.node.peer)).toMatchObject({ reason, side: 'remote' })
  })

  test.each([
    ['fails', () => Promise.reject(new Error('a bug')), 'subprotocol error'],
    ['returns', () => Promise.resolve(), 'client quitting'],
  ] as const)('a protocol of ours that %s ends the peer with its reason', async (_, run, words) => {
    const geth = await GethProcess.server()
    const ours = await TestServer.start({ caps: [{ run }] })
    ours.server.addPeer(geth.node.enode)
    expect(await gethDropped(geth, ours.id)).toEqual({ err: words, req: true })
  })

  test.each([true, false])('a reason is read in either form (bare byte: %s), with and without snappy', async (bare) => {
    const ours = await TestServer.start()
    const geth = new GethProcess()
    for (const helloVersion of [4, 5]) {
      const { conn } = await geth.rawDial(ours.enode, { helloVersion })
      const { peer } = await ours.running.take('echo running', () => true)
      await geth.rawDisconnect(conn, DiscReason.UselessPeer, { bare })
      expect(await ours.peerDropped(peer.id)).toMatchObject({ reason: DiscReason.UselessPeer, side: 'remote' })
      await geth.event('rawclose', { conn })
    }
  })

  test('a message of no protocol is a breach of protocol', async () => {
    const ours = await TestServer.start()
    const geth = new GethProcess()
    const { conn } = await geth.rawDial(ours.enode)
    await geth.rawSend(conn, 16 + 16, 'c0')
    expect(await geth.event('rawmsg', { conn, code: 1 })).toMatchObject({ hex: 'c102' })
    await geth.event('rawclose', { conn })
  })
})

describe('reasons of refused connections', () => {
  test('a full geth sends us away with too many peers', async () => {
    const geth = await GethProcess.server({ maxPeers: 1, noDial: true })
    const first = await TestServer.start()
    first.server.addPeer(geth.node.enode)
    await first.peerAdded(geth.node.peer)

    const second = await TestServer.start()
    second.server.addPeer(geth.node.enode)
    const failed = await second.handshakeFailed()
    expect(failed).toMatchObject({ stage: 'hello', inbound: false })
    expect(failed.node?.id).toBe(geth.node.peer)
    expect(reasonOf(failed)).toEqual({ reason: DiscReason.TooManyPeers, side: 'remote' })
  })

  test('when we are full, geth hears too many peers', async () => {
    const ours = await TestServer.start({ maxPeers: 1, noDial: true })
    const first = await GethProcess.server()
    await first.addPeer(ours.enode)
    await ours.peerAdded(first.node.peer)

    const second = await GethProcess.server()
    await second.addPeer(ours.enode)
    expect(await second.event('log', { message: 'Failed p2p handshake' })).toMatchObject({ err: 'too many peers' })
    expect(reasonOf(await ours.handshakeFailed())).toEqual({ reason: DiscReason.TooManyPeers, side: 'local' })
  })

  test('nothing in common makes a useless peer, for both', async () => {
    const geth = await GethProcess.server({ caps: [OTHER_CAP] })
    const ours = await TestServer.start()
    ours.server.addPeer(geth.node.enode)
    expect(reasonOf(await ours.handshakeFailed())).toMatchObject({ reason: DiscReason.UselessPeer })
    expect(await geth.event('log', { message: 'Rejected peer' })).toMatchObject({ err: 'useless peer' })

    const raw = await geth.rawDial(ours.enode, { caps: [OTHER_CAP] })
    expect(await geth.event('rawmsg', { conn: raw.conn, code: 1 })).toMatchObject({ hex: 'c103' })
  })

  test('a second connection of a node that still answers is turned away', async () => {
    const ours = await TestServer.start()
    const geth = new GethProcess()
    const key = '11'.repeat(32)
    const first = await geth.rawDial(ours.enode, { key })
    await ours.running.take('echo running', () => true)
    const second = geth.rawDial(ours.enode, { key })
    // Refused after the keys are known, before or after Hello: the specification leaves it open.
    const told = await second.then(
      async ({ conn }) => (await geth.event('rawmsg', { conn, code: 1 })).hex,
      (error: Error) => /payload (\w+)/.exec(error.message)?.[1],
    )
    expect(told).toBe('c105')
    await geth.rawSend(first.conn, 16, { size: 5 })
    await geth.event('rawmsg', { conn: first.conn, code: 17 })
    expect(ours.server.peerCount).toBe(1)
  })
})

describe('identity', () => {
  const STRANGER = `${'79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'}${'483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8'}`
  const as = (enode: string, key: string) => enode.replace(/\/\/\w+@/, `//${key}@`)

  test('we do not take geth for another node', async () => {
    const geth = await GethProcess.server()
    const ours = await TestServer.start()
    ours.server.addPeer(as(geth.node.enode, STRANGER))
    expect(await ours.handshakeFailed()).toMatchObject({ stage: 'encryption', inbound: false })
    await geth.event('log', { message: 'Failed RLPx handshake' })
    expect(ours.server.peerCount).toBe(0)
  })

  test('geth does not take us for another node', async () => {
    const geth = await GethProcess.server()
    const ours = await TestServer.start()
    await geth.addPeer(as(ours.enode, STRANGER))
    expect(await ours.handshakeFailed()).toMatchObject({ stage: 'encryption', inbound: true })
    await geth.event('log', { message: 'Failed RLPx handshake' })
    expect(await geth.peers()).toEqual([])
  })

  test('who claims another id in Hello than the key proves is refused, dialed or dialing', async () => {
    const ours = await TestServer.start()
    const geth = new GethProcess()
    const { conn } = await geth.rawDial(ours.enode, { helloId: STRANGER })
    expect((await geth.event('rawmsg', { conn, code: 1 })).hex).toBe(`c10${DiscReason.InvalidIdentity}`)
    expect(reasonOf(await ours.handshakeFailed())).toEqual({ reason: DiscReason.InvalidIdentity, side: 'local' })

    const liar = await geth.rawListen({ helloId: STRANGER })
    ours.server.addPeer(liar.enode)
    const failed = await ours.handshakeFailed()
    expect(reasonOf(failed)).toMatchObject({ side: 'local' })
    expect(failed).toMatchObject({ stage: 'hello', inbound: false })
    expect(ours.server.peerCount).toBe(0)
  })
})
