import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import {
  type Channel,
  Enode,
  generatePrivateKey,
  type Listener,
  publicKeyOf,
  silentLogger,
  systemClock,
  type Transport,
} from '@ethspan/core'
import { parseNetlist } from '@ethspan/core/netutil'
import { channelConformance, SimClock } from '@ethspan/core/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { dialError, listenError } from '../src/address.js'
import { inboundAdmission } from '../src/admission.js'
import { type TcpOptions, tcp } from '../src/index.js'

const context = { clock: systemClock, log: silentLogger }
const publicKey = publicKeyOf(generatePrivateKey())
const nodeAt = (host: string, tcpPort: number) => new Enode(publicKey, { host, tcpPort })
const never = new AbortController().signal

const cleanups: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

/** Listens on a free port and keeps what comes in for `next`. */
async function listening(options: TcpOptions = {}) {
  const channels: Channel[] = []
  const waiting: ((channel: Channel) => void)[] = []
  const transport = tcp({ ...options, listen: { port: 0, ...options.listen } })
  const listener = await transport.listen?.((channel) => {
    const waiter = waiting.shift()
    if (waiter === undefined) channels.push(channel)
    else waiter(channel)
  }, context)
  if (listener === undefined) throw new Error('it did not listen')
  cleanups.push(() => listener.close())
  const next = () =>
    new Promise<Channel>((resolve) => {
      const channel = channels.shift()
      if (channel === undefined) waiting.push(resolve)
      else resolve(channel)
    })
  return { listener, next, node: nodeOf(listener) }
}

const nodeOf = (listener: Listener) => new Enode(publicKey, listener.addresses[0]!.endpoint)

async function dialed(transport: Transport, node: Enode): Promise<Channel> {
  const channel = await transport.dial(node, { ...context, signal: never })
  cleanups.push(() => channel.destroy())
  return channel
}

/** Resolves when the channel is closed. */
const closed = (channel: Channel) =>
  new Promise<Error | undefined>((resolve) => channel.open({ data: () => {}, drained: () => {}, closed: resolve }))

async function connectPair(host: string) {
  const { listener, next, node } = await listening({ listen: { host } })
  const dialer = await tcp().dial(node, { ...context, signal: never })
  return { dialer, listener: await next(), close: () => listener.close() }
}

