// Global setup of the tests inside Chromium: real listeners in Node for the pages to dial. URLs are passed by `inject`.

import type { AddressInfo } from 'node:net'
import { type Channel, generatePrivateKey, Server, silentLogger, systemClock } from '@ethspan/core'
import { webSocketListener } from '@ethspan/websocket/listener'
import type { TestProject } from 'vitest/node'
import { WebSocketServer } from 'ws'
import { echoProtocol } from './support.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Sends back every byte. */
    wsEcho: string
    /** Joins two connections: the first waits for the second. */
    wsRelay: string
    /** Not ours: sends the text "hello" to whoever connects. */
    wsText: string
    /** Not ours: breaks off, without a close frame, at the first message. */
    wsAbrupt: string
    /** Address of a whole node that runs the protocol `echo`. */
    wsNode: string
    /** A listener that lets no page in. */
    wsForbidden: string
  }
}

/** Hands what arrives at `from` to `to`, end and back pressure included. */
const pipe = (from: Channel, to: Channel) => ({
  data(chunk: Uint8Array) {
    if (!to.write([chunk])) from.pause()
  },
  drained: () => to.resume(),
  closed: (error?: Error) => (error === undefined ? to.end() : to.destroy(error)),
})

const join = (a: Channel, b: Channel) => {
  a.open(pipe(a, b))
  b.open(pipe(b, a))
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const context = { clock: systemClock, log: silentLogger }
  const listen = async (origins: readonly string[], accept: (channel: Channel) => void) => {
    const listener = await webSocketListener({ port: 0, origins }).listen?.(accept, context)
    if (listener === undefined) throw new Error('the listener did not listen')
    return listener
  }
  const open = new Set<Channel>()
  const echo = await listen(['*'], (channel) => {
    open.add(channel)
    channel.open({
      data(chunk) {
        if (!channel.write([chunk])) channel.pause()
      },
      drained: () => channel.resume(),
      closed: () => open.delete(channel),
    })
  })
  let waiting: Channel | undefined
  const relay = await listen(['*'], (channel) => {
    if (waiting === undefined) {
      waiting = channel
      return
    }
    join(waiting, channel)
    waiting = undefined
  })
  const node = new Server({
    privateKey: generatePrivateKey(),
    transports: [webSocketListener({ port: 0, origins: ['*'] })],
    protocols: [echoProtocol],
  })
  await node.start()
  const forbidden = await listen([], () => {})
  const foreign = async (greet: (ws: import('ws').WebSocket) => void) => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
    server.on('connection', greet)
    await new Promise((resolve) => server.once('listening', resolve))
    return server
  }
  const text = await foreign((ws) => ws.send('hello'))
  const abrupt = await foreign((ws) => ws.on('message', () => ws.terminate()))
  const urlOf = (server: WebSocketServer) => `ws://127.0.0.1:${(server.address() as AddressInfo).port}/p2p`

  project.provide('wsEcho', echo.addresses[0]?.address ?? '')
  project.provide('wsRelay', relay.addresses[0]?.address ?? '')
  project.provide('wsNode', node.self.toString())
  project.provide('wsForbidden', forbidden.addresses[0]?.address ?? '')
  project.provide('wsText', urlOf(text))
  project.provide('wsAbrupt', urlOf(abrupt))
  return async () => {
    await Promise.all([node.stop(), echo.close(), relay.close(), forbidden.close()])
    for (const channel of open) channel.destroy()
    for (const server of [text, abrupt]) {
      for (const client of server.clients) client.terminate()
      server.close()
    }
  }
}
