// Inside Chromium, against real listeners in Node (echo-server.setup.ts).
import type { Channel, EthspanError } from '@ethspan/core'
import { channelConformance } from '@ethspan/core/testing'
import { webSocket } from '@ethspan/websocket'
import { describe, expect, inject, test } from 'vitest'
import { openSocket } from '#socket'
import { WebSocketChannel } from '../src/channel.js'
import { context, nodeAt, watch } from './support.js'

const never = new AbortController().signal
const dial = (url: string, signal = never): Promise<Channel> => webSocket().dial(nodeAt(url), { ...context, signal })

const errorOf = async (promise: Promise<unknown>): Promise<EthspanError> => {
  try {
    await promise
  } catch (error) {
    return error as EthspanError
  }
  throw new Error('it did not fail')
}

channelConformance({
  name: 'ws in Chromium',
  // A message channel's tasks are not throttled, and run behind what is under way in this page.
  settle: async () => {
    for (let turn = 0; turn < 20; turn++) {
      await new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel()
        port1.onmessage = resolve
        port2.postMessage(undefined)
      })
    }
  },
  api: { describe, test, expect },
  // Both ends are this page's: it dials twice, and the relay in Node joins the two.
  async connect() {
    const url = inject('wsRelay')
    const dialer = await dial(url)
    const socket = await openSocket(url, { signal: never, maxPayload: 2 ** 20 })
    const listener = new WebSocketChannel(socket, { inbound: true, clock: context.clock, maxPayload: 2 ** 20 })
    return { dialer, listener, close: async () => {} }
  },
})

test('a page’s channel can’t be paused and says so', async () => {
  const channel = await dial(inject('wsEcho'))
  expect(channel.canPause).toBe(false)
  expect(channel.remoteAddress).toBe(inject('wsEcho'))
  channel.destroy()
})

test('16 MiB come back as they were sent', async () => {
  const channel = await dial(inject('wsEcho'))
  let drained = () => {}
  const { receive, closed } = watch(channel, { drained: () => drained() })
  const size = 16 * 1024 * 1024
  const block = crypto.getRandomValues(new Uint8Array(65_536))
  for (let sent = 0; sent < size; sent += block.length) {
    const ready = new Promise<void>((resolve) => {
      drained = resolve
    })
    if (!channel.write([block.slice()])) await ready
  }
  const received = await receive(size)
  expect(received.length).toBe(size)
  for (let at = 0; at < size; at += block.length) {
    if (received.subarray(at, at + block.length).some((byte, i) => byte !== block[i]))
      throw new Error(`differs past ${at}`)
  }
  channel.end()
  expect(await closed).toBe(undefined)
})

test('a text message ends the connection', async () => {
  const { closed } = watch(await dial(inject('wsText')))
  expect(await closed).toMatchObject({ code: 'ERR_PROTOCOL', message: expect.stringContaining('text message') })
})

test('a connection that breaks off is no goodbye', async () => {
  const channel = await dial(inject('wsAbrupt'))
  const { closed } = watch(channel)
  channel.write([new Uint8Array(1)])
  expect(await closed).toMatchObject({ code: 'ERR_CLOSED', fields: { code: 1006 } })
})

test('a refusal and a closed port look the same to a page, and the error says so', async () => {
  const forbidden = await errorOf(dial(inject('wsForbidden')))
  expect(forbidden.code).toBe('ERR_DIAL')
  expect(forbidden.message).toMatch(/the browser gives no reason/)
  expect(forbidden.hint).toMatch(/nothing listens.*origin.*certificate/s)
})

test('an abort ends the dial', async () => {
  const controller = new AbortController()
  const dialing = errorOf(dial(inject('wsEcho'), controller.signal))
  controller.abort()
  expect((await dialing).code).toBe('ERR_ABORTED')
  expect((await errorOf(dial(inject('wsEcho'), AbortSignal.abort()))).code).toBe('ERR_ABORTED')
})
