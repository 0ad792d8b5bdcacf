import { createServer, request, type Server } from 'node:http'
import { connect } from 'node:net'
import type { Channel, EthspanError, Listener } from '@ethspan/core'
import { SimClock } from '@ethspan/core/testing'
import { webSocket } from '@ethspan/websocket'
import { type WebSocketListenerOptions, webSocketListener } from '@ethspan/websocket/listener'
import { afterEach, describe, expect, test } from 'vitest'
import WebSocket from 'ws'
import { context, nodeAt, watch } from '../support.js'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

interface Started {
  readonly listener: Listener
  readonly url: string
  readonly http: string
  readonly clock: SimClock
  /** Accepted channels, in order. */
  readonly accepted: Channel[]
  /** The next one that is accepted. */
  next(): Promise<Channel>
}

const start = async (options: WebSocketListenerOptions = {}): Promise<Started> => {
  const clock = new SimClock()
  const accepted: Channel[] = []
  const waiting: ((channel: Channel) => void)[] = []
  const listener = await webSocketListener(options.server ? options : { port: 0, ...options }).listen?.(
    (channel) => {
      accepted.push(channel)
      waiting.shift()?.(channel)
    },
    { ...context, clock },
  )
  if (listener === undefined) throw new Error('it did not listen')
  cleanups.push(async () => {
    await listener.close()
    for (const channel of accepted) channel.destroy()
  })
  const url = listener.addresses[0]?.address ?? ''
  const next = () => new Promise<Channel>((resolve) => waiting.push(resolve))
  return { listener, url, http: url.replace(/^ws/, 'http'), clock, accepted, next }
}

const dial = async (url: string): Promise<Channel> => {
  const channel = await webSocket().dial(nodeAt(url), { ...context, signal: new AbortController().signal })
  cleanups.push(() => channel.destroy())
  return channel
}

const errorOf = async (promise: Promise<unknown>): Promise<EthspanError> => {
  try {
    await promise
  } catch (error) {
    return error as EthspanError
  }
  throw new Error('it did not fail')
}

/** Asks for an upgrade with these headers: the status, and the body and headers of a refusal. */
const upgrade = (http: string, headers: Record<string, string> = {}) =>
  new Promise<{ status: number; text: string; headers: Record<string, unknown> }>((resolve, reject) => {
    const asked = request(http, {
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      },
    })
    asked.on('upgrade', (response, socket) => {
      cleanups.push(() => socket.destroy())
      resolve({ status: 101, text: '', headers: response.headers })
    })
    asked.on('response', (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }))
    })
    asked.on('error', reject)
    asked.end()
  })

const listening = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanups.push(() => new Promise((resolve) => server.close(resolve)))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