/** Turns of the event loop, in each of which sockets are looked at. */
async function settle() {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

const api = { describe, test, expect }
channelConformance({ name: 'tcp', api, settle, connect: () => connectPair('127.0.0.1') })
channelConformance({ name: 'tcp over IPv6', api, settle, connect: () => connectPair('::1') })

test('a writer is told to wait before it has held up the event loop, whatever the system would take', async () => {
  const pair = await connectPair('127.0.0.1')
  cleanups.push(
    pair.close,
    () => pair.dialer.destroy(),
    () => pair.listener.destroy(),
  )
  let drained = () => {}
  pair.dialer.open({ data: () => {}, drained: () => drained(), closed: () => {} })
  pair.listener.open({ data: () => {}, drained: () => {}, closed: () => {} })
  const chunk = new Uint8Array(16 * 1024)
  for (let turn = 0; turn < 3; turn++) {
    const nextTurn = new Promise<void>((resolve) => {
      drained = resolve
    })
    let bytes = chunk.length
    while (pair.dialer.write([chunk.slice()])) bytes += chunk.length
    expect(bytes).toBe(64 * 1024)
    await nextTurn
  }
})

describe('addresses', () => {
  test('are host:port, with brackets for IPv6', async () => {
    const pair = await connectPair('::1')
    cleanups.push(
      pair.close,
      () => pair.dialer.destroy(),
      () => pair.listener.destroy(),
    )
    expect(pair.dialer.remoteAddress).toMatch(/^\[::1\]:\d+$/)
    expect(pair.dialer.remoteAddress).toBe(pair.listener.localAddress)
    expect(pair.dialer.localAddress).toBe(pair.listener.remoteAddress)
  })

  test('show an IPv4 caller as IPv4 although the listener takes both', async () => {
    const { listener, next, node } = await listening({ listen: { host: '::' } })
    const dialer = await dialed(tcp(), node)
    const inbound = await next()
    cleanups.push(() => inbound.destroy())
    expect(dialer.remoteAddress).toBe(`127.0.0.1:${node.endpoint.tcpPort}`)
    expect(inbound.remoteAddress).toBe(dialer.localAddress)
    expect(listener.addresses[0]!.address).toBe(`[::]:${node.endpoint.tcpPort}`)
  })

  test('of a listener on all addresses are told as loopback, or as advertised', async () => {
    const all = await listening({ listen: { host: '0.0.0.0' } })
    const [address] = all.listener.addresses
    expect(address).toEqual({
      transport: 'tcp',
      address: `0.0.0.0:${address!.endpoint.tcpPort}`,
      endpoint: { host: '127.0.0.1', tcpPort: address!.endpoint.tcpPort },
    })
    const behindNat = await listening({ advertise: { host: '198.51.100.7', port: 40303 } })
    expect(behindNat.listener.addresses[0]!.endpoint).toEqual({ host: '198.51.100.7', tcpPort: 40303 })
  })
})

describe('dialing', () => {
  test('a port where nobody listens says so', async () => {
    const { listener, node } = await listening()
    await listener.close()
    await expect(tcp().dial(node, { ...context, signal: never })).rejects.toMatchObject({
      code: 'ERR_DIAL',
      message: `can't connect to 127.0.0.1:${node.endpoint.tcpPort}: nothing listens there (ECONNREFUSED)`,
    })
  })

  test('a name that has an address works', async () => {
    const { node, next } = await listening()
    const channel = await dialed(tcp(), nodeAt('localhost', node.endpoint.tcpPort!))
    const inbound = await next()
    cleanups.push(() => inbound.destroy())
    expect(channel.remoteAddress).toBe(`127.0.0.1:${node.endpoint.tcpPort}`)
  })

  test('ends when the caller aborts, before or during', async () => {
    const { node } = await listening()
    const abort = new AbortController()
    const dial = tcp().dial(node, { ...context, signal: abort.signal })
    abort.abort()
    await expect(dial).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    await expect(tcp().dial(node, { ...context, signal: abort.signal })).rejects.toMatchObject({ code: 'ERR_ABORTED' })
  })

  test('an abort after the connection stands changes nothing', async () => {
    const { node, next } = await listening()
    const abort = new AbortController()
    const dialer = await tcp().dial(node, { ...context, signal: abort.signal })
    const inbound = await next()
    abort.abort()
    dialer.end()
    expect(await Promise.all([closed(dialer), closed(inbound)])).toEqual([undefined, undefined])
  })

  test('a node without an address is refused in words', async () => {
    const bare = new Enode(publicKey)
    expect(tcp().check(bare)).toEqual({ ok: false, why: 'the node has no host and TCP port to be dialed at' })
    await expect(tcp().dial(bare, { ...context, signal: never })).rejects.toMatchObject({ code: 'ERR_DIAL' })
  })

  test.each([
    ['EHOSTUNREACH', 'the host is unreachable'],
    ['ENETUNREACH', 'the network is unreachable'],
    ['ETIMEDOUT', 'it did not answer in time'],
    ['ENOTFOUND', 'there is no host of this name'],
    ['EMFILE', 'this process has too many files and sockets open'],
  ])('%s is told in words', (code, words) => {
    const cause = Object.assign(new Error(`connect ${code} x`), { code })
    const several = new AggregateError([cause, new Error('other')])
    for (const error of [cause, several]) {
      expect(dialError('a:1', error)).toMatchObject({
        message: `can't connect to a:1: ${words} (${code})`,
        cause: error,
      })
    }
  })

  test('an unknown failure is told as it came', () => {
    expect(dialError('a:1', new Error('something odd')).message).toBe("can't connect to a:1: something odd")
  })
})

describe('listening', () => {
  test('is not done unless asked', async () => {
    expect(await tcp().listen?.(() => {}, context)).toBe(undefined)
  })

  test('on a taken port says so and what to do', async () => {
    const { node } = await listening()
    const port = node.endpoint.tcpPort!
    await expect(tcp({ listen: { port } }).listen?.(() => {}, context)).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: `port ${port} on 127.0.0.1 is taken by another program`,
      hint: 'Choose another port, or 0 for any free one.',
    })
  })

  test('on an address that is not this machine says so', async () => {
    await expect(tcp({ listen: { host: '192.0.2.1', port: 0 } }).listen?.(() => {}, context)).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: expect.stringContaining('this machine has no such address (EADDRNOTAVAIL)'),
    })
  })

  test('on a forbidden port says so', () => {
    const cause = Object.assign(new Error('listen EACCES'), { code: 'EACCES' })
    expect(listenError('127.0.0.1', 80, cause)).toMatchObject({ hint: 'Choose a port above 1023.', cause })
  })

  test('stops while channels live on, and the port is free at once', async () => {
    const { listener, node, next } = await listening()
    const dialer = await dialed(tcp(), node)
    const inbound = await next()
    await listener.close()
    const server: Server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.on('error', reject)
      server.listen(node.endpoint.tcpPort, '127.0.0.1', resolve)
    })
    cleanups.push(() => new Promise<void>((resolve) => server.close(() => resolve())))
    const received = new Promise<Uint8Array>((resolve) =>
      inbound.open({ data: resolve, drained: () => {}, closed: () => {} }),
    )
    dialer.write([new Uint8Array([7])])
    expect(await received).toEqual(new Uint8Array([7]))
    dialer.destroy()
    inbound.destroy()
  })

  test.each([
    { listen: { port: 65536 } },
    { listen: { port: -1 } },
    { listen: { port: 1.5 } },
    { advertise: { port: 0 } },
  ])('refuses a port out of range: %j', (options) => {
    expect(() => tcp(options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })
})

