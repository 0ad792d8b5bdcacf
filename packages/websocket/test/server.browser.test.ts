// A whole node in a page, joined with one in Node.
import { encodeRlp, generatePrivateKey, type MsgReadWriter, type Peer, Server } from '@ethspan/core'
import { webSocket } from '@ethspan/websocket'
import { expect, inject, test } from 'vitest'
import { echoProtocol } from './support.js'

test('a Server in Chromium and one in Node become peers and speak a protocol', async () => {
  let meet: (met: { peer: Peer; rw: MsgReadWriter }) => void = () => {}
  const met = new Promise<{ peer: Peer; rw: MsgReadWriter }>((resolve) => {
    meet = resolve
  })
  let leave = () => {}
  const left = new Promise<void>((resolve) => {
    leave = resolve
  })
  const server = new Server({
    privateKey: generatePrivateKey(),
    transports: [webSocket()],
    protocols: [
      {
        ...echoProtocol,
        async run(peer, rw) {
          meet({ peer, rw })
          await left
        },
      },
    ],
  })
  await server.start()
  server.addPeer(inject('wsNode'))
  const { peer, rw } = await met
  expect(inject('wsNode')).toContain('enode+ws://')
  expect(peer.inbound).toBe(false)
  for (const size of [0, 1, 1000, 65_536, 3_000_000]) {
    const payload = encodeRlp(new Uint8Array(size).map((_, i) => (i * 31) & 0xff))
    const answer = rw.read()
    await rw.write(0, payload)
    const { code, payload: back } = await answer
    expect(code).toBe(1)
    expect(back.length === payload.length && back.every((byte, i) => byte === payload[i])).toBe(true)
  }
  leave()
  await server.stop()
  expect(server.peerCount).toBe(0)
})
