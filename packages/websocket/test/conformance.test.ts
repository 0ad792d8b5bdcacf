import type { Channel } from '@ethspan/core'
import { channelConformance } from '@ethspan/core/testing'
import { webSocket } from '@ethspan/websocket'
import { webSocketListener } from '@ethspan/websocket/listener'
import { describe, expect, test } from 'vitest'
import { context, nodeAt } from './support.js'

/** What is under way on loopback arrives within a few turns of the event loop. */
const turns = async () => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
}

channelConformance({
  name: 'ws in Node',
  settle: turns,
  api: { describe, test, expect },
  async connect() {
    let accept: (channel: Channel) => void = () => {}
    const accepted = new Promise<Channel>((resolve) => {
      accept = resolve
    })
    const listening = await webSocketListener({ port: 0 }).listen?.(accept, context)
    if (listening === undefined) throw new Error('the listener did not listen')
    const node = nodeAt(listening.addresses[0]?.address ?? '')
    const dialer = await webSocket().dial(node, { ...context, signal: new AbortController().signal })
    return { dialer, listener: await accepted, close: () => listening.close() }
  },
})
