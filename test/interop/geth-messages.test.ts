import { randomFillSync } from 'node:crypto'
import type { MsgReadWriter } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { EchoCode, sha256, TestServer } from '../support/test-server.js'
import { type Fill, type GethEvent, GethProcess } from './geth-process.js'

/** What a frame can hold beside a code of one byte. */
const LARGEST_PLAIN = 2 ** 24 - 2
/**
 * The most random bytes that geth's rlpx takes with snappy on: the compressed form is longer by the length (4 bytes) and
 * a tag of 3 bytes for each 64 KiB.
 */
const LARGEST_RANDOM = 2 ** 24 - 774

const SIZES = [0, 1, 14, 15, 16, 17, 31, 32, 255, 256, 1_000, 65_535, 65_536, 65_537, 1_048_576]

function payload(size: number, fill: Fill): Uint8Array {
  const bytes = new Uint8Array(size)
  if (fill === 'random') randomFillSync(bytes)
  if (fill === 'text') for (let i = 0; i < size; i++) bytes[i] = (i % 61) ^ (i >> 12)
  return bytes
}

interface Both {
  readonly geth: GethProcess
  readonly ours: TestServer
  readonly gethId: string
  readonly rw: MsgReadWriter
}

async function connected(): Promise<Both> {
  const geth = await GethProcess.server()
  const ours = await TestServer.start()
  ours.server.addPeer(geth.node.enode)
  await geth.event('run', { peer: ours.id })
  return { geth, ours, gethId: geth.node.peer, rw: await ours.rw(geth.node.peer) }
}

describe('with snappy', () => {
  test.each<[Fill, number]>([
    ['random', LARGEST_RANDOM],
    ['zeros', LARGEST_PLAIN],
    ['text', LARGEST_PLAIN],
  ])('messages of %s from 0 to %i bytes reach geth unchanged and come back', async (fill, largest) => {
    const { geth, ours, gethId, rw } = await connected()
    for (const size of [...SIZES, largest]) {
      const bytes = payload(size, fill)
      const sum = sha256(bytes)
      await rw.write(EchoCode.Echo, bytes)
      expect(await geth.event('msg', { code: EchoCode.Echo })).toMatchObject({ size, sha256: sum })
      expect(await ours.got(gethId, EchoCode.Echoed)).toMatchObject({ size, sha256: sum })
    }
  })

  test.each<[Fill, number]>([
    ['random', LARGEST_RANDOM],
    ['zeros', LARGEST_PLAIN],
    ['text', LARGEST_PLAIN],
  ])("geth's messages of %s from 0 to %i bytes reach us unchanged and go back", async (fill, largest) => {
    const { geth, ours, gethId } = await connected()
    for (const size of [...SIZES, largest]) {
      const { sha256: sum } = await geth.send(ours.id, EchoCode.Echo, size, fill)
      expect(await ours.got(gethId, EchoCode.Echo)).toMatchObject({ size, sha256: sum })
      expect(await geth.event('msg', { code: EchoCode.Echoed })).toMatchObject({ size, sha256: sum })
    }
  })

  test.each([
    ['is one byte over the limit', payload(LARGEST_PLAIN + 1, 'zeros')],
    ['does not compress enough for a frame', payload(LARGEST_PLAIN, 'random')],
  ])('a message that %s is refused before it is sent, and the peer stays', async (_, tooBig) => {
    const { ours, gethId, rw } = await connected()
    await expect(rw.write(EchoCode.Echo, tooBig)).rejects.toMatchObject({ code: 'ERR_MESSAGE_TOO_BIG' })
    await rw.write(EchoCode.Echo, Uint8Array.of(0xc0))
    expect(await ours.got(gethId, EchoCode.Echoed)).toMatchObject({ size: 1 })
    expect(ours.server.peerCount).toBe(1)
  })

  test('a burst of messages in both directions at once keeps its order and loses nothing', async () => {
    const { geth, ours, gethId, rw } = await connected()
    const flood = geth.flood(ours.id, EchoCode.Count, 3_000, 5_000)
    const bytes = payload(3_000, 'random')
    await Promise.all(Array.from({ length: 5_000 }, () => rw.write(EchoCode.Count, bytes)))
    await flood
    await rw.write(EchoCode.Counted, Uint8Array.of(0xc0))
    await geth.send(ours.id, EchoCode.Counted, 1, 'zeros')
    // [5000, 15000000] in RLP
    const totals = sha256(Uint8Array.of(0xc7, 0x82, 0x13, 0x88, 0x83, 0xe4, 0xe1, 0xc0))
    expect(await ours.got(gethId, EchoCode.Totals, 30_000)).toMatchObject({ sha256: totals })
    expect(await geth.event('msg', { code: EchoCode.Totals }, 30_000)).toMatchObject({ sha256: totals })
  })
})

describe('without snappy, as with a peer whose Hello says version 4', () => {
  /** Base code 16 is the echo protocol's 0. */
  const WIRE_ECHO = 16

  async function rawRoundTrips(ours: TestServer, geth: GethProcess, { conn, snappy }: GethEvent): Promise<void> {
    expect(snappy).toBe(false)
    const [{ id }] = ours.server.peers
    const rw = await ours.rw(id)
    for (const size of [...SIZES, LARGEST_PLAIN]) {
      const { sha256: theirs } = await geth.rawSend(conn, WIRE_ECHO, { size })
      expect(await ours.got(id, EchoCode.Echo)).toMatchObject({ size, sha256: theirs })
      expect(await geth.event('rawmsg', { conn, code: 17 })).toMatchObject({ size, wire: size, sha256: theirs })

      const bytes = payload(size, 'random')
      await rw.write(EchoCode.Echo, bytes)
      expect(await geth.event('rawmsg', { conn, code: 16 })).toMatchObject({ wire: size, sha256: sha256(bytes) })
      expect(await ours.got(id, EchoCode.Echoed)).toMatchObject({ size, sha256: sha256(bytes) })
    }
  }

  test(`messages from 0 to ${LARGEST_PLAIN} bytes pass both ways when geth's rlpx dials`, async () => {
    const ours = await TestServer.start()
    const geth = new GethProcess()
    const conn = await geth.rawDial(ours.enode, { helloVersion: 4 })
    await ours.running.take('echo running', () => true).then((running) => ours.running.push(running))
    await rawRoundTrips(ours, geth, conn)
  })

  test(`messages from 0 to ${LARGEST_PLAIN} bytes pass both ways when we dial`, async () => {
    const ours = await TestServer.start()
    const geth = new GethProcess()
    const node = await geth.rawListen({ helloVersion: 4 })
    ours.server.addPeer(node.enode)
    await ours.peerAdded(node.peer)
    await rawRoundTrips(ours, geth, await geth.event('rawconn'))
  })

  test('a Hello of a later version means snappy too', async () => {
    const ours = await TestServer.start()
    const geth = new GethProcess()
    const conn = await geth.rawDial(ours.enode, { helloVersion: 6 })
    expect(conn.snappy).toBe(true)
    await geth.rawSend(conn.conn, WIRE_ECHO, { size: 1_000, fill: 'zeros' })
    expect(await geth.event('rawmsg', { conn: conn.conn, code: 17 })).toMatchObject({ size: 1_000 })
  })
})