describe('refusals have a status and one line of text', () => {
  test('403 for a page of another host', async () => {
    const { http } = await start()
    const { status, text } = await upgrade(http, { Origin: 'http://evil.example' })
    expect([status, text]).toEqual([403, 'Pages from "http://evil.example" may not connect here.\n'])
    expect((await upgrade(http, { Origin: 'null' })).status).toBe(403)
  })

  test('a page of the same host, and a client that is no browser, are let in', async () => {
    const { http } = await start()
    expect((await upgrade(http, { Origin: new URL(http).origin })).status).toBe(101)
    expect((await upgrade(http)).status).toBe(101)
    const other = new URL(http)
    other.port = `${Number(other.port) === 1 ? 2 : 1}`
    expect((await upgrade(http, { Origin: other.origin })).status).toBe(403)
  })

  test('403 for a page whose name was pointed at this machine by somebody else', async () => {
    const { http } = await start()
    const { port } = new URL(http)
    const from = (name: string) => upgrade(http, { Host: `${name}:${port}`, Origin: `http://${name}:${port}` })
    expect((await from('evil.example')).status).toBe(403)
    expect((await from('localhost')).status).toBe(101)
  })

  test('a list of origins takes the place of the host', async () => {
    const { http } = await start({ origins: ['https://example.org'] })
    expect((await upgrade(http, { Origin: 'https://example.org' })).status).toBe(101)
    expect((await upgrade(http, { Origin: new URL(http).origin })).status).toBe(403)
    expect((await upgrade(http, { Origin: 'https://example.org.evil.example' })).status).toBe(403)
    const all = await start({ origins: ['*'] })
    expect((await upgrade(all.http, { Origin: 'https://anything.example' })).status).toBe(101)
  })

  test('the external URL’s host counts as the same', async () => {
    const server = createServer()
    const port = await listening(server)
    const { listener } = await start({ server, externalUrl: 'wss://node.example.org/p2p' })
    expect(listener.addresses[0]?.endpoint).toEqual({ ws: 'wss://node.example.org/p2p' })
    const http = `http://127.0.0.1:${port}/p2p`
    expect((await upgrade(http, { Origin: 'https://node.example.org' })).status).toBe(101)
    expect((await upgrade(http, { Origin: 'https://node.example.org:444' })).status).toBe(403)
  })

  test('404 at another path', async () => {
    const { http } = await start()
    const { status, text } = await upgrade(new URL('/other', http).href)
    expect([status, text]).toEqual([404, 'There is no WebSocket here.\n'])
    expect((await fetch(new URL('/other', http))).status).toBe(404)
  })

  test('426 for a plain request, and for another version', async () => {
    const { http } = await start()
    const plain = await fetch(http)
    expect([plain.status, plain.headers.get('upgrade')]).toEqual([426, 'websocket'])
    expect(await plain.text()).toBe('This is a WebSocket: connect with one.\n')
    const old = await upgrade(http, { 'Sec-WebSocket-Version': '8' })
    expect([old.status, old.headers['sec-websocket-version']]).toEqual([426, '13'])
  })

  test('429 with Retry-After for an address that comes too often', async () => {
    const { http, clock } = await start({ rate: { capacity: 2, refillPerSecond: 0.1, lan: true } })
    expect((await upgrade(http)).status).toBe(101)
    expect((await upgrade(http)).status).toBe(101)
    const { status, text, headers } = await upgrade(http)
    expect([status, headers['retry-after']]).toEqual([429, '10'])
    expect(text).toMatch(/^Too many connections from your address; try again in 10 s\.\n$/)
    await clock.advance(10_000)
    expect((await upgrade(http)).status).toBe(101)
  })

  test('a LAN is not throttled by default', async () => {
    const { http } = await start({ rate: { capacity: 1, refillPerSecond: 0 } })
    expect((await upgrade(http)).status).toBe(101)
    expect((await upgrade(http)).status).toBe(101)
  })

  test('503 when full, until somebody leaves', async () => {
    const { url, http, next } = await start({ maxConnections: 1 })
    const accepted = next()
    const { closed } = watch(await dial(url))
    const first = await accepted
    const full = await upgrade(http)
    expect([full.status, full.headers['retry-after']]).toEqual([503, '30'])
    const gone = watch(first).closed
    first.end()
    await Promise.all([closed, gone])
    expect((await upgrade(http)).status).toBe(101)
  })

  test('403 outside of the allowed networks', async () => {
    const { http } = await start({ netRestrict: '10.0.0.0/8' })
    expect((await upgrade(http)).status).toBe(403)
    const own = await start({ netRestrict: '10.0.0.0/8,127.0.0.0/8' })
    expect((await upgrade(own.http)).status).toBe(101)
  })

  test('400 for what is no WebSocket handshake', async () => {
    const { http } = await start()
    expect((await upgrade(http, { 'Sec-WebSocket-Key': 'short' })).status).toBe(400)
    expect((await upgrade(http, { Upgrade: 'h2c' })).status).toBe(400)
  })

  test('the dialer’s error has the status and the text', async () => {
    const { url } = await start({ netRestrict: '10.0.0.0/8' })
    const error = await errorOf(dial(url))
    expect(error.code).toBe('ERR_DIAL')
    expect(error.message).toBe(`${url} refused the connection: 403 Your address may not connect here.`)
    expect(error.fields).toMatchObject({ status: 403 })
  })
})

