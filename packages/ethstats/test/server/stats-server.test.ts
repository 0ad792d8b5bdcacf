// Reporters and pages over real WebSockets, on an HTTP server of a port that is free.
import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { chainKey } from '@ethspan/chain'
import { recorder } from '@ethspan/core/testing'
import { Node } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import WebSocket from 'ws'
import { applyMessage, emptySnapshot, type FeedMessage, type StatsSnapshot } from '../../src/feed.js'
import { EthStats } from '../../src/index.js'
import { type AttachOptions, StatsServer, type StatsServerOptions } from '../../src/server/index.js'
import { FakeChain, SECRET } from '../support.js'
import { block } from './support.js'

// Real sockets take as long as the machine lets them.
vi.setConfig({ testTimeout: 20_000 })

async function start(options: Partial<StatsServerOptions> = {}, attach: AttachOptions = {}) {
  const { log, lines } = recorder()
  const stats = new StatsServer({ secrets: [SECRET], log, ...options })
  const http = createServer()
  stats.attach(http, attach)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  onTestFinished(async () => {
    stats.close()
    http.closeAllConnections()
    await new Promise((resolve) => http.close(resolve))
  })
  const { port } = http.address() as AddressInfo
  return { stats, http, lines, host: `127.0.0.1:${port}`, port, node: (id: string) => find(stats.snapshot(), id) }
}

const find = ({ nodes }: StatsSnapshot, id: string) => nodes.find((node) => node.id === id)

const until = <T>(look: () => T | undefined | false): Promise<T> =>
  vi.waitFor(
    () => {
      const value = look()
      if (value === undefined || value === false) throw new Error('it did not come about')
      return value as T
    },
    { timeout: 15_000, interval: 10 },
  )

/** A node of ours that reports; its chain is grown by the test. */
async function reporter(name: string, place: string, secret = SECRET, chain = new FakeChain(50)) {
  const { log, lines } = recorder()
  const node = new Node({ name: 'test', store: memoryStore(), p2p: { transports: [] }, log })
  node.register({ name: 'chain', start: (context) => context.offer(chainKey, chain as never) })
  node.register(new EthStats({ url: `${name}:${secret}@${place}` }))
  onTestFinished(() => node.stop())
  await node.start()
  return { node, chain, lines }
}

/** A WebSocket that says nothing by itself. */
async function plain(url: string, headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(url, { headers })
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  return socket
}

const closed = async (socket: WebSocket): Promise<{ code: number; reason: string }> => {
  const [code, reason] = (await once(socket, 'close')) as [number, Buffer]
  return { code, reason: reason.toString() }
}

/** Asks for an upgrade: the status, and the text of a refusal. */
const upgrade = (host: string, path: string, headers: Record<string, string> = {}) =>
  new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const asked = request(`http://${host}${path}`, {
      headers: {
        Connection: 'Upgrade',
        Upgrade: 'websocket',
        'Sec-WebSocket-Version': '13',
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
        ...headers,
      },
    })
    asked.on('upgrade', (response: IncomingMessage, socket) => {
      onTestFinished(() => void socket.destroy())
      resolve({ status: response.statusCode, text: '' })
    })
    asked.on('response', async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve({ status: response.statusCode, text })
    })
    asked.on('error', reject)
    asked.end()
  })

/** A page's connection, with the picture that it has. */
async function watch(host: string) {
  let picture = emptySnapshot
  const socket = new WebSocket(`ws://${host}/stats/feed`)
  onTestFinished(() => socket.terminate())
  socket.on('message', (data) => {
    picture = applyMessage(picture, JSON.parse(data.toString()) as FeedMessage)
  })
  await once(socket, 'message')
  return { socket, picture: () => picture }
}

describe('a node of ours', () => {
  test('appears with all it reports, and the charts are filled from its chain', async () => {
    const { stats, host, node } = await start()
    const { chain } = await reporter('alice', host)
    await until(() => node('alice')?.peers !== undefined && stats.snapshot().blocks.length === 40)
    const alice = node('alice')!
    expect(alice).toMatchObject({
      client: expect.stringMatching(/^test\/v/),
      network: '1337',
      state: 'online',
      isSyncing: false,
      peers: 0,
      pending: 0,
      gasPrice: 7,
      block: { number: 49 },
    })
    expect(alice.latency).toBeGreaterThanOrEqual(0)
    expect(stats.snapshot().blocks.map(({ number }) => number)).toEqual(Array.from({ length: 40 }, (_, i) => 10 + i))
    chain.grow(3)
    await until(() => node('alice')?.block?.number === 50)
    expect(stats.snapshot().blocks.at(-1)).toMatchObject({ number: 50, transactions: 3, time: 12 })
  })

  test('is shown offline once it stops', async () => {
    const { host, node } = await start()
    const { node: alice } = await reporter('alice', host)
    await until(() => node('alice'))
    await alice.stop()
    await until(() => node('alice')?.state === 'offline')
  })

  test('with a wrong secret is told so, and is not shown', async () => {
    const { host, stats } = await start()
    const { lines } = await reporter('alice', host, 'wrong')
    const why = await until(() => lines.find(({ level }) => level === 'warn')?.fields.why)
    expect(why).toContain('wrong secret')
    expect(stats.snapshot().nodes).toEqual([])
  })

  test('comes back by itself when the server does', async () => {
    const first = await start()
    await reporter('alice', `ws://${first.host}`)
    await until(() => first.node('alice'))
    first.stats.close()
    first.http.closeAllConnections()
    const again = new StatsServer({ secrets: [SECRET] })
    onTestFinished(() => again.close())
    again.attach(first.http)
    await until(() => find(again.snapshot(), 'alice'))
  })
})

