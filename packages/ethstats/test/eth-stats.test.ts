import { chainKey, poolKey } from '@ethspan/chain'
import { abortError, EthspanError } from '@ethspan/core'
import { MemoryNetwork, recorder, SimClock, settle } from '@ethspan/core/testing'
import { Node, type Service } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { describe, expect, onTestFinished, test } from 'vitest'
import { EthStats, type OpenSocket } from '../src/index.js'
import { FakeChain, FakePool, FakeSocket, SECRET } from './support.js'

const chain = new FakeChain(3)

/** Offers a chain, as the service behind `eth` does. */
const chainService: Service = {
  name: 'chain',
  start(context) {
    context.offer(chainKey, chain.reader as never)
    context.offer(poolKey, new FakePool().reader)
  },
}

/** Dials of a service, each to be answered by the test. */
class Dials {
  readonly urls: string[] = []
  readonly sockets: FakeSocket[] = []
  /** What becomes of the next ones; the last for all that follow. */
  readonly outcomes: ('open' | 'refuse' | 'hang')[] = ['open']

  readonly open: OpenSocket = (url, { handler, signal }) =>
    new Promise((resolve, reject) => {
      this.urls.push(url)
      const outcome = this.outcomes.length > 1 ? this.outcomes.shift() : this.outcomes[0]
      signal.addEventListener('abort', () => reject(abortError(signal)))
      if (outcome === 'refuse') reject(new EthspanError('ERR_DIAL', `nobody is at ${url}`))
      if (outcome !== 'open') return
      const socket = new FakeSocket(handler)
      this.sockets.push(socket)
      resolve(socket)
    })
}

async function start(url = `n:${SECRET}@host:3000`, dials = new Dials()) {
  const clock = new SimClock()
  const { log, lines } = recorder()
  const node = new Node({
    name: 'test',
    store: memoryStore(),
    p2p: { transports: [new MemoryNetwork().transport()] },
    clock,
    log,
  })
  node.register(chainService)
  node.register(new EthStats({ url, openSocket: dials.open, randomBytes: () => Uint8Array.of(255) }))
  onTestFinished(() => node.stop())
  await node.start()
  await settle()
  const ofStats = () => lines.filter(({ fields }) => fields.module === 'ethstats')
  return { clock, node, dials, log: ofStats }
}

test('says of the node what geth says', async () => {
  const { dials, node } = await start()
  const [hello] = dials.sockets[0]!.sent as [{ emit: [string, unknown] }]
  const { ports, name } = node.server.nodeInfo()
  expect(hello.emit).toEqual([
    'hello',
    {
      id: 'n',
      secret: SECRET,
      info: {
        name: 'n',
        node: name,
        port: ports.listener,
        net: '1337',
        protocol: '',
        api: 'No',
        os: process.platform,
        os_v: expect.stringMatching(/^(amd64|arm64)$/),
        client: '0.1.1',
        canUpdateHistory: true,
      },
    },
  ])
})

test('without a chain the node does not start', async () => {
  const node = new Node({
    name: 'test',
    store: memoryStore(),
    p2p: { transports: [new MemoryNetwork().transport()] },
    clock: new SimClock(),
  })
  node.register(new EthStats({ url: `n:${SECRET}@host` }))
  await expect(node.start()).rejects.toMatchObject({
    code: 'ERR_SERVICE',
    message: expect.stringContaining('chain/chain'),
  })
})

test('a URL that can not be read is refused before anything starts', () => {
  expect(() => new EthStats({ url: 'host:3000' })).toThrow('name:secret@host:port')
})

describe('a dial', () => {
  test('tries wss, then ws', async () => {
    const dials = new Dials()
    dials.outcomes.unshift('refuse')
    await start(undefined, dials)
    expect(dials.urls).toEqual(['wss://host:3000/api', 'ws://host:3000/api'])
    expect(dials.sockets).toHaveLength(1)
  })

  test('tries only the scheme that is given', async () => {
    const dials = new Dials()
    dials.outcomes.unshift('refuse')
    await start(`n:${SECRET}@wss://host`, dials)
    expect(dials.urls).toEqual(['wss://host/api'])
  })

  test('that hangs is given up after 5 seconds', async () => {
    const dials = new Dials()
    dials.outcomes.unshift('hang')
    const { clock } = await start(undefined, dials)
    await clock.advance(4_999)
    expect(dials.urls).toHaveLength(1)
    await clock.advance(1)
    expect(dials.urls).toEqual(['wss://host:3000/api', 'ws://host:3000/api'])
  })
})

describe('after a failure', () => {
  test('it tries again, in twice the time each, a minute at most', async () => {
    const dials = new Dials()
    dials.outcomes[0] = 'refuse'
    const { clock } = await start(`n:${SECRET}@ws://host`, dials)
    const pauses: number[] = []
    for (let since = 0; pauses.length < 8; since++) {
      const before = dials.urls.length
      await clock.advance(1_000)
      if (dials.urls.length === before) continue
      pauses.push(since + 1)
      since = -1
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
  })

  test('the log says why, and the same once only', async () => {
    const dials = new Dials()
    dials.outcomes[0] = 'refuse'
    const { clock, log } = await start(undefined, dials)
    await clock.advance(20_000)
    const why = 'nobody is at wss://host:3000/api; nobody is at ws://host:3000/api'
    expect(log().filter(({ level }) => level === 'warn')).toEqual([
      {
        level: 'warn',
        message: 'not reporting to the stats server',
        fields: { module: 'ethstats', why, retryInSeconds: 1 },
      },
    ])
    expect(JSON.stringify(log())).not.toContain(SECRET)
  })

  test('of a connection that stood long the next try is soon', async () => {
    const dials = new Dials()
    dials.outcomes.unshift('refuse', 'refuse', 'refuse')
    const { clock } = await start(`n:${SECRET}@ws://host`, dials)
    await clock.advance(7_000)
    const [socket] = dials.sockets as [FakeSocket]
    socket.emit('ready')
    for (let i = 0; i < 5; i++) {
      await settle()
      socket.emit('node-pong', {})
      await clock.advance(15_000)
    }
    socket.lose('the server closed with code 1001')
    await settle()
    await clock.advance(999)
    expect(dials.sockets).toHaveLength(1)
    await clock.advance(1)
    expect(dials.sockets).toHaveLength(2)
  })

  test('a server that takes us and throws us out again is not asked over and over', async () => {
    const { clock, dials } = await start(`n:${SECRET}@ws://host`)
    for (let i = 0; i < 120; i++) {
      const socket = dials.sockets.at(-1)!
      if (!socket.isClosed) {
        socket.emit('ready')
        await settle()
        socket.lose('thrown out')
      }
      await clock.advance(1_000)
    }
    expect(dials.sockets.length).toBeLessThan(9)
  })
})

describe('a stop', () => {
  test.each(['open', 'refuse', 'hang'] as const)('where dials %s leaves nothing behind', async (outcome) => {
    const dials = new Dials()
    dials.outcomes[0] = outcome
    const { node, clock } = await start(undefined, dials)
    dials.sockets[0]?.emit('ready')
    await settle()
    await node.stop()
    expect(dials.sockets.every(({ isClosed }) => isClosed)).toBe(true)
    expect(clock.pendingTimers).toBe(0)
    const count = dials.urls.length
    await clock.advance(600_000)
    expect(dials.urls).toHaveLength(count)
  })
})