describe('addresses', () => {
  test('the address behind a proxy is the last hop’s word, and only if the proxy is trusted', async () => {
    const forwarded = { 'X-Forwarded-For': '203.0.113.1, 198.51.100.7' }
    const addressOf = async (options: WebSocketListenerOptions, headers: Record<string, string>) => {
      const { http, accepted } = await start(options)
      await upgrade(http, headers)
      return accepted[0]?.remoteAddress.replace(/:\d+$/, '')
    }
    expect(await addressOf({ trustProxy: true }, forwarded)).toBe('198.51.100.7')
    expect(await addressOf({}, forwarded)).toBe('127.0.0.1')
    expect(await addressOf({ trustProxy: true }, {})).toBe('127.0.0.1')
    expect(await addressOf({ trustProxy: true }, { 'X-Forwarded-For': 'nonsense' })).toBe('127.0.0.1')
  })

  test('the same origin behind a proxy is that of the forwarded host', async () => {
    const headers = { 'X-Forwarded-Host': 'node.example.org', Origin: 'https://node.example.org' }
    const trusting = await start({ trustProxy: true })
    expect((await upgrade(trusting.http, headers)).status).toBe(101)
    const chain = { ...headers, 'X-Forwarded-Host': 'other.example.org, node.example.org' }
    expect((await upgrade(trusting.http, chain)).status).toBe(101)
    const wary = await start()
    expect((await upgrade(wary.http, headers)).status).toBe(403)
  })

  test('what is listened on is told as a URL that can be dialed', async () => {
    const { listener, url } = await start({ host: '0.0.0.0', path: '/some/where' })
    expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+\/some\/where$/)
    expect(listener.addresses).toEqual([{ transport: 'ws', address: url, endpoint: { ws: url } }])
    expect((await dial(url)).remoteAddress).toBe(url)
  })

  test('a port that is taken gives ERR_LISTEN in one line', async () => {
    const { url } = await start()
    const port = Number(new URL(url).port)
    const error = await errorOf(start({ port }))
    expect(error.code).toBe('ERR_LISTEN')
    expect(error.message).toBe(`can't listen for WebSockets on 127.0.0.1:${port}: another program listens there`)
  })
})