describe('a flood', () => {
  const hello = JSON.stringify({ emit: ['hello', { id: 'mallory', info: { net: '1' }, secret: SECRET }] })

  test('of messages is cut off', async () => {
    const { host, node, lines } = await start()
    const socket = await plain(`ws://${host}/api`)
    const end = closed(socket)
    socket.send(hello)
    for (let i = 0; i < 2_000; i++) socket.send(JSON.stringify({ emit: ['pending', { stats: { pending: i } }] }))
    expect(await end).toMatchObject({ code: 1006 })
    expect(node('mallory')?.state).toBe('offline')
    expect(lines.find(({ fields }) => fields.why === 'too many messages')).toBeDefined()
  })

  test('of bytes without a login is cut off long before its message is whole', async () => {
    const { host, stats, port } = await start()
    await upgrade(host, '/api')
    const socket = connect(port, '127.0.0.1')
    onTestFinished(() => void socket.destroy())
    socket.on('error', () => {})
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='
    const head = ['GET /api HTTP/1.1', 'Host: x', 'Upgrade: websocket', 'Connection: Upgrade', key]
    socket.write(`${head.join('\r\n')}\r\nSec-WebSocket-Version: 13\r\n\r\n`)
    await once(socket, 'data')
    // A text frame that claims a MiB, and its first 20 KiB.
    socket.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 1, 2, 3, 4]))
    socket.write(Buffer.alloc(20 * 1024))
    await once(socket, 'close')
    expect(stats.snapshot().nodes).toEqual([])
  })

  test('in one message is cut off', async () => {
    const { host } = await start()
    const socket = await plain(`ws://${host}/api`)
    const end = closed(socket)
    socket.send(hello)
    socket.send('x'.repeat(3 * 1024 * 1024))
    expect((await end).code).toBe(1009)
  })

  test('of connections from one address is refused', async () => {
    const { host } = await start({ limits: { reportersPerAddress: 2, pagesPerAddress: 1 } })
    await plain(`ws://${host}/api`)
    await plain(`ws://${host}/api`)
    expect(await upgrade(host, '/api')).toEqual({ status: 503, text: 'All places are taken; try again later.\n' })
    await watch(host)
    expect((await upgrade(host, '/stats/feed')).status).toBe(503)
  })

  test('of connections from the internet is refused for a while', async () => {
    const { host } = await start({ trustProxy: true, limits: { connections: { capacity: 2, refillPerSecond: 1e-9 } } })
    const from = (address: string) => upgrade(host, '/stats/feed', { 'X-Forwarded-For': address })
    expect((await from('203.0.113.7')).status).toBe(101)
    expect((await from('10.0.0.1, 203.0.113.7')).status).toBe(101)
    expect((await from('203.0.113.7')).status).toBe(429)
    expect((await from('203.0.113.8')).status).toBe(101)
  })
})

describe('a page', () => {
  test('sees nodes come, blocks arrive and nodes leave', async () => {
    const { host, stats } = await start()
    const { picture } = await watch(host)
    expect(picture()).toMatchObject({ nodes: [], blocks: [] })
    const alice = await reporter('alice', host)
    const bob = await reporter('bob', host, SECRET, alice.chain)
    await until(() => picture().nodes.length === 2 && picture().blocks.length === 40)
    alice.chain.grow()
    await until(() => picture().nodes.every((node) => node.block?.number === 50))
    await bob.node.stop()
    await until(() => find(picture(), 'bob')?.state === 'offline')
    expect(picture()).toEqual({ ...stats.snapshot(), at: picture().at })
  })

  test('has nothing to say', async () => {
    const { host } = await start()
    const { socket } = await watch(host)
    socket.send('hello')
    expect(await closed(socket)).toEqual({ code: 1008, reason: 'pages only listen here' })
  })

  test('of another host may not watch, unless it is on the list', async () => {
    const { host, port } = await start()
    const from = (origin: string, at = host) => upgrade(at, '/stats/feed', { Origin: origin })
    expect(await from('http://evil.example')).toEqual({
      status: 403,
      text: 'Pages from "http://evil.example" may not watch here.\n',
    })
    expect((await from('null')).status).toBe(403)
    expect((await from(`http://${host}`)).status).toBe(101)
    const rebound = { Host: `evil.example:${port}`, Origin: `http://evil.example:${port}` }
    expect((await upgrade(host, '/stats/feed', rebound)).status).toBe(403)
    const open = await start({ origins: ['https://app.example'] })
    expect((await from('https://app.example', open.host)).status).toBe(101)
    expect((await from(`http://${open.host}`, open.host)).status).toBe(403)
    const behind = await start({ externalUrl: 'https://stats.example' })
    expect((await from('https://stats.example', behind.host)).status).toBe(101)
  })
})