describe('a net restriction', () => {
  test('keeps out callers from elsewhere', async () => {
    const { node } = await listening({ netRestrict: '10.0.0.0/8' })
    const channel = await dialed(tcp(), node)
    await closed(channel)
  })

  test('lets callers from its networks in', async () => {
    const { node, next } = await listening({ netRestrict: parseNetlist('127.0.0.0/8') })
    await dialed(tcp({ netRestrict: '127.0.0.0/8' }), node)
    const inbound = await next()
    inbound.destroy()
  })

  test('keeps dials inside, by address and by name', async () => {
    const inside = tcp({ netRestrict: '10.0.0.0/8' })
    const why = '127.0.0.1 is outside of the permitted networks (10.0.0.0/8)'
    expect(inside.check(nodeAt('127.0.0.1', 1))).toEqual({ ok: false, why })
    await expect(inside.dial(nodeAt('127.0.0.1', 1), { ...context, signal: never })).rejects.toMatchObject({
      code: 'ERR_DIAL',
      message: why,
    })
    await expect(inside.dial(nodeAt('localhost', 1), { ...context, signal: never })).rejects.toMatchObject({
      code: 'ERR_DIAL',
      message: 'localhost is outside of the permitted networks (10.0.0.0/8)',
    })
  })

  test('that can not be read is refused at once', () => {
    expect(() => tcp({ netRestrict: 'lan' })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })
})

describe('admission of inbound connections', () => {
  test('is once in 30 seconds for an outside address, always for the local network', async () => {
    const clock = new SimClock()
    const admit = inboundAdmission({ netRestrict: undefined, intervalMs: 30_000, clock })
    expect(admit('8.8.8.8')).toBe(undefined)
    expect(admit('8.8.8.8')).toBe('8.8.8.8 connects too often')
    expect([admit('127.0.0.1'), admit('127.0.0.1')]).toEqual([undefined, undefined])
    await clock.advance(30_000)
    expect(admit('8.8.8.8')).toBe(undefined)
  })

  test('asks the net restriction first, so that who is kept out does not count', () => {
    const admit = inboundAdmission({
      netRestrict: parseNetlist('8.8.0.0/16'),
      intervalMs: 30_000,
      clock: new SimClock(),
    })
    expect(admit('9.9.9.9')).toBe('9.9.9.9 is outside of the permitted networks (8.8.0.0/16)')
    expect(admit('8.8.8.8')).toBe(undefined)
  })

  test('can do without a throttle', () => {
    const admit = inboundAdmission({ netRestrict: undefined, intervalMs: false, clock: new SimClock() })
    expect([admit('8.8.8.8'), admit('8.8.8.8')]).toEqual([undefined, undefined])
  })
})

test('a connection that the other side resets ends with an error that says so', async () => {
  const { node, next } = await listening()
  const raw = connect(node.endpoint.tcpPort!, '127.0.0.1')
  await once(raw, 'connect')
  const broken = closed(await next())
  raw.resetAndDestroy()
  expect(await broken).toMatchObject({
    code: 'ERR_CLOSED',
    message: expect.stringMatching(/^the connection to 127\.0\.0\.1:\d+ broke: .* \(ECONNRESET\)$/),
  })
})