test('no compression is agreed on, whatever the client offers', async () => {
  const { http } = await start()
  const answer = await upgrade(http, { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' })
  expect([answer.status, answer.headers['sec-websocket-extensions']]).toEqual([101, undefined])
})

test('a text message ends the connection with 1003', async () => {
  const { url, next } = await start()
  const accepted = next()
  const ws = new WebSocket(url, { perMessageDeflate: false })
  const code = new Promise((resolve) => ws.on('close', resolve))
  ws.on('open', () => ws.send('hello'))
  const { closed } = watch(await accepted)
  expect(await closed).toMatchObject({ code: 'ERR_PROTOCOL' })
  expect(await code).toBe(1003)
})

test('a message longer than allowed ends the connection with 1009', async () => {
  const { url, next } = await start({ maxPayload: 1000 })
  const accepted = next()
  const ws = new WebSocket(url, { perMessageDeflate: false })
  const code = new Promise((resolve) => ws.on('close', resolve))
  ws.on('open', () => ws.send(new Uint8Array(1001)))
  const { closed } = watch(await accepted)
  expect(await closed).toMatchObject({ code: 'ERR_CLOSED' })
  expect(await code).toBe(1009)
})

test('a connection that breaks off is no goodbye', async () => {
  const { url, next } = await start()
  const accepted = next()
  const ws = new WebSocket(url)
  ws.on('open', () => ws.terminate())
  const { closed } = watch(await accepted)
  expect(await closed).toMatchObject({ code: 'ERR_CLOSED', fields: { code: 1006 } })
})

test('an abort ends the dial, before it and in the middle', async () => {
  // A server that takes the connection and never answers.
  const server = createServer()
  server.on('upgrade', (_request, socket) => cleanups.push(() => socket.destroy()))
  const port = await listening(server)
  const node = nodeAt(`ws://127.0.0.1:${port}/p2p`)
  const controller = new AbortController()
  const upgraded = new Promise((resolve) => server.once('upgrade', resolve))
  const dialing = errorOf(webSocket().dial(node, { ...context, signal: controller.signal }))
  await upgraded
  controller.abort()
  expect((await dialing).code).toBe('ERR_ABORTED')
  expect((await errorOf(webSocket().dial(node, { ...context, signal: AbortSignal.abort() }))).code).toBe('ERR_ABORTED')
})

test('a dial that nobody answers says why', async () => {
  const { url, listener } = await start()
  await listener.close()
  const error = await errorOf(dial(url))
  expect([error.code, error.fields.code]).toEqual(['ERR_DIAL', 'ECONNREFUSED'])
})

test('after close nobody gets in, the port is free, and channels live on', async () => {
  const { url, next, listener } = await start()
  const accepted = next()
  const dialer = watch(await dial(url))
  const channel = await accepted
  const { closed } = watch(channel)
  await listener.close()
  expect((await errorOf(dial(url))).code).toBe('ERR_DIAL')
  const again = await start({ port: Number(new URL(url).port) })
  expect(again.url).toBe(url)
  channel.write([Uint8Array.of(1, 2, 3)])
  expect([...(await dialer.receive(3))]).toEqual([1, 2, 3])
  channel.end()
  expect(await closed).toBe(undefined)
})

describe('on a server that is there already', () => {
  test('other routes and other upgrades stay its own', async () => {
    const server = createServer((_request, response) => response.end('the page'))
    const port = await listening(server)
    server.on('upgrade', (request, socket) => {
      if (request.url === '/chat') socket.end('HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n')
    })
    const { url, listener } = await start({ server })
    expect(url).toBe(`ws://127.0.0.1:${port}/p2p`)
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('the page')
    expect((await upgrade(`http://127.0.0.1:${port}/chat`)).status).toBe(418)
    expect((await dial(url)).remoteAddress).toBe(url)
    await listener.close()
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('the page')
    expect(server.listenerCount('upgrade')).toBe(1)
  })

  test('an upgrade that nobody else would answer gets 404', async () => {
    const server = createServer()
    const port = await listening(server)
    await start({ server })
    expect((await upgrade(`http://127.0.0.1:${port}/chat`)).status).toBe(404)
  })

  test('it must listen first, unless its URL is given', async () => {
    const error = await errorOf(start({ server: createServer() }))
    expect([error.code, error.hint]).toEqual(['ERR_LISTEN', expect.stringContaining('Call its listen')])
    const { url } = await start({ server: createServer(), externalUrl: 'wss://example.org/p2p' })
    expect(url).toBe('wss://example.org/p2p')
  })
})

test('an accept that throws ends that connection and nothing else', async () => {
  let calls = 0
  const listener = await webSocketListener({ port: 0 }).listen?.((channel) => {
    calls++
    if (calls === 1) throw new Error('no')
    cleanups.push(() => channel.destroy())
  }, context)
  if (listener === undefined) throw new Error('it did not listen')
  cleanups.push(() => listener.close())
  const url = listener.addresses[0]?.address ?? ''
  const { closed } = watch(await dial(url))
  expect(await closed).toMatchObject({ code: 'ERR_CLOSED' })
  await dial(url)
  expect(calls).toBe(2)
})

test('a client that resets while it is refused does no harm', async () => {
  const { http, url } = await start()
  const { port } = new URL(http)
  const socket = connect(Number(port), '127.0.0.1')
  await new Promise((resolve) => socket.once('connect', resolve))
  socket.write('GET /no HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  socket.resetAndDestroy()
  await dial(url)
})

test('the listener does not dial', async () => {
  const transport = webSocketListener()
  expect(transport.check(nodeAt('ws://127.0.0.1:1/'))).toEqual({ ok: false, why: 'This transport listens only.' })
  const dialing = transport.dial(nodeAt('ws://127.0.0.1:1/'), { ...context, signal: new AbortController().signal })
  expect((await errorOf(dialing)).code).toBe('ERR_DIAL')
})

test.each<[string, WebSocketListenerOptions]>([
  ['a path without a slash', { path: 'p2p' }],
  ['a port out of range', { port: 65_536 }],
  ['a port for a server that is there', { port: 1, server: createServer() }],
  ['an external URL that is none', { externalUrl: 'https://example.org/p2p' }],
  ['no connections', { maxConnections: 0 }],
  ['a network that is none', { netRestrict: '10.0.0.0/99' }],
  ['a bucket that holds nothing', { rate: { capacity: 0, refillPerSecond: 1 } }],
])('%s is refused at once', (_name, options) => {
  expect(() => webSocketListener(options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
})
