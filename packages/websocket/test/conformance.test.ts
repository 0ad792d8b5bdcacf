import type { Channel } from '@ethspan/core'
import { channelConformance } from '@ethspan/core/testing'
import { webSocket } from '@ethspan/websocket'
import { webSocketListener } from '@ethspan/websocket/listener'
import { describe, expect, test } from 'vitest'
import { HIGH_WATER_MARK } from '../src/limits.js'
import { context, nodeAt } from './support.js'

/** What is under way on loopback arrives within a few turns of the event loop. */
const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

async function connect() {
  let accept: (channel: Channel) => void = () => {}
  const accepted = new Promise<Channel>((resolve) => {
    accept = resolve
  })
  const listening = await webSocketListener({ port: 0 }).listen?.(accept, context)
  if (listening === undefined) throw new Error('the listener did not listen')
  const node = nodeAt(listening.addresses[0]?.address ?? '')
  const dialer = await webSocket().dial(node, { ...context, signal: new AbortController().signal })
  return { dialer, listener: await accepted, close: () => listening.close() }
}

channelConformance({ name: 'ws in Node', settle: turns, api: { describe, test, expect }, connect })

test('a writer is told to wait before it has held up the event loop, whatever the system would take', async () => {
  const { dialer, listener, close } = await connect()
  for (const channel of [listener, dialer]) {
    let drained = () => {}
    channel.open({ data: () => {}, drained: () => drained(), closed: () => {} })
    const chunk = new Uint8Array(64 * 1024)
    for (let turn = 0; turn < 3; turn++) {
      const nextTurn = new Promise<void>((resolve) => {
        drained = resolve
      })
      let bytes = chunk.length
      while (channel.write([chunk.slice()]) && bytes < 64 * HIGH_WATER_MARK) bytes += chunk.length
      expect(bytes).toBeLessThanOrEqual(HIGH_WATER_MARK + chunk.length)
      await nextTurn
    }
  }
  listener.destroy()
  dialer.destroy()
  await close()
})