describe('where pages of other origins may not report', () => {
  const api = async (origin: string, options: Partial<StatsServerOptions> = { foreignReporters: false }) => {
    const { host } = await start(options)
    return (await upgrade(host, '/api', { Origin: origin.replace('<host>', host) })).status
  }

  test('they are refused before they can say a secret', async () => {
    expect(await api('http://evil.example')).toBe(403)
    expect(await api('null')).toBe(403)
  })

  test('nor may a page whose name was pointed at this machine by somebody else', async () => {
    const { host, port } = await start({ foreignReporters: false })
    const rebound = { Host: `evil.example:${port}`, Origin: `http://evil.example:${port}` }
    expect((await upgrade(host, '/api', rebound)).status).toBe(403)
  })

  test('geth may, whatever its origin says, and so may pages that may watch', async () => {
    expect(await api('http://localhost')).toBe(101)
    expect(await api('http://<host>')).toBe(101)
    expect(await api('https://a.example', { foreignReporters: false, origins: ['https://a.example'] })).toBe(101)
  })

  test('is said by whoever starts the server: a secret that is one is enough', async () => {
    expect(await api('http://other.example', {})).toBe(101)
  })
})

describe('an HTTP server that is shared', () => {
  test('leaves upgrades of other paths to others, and refuses what is nobody’s', async () => {
    const { host, http } = await start({}, { others: ['/p2p'] })
    http.on('upgrade', ({ url }, socket) => {
      if (url === '/p2p') socket.end('HTTP/1.1 418 teapot\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
    })
    expect((await upgrade(host, '/p2p')).status).toBe(418)
    expect(await upgrade(host, '/elsewhere')).toEqual({ status: 404, text: 'There is no WebSocket here.\n' })
    expect((await upgrade(host, '/api?x=1')).status).toBe(101)
  })

  test('outlives who asks for a path that is nobody’s and breaks off', async () => {
    const { host, port } = await start()
    for (let i = 0; i < 100; i++) {
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      await once(socket, 'connect')
      socket.write('GET /elsewhere HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
      socket.resetAndDestroy()
    }
    expect((await upgrade(host, '/elsewhere')).status).toBe(404)
  })

  test('that nobody else uses refuses other paths by itself', async () => {
    const { host } = await start()
    expect((await upgrade(host, '/elsewhere')).status).toBe(404)
  })

  test('gets nothing from a server that was closed', async () => {
    const { host, stats, http } = await start()
    const [page, node] = [(await watch(host)).socket, await plain(`ws://${host}/api`)]
    const ends = Promise.all([closed(page), closed(node)])
    stats.close()
    expect((await ends).map(({ code }) => code)).toEqual([1001, 1001])
    expect(http.listenerCount('upgrade')).toBe(0)
  })
})

test('a geth of many blocks is not cut off for its history', async () => {
  const { host, node, stats } = await start()
  const socket = await plain(`ws://${host}/api`)
  const transactions = Array.from({ length: 2_857 }, () => ({ hash: `0x${'a'.repeat(64)}` }))
  socket.on('message', (data) => {
    const message = JSON.parse(data.toString()) as { emit?: [string, { list: number[] }] }
    if (message.emit?.[0] !== 'history') return
    const history = message.emit[1].list.map((number) => block(number, { transactions })).reverse()
    socket.send(JSON.stringify({ emit: ['history', { id: 'full', history }] }))
  })
  socket.send(
    JSON.stringify({ emit: ['hello', { id: 'full', info: { net: '1', canUpdateHistory: true }, secret: SECRET }] }),
  )
  socket.send(JSON.stringify({ emit: ['block', { block: block(100) }] }))
  // At once as much as the limit on bytes allows, the rest as time passes.
  await until(() => stats.snapshot().blocks.length >= 15)
  expect(node('full')?.state).toBe('online')
})

test.each<[string, Partial<StatsServerOptions>]>([
  ['no secret', { secrets: [] }],
  ['an empty secret', { secrets: ['good', ''] }],
  ['a secret that no URL can hold', { secrets: ['a@b'] }],
  ['an external URL that is none', { externalUrl: 'stats' }],
  ['a limit that is none', { limits: { nodes: 0 } }],
  ['a rate that is none', { limits: { bytes: { capacity: 1, refillPerSecond: Number.NaN } } }],
])('%s is refused', (_, options) => {
  expect(() => new StatsServer({ secrets: [SECRET], ...options })).toThrowError(
    expect.objectContaining({ code: 'ERR_INVALID_OPTION' }),
  )
})
