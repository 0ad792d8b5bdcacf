import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { EchoCode, TestServer } from '../support/test-server.js'
import { type GethNode, GethProcess } from './geth-process.js'

const MB = 1e6

/** Milliseconds that `work` takes. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now()
  await work()
  return performance.now() - begin
}

const rate = (count: number, bytes: number, ms: number) =>
  `${Math.round(count / (ms / 1000))} messages/s, ${((bytes * count) / MB / (ms / 1000)).toFixed(1)} MB/s`

/** The same work between two processes of geth: what this machine can do just now. */
async function gethToGeth(geth: GethProcess & { readonly node: GethNode }, size: number, count: number) {
  const sink = await GethProcess.server()
  await geth.addPeer(sink.node.enode)
  await sink.event('run', { peer: geth.node.peer })
  await geth.event('run', { peer: sink.node.peer })
  return timed(async () => {
    await geth.flood(sink.node.peer, EchoCode.Count, size, count)
    await geth.send(sink.node.peer, EchoCode.Counted, 1, 'zeros')
    await geth.event('msg', { peer: sink.node.peer, code: EchoCode.Totals }, 60_000)
  })
}

// Prints figures, and fails only where messages are lost: a machine's speed is no property of the code.
test.each([
  [64, 40_000],
  [1_024, 30_000],
  [16_384, 4_000],
  [65_536, 1_000],
  [1_048_576, 60],
])('random payloads of %i bytes through one peer', async (size, count) => {
  const geth = await GethProcess.server()
  const ours = await TestServer.start()
  ours.server.addPeer(geth.node.enode)
  await geth.event('run', { peer: ours.id })
  const rw = await ours.rw(geth.node.peer)
  const bytes = randomBytes(size)

  const out = await timed(async () => {
    for (let i = 0; i < count; i++) await rw.write(EchoCode.Count, bytes)
    await rw.write(EchoCode.Counted, Uint8Array.of(0xc0))
    await ours.got(geth.node.peer, EchoCode.Totals, 60_000)
  })
  const into = await timed(async () => {
    await geth.flood(ours.id, EchoCode.Count, size, count)
    await geth.send(ours.id, EchoCode.Counted, 1, 'zeros')
    await geth.event('msg', { code: EchoCode.Totals }, 60_000)
  })
  const reference = await gethToGeth(geth, size, count)
  console.log(
    [
      `${size} B to geth: ${rate(count, size, out)}`,
      `from geth: ${rate(count, size, into)}`,
      `geth to geth: ${rate(count, size, reference)}`,
    ].join('; '),
  )
  const { messagesIn, messagesOut } = ours.server.peers[0].traffic
  expect(Math.min(messagesIn, messagesOut)).toBeGreaterThan(count)
})

test('round trips of 64 bytes, one at a time', async () => {
  const geth = await GethProcess.server()
  const ours = await TestServer.start()
  ours.server.addPeer(geth.node.enode)
  await geth.event('run', { peer: ours.id })
  const rw = await ours.rw(geth.node.peer)
  const bytes = randomBytes(64)
  const times: number[] = []
  for (let i = 0; i < 2_000; i++) {
    times.push(
      await timed(async () => {
        await rw.write(EchoCode.Echo, bytes)
        await ours.got(geth.node.peer, EchoCode.Echoed)
      }),
    )
  }
  times.sort((a, b) => a - b)
  const us = (part: number) => Math.round(times[Math.floor(times.length * part)] * 1000)
  console.log(`64 B round trip with geth: p50 ${us(0.5)} µs, p99 ${us(0.99)} µs`)
  expect(times.length).toBe(2_000)
})
