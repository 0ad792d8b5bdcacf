import type { Synchroniser, SyncProgress } from '@ethspan/chain'
import { bytesToHex, silentLogger } from '@ethspan/core'
import { SimClock, settle } from '@ethspan/core/testing'
import { describe, expect, onTestFinished, test } from 'vitest'
import { StatsSession, type StatsSources } from '../src/session.js'
import type { NodeInfo } from '../src/wire.js'
import { FakeChain, FakePool, FakeSocket, SECRET } from './support.js'

const info: NodeInfo = {
  name: 'n',
  node: 'test/v1',
  port: 30303,
  net: '1337',
  protocol: 'eth/69',
  api: 'No',
  os: 'linux',
  os_v: 'amd64',
  client: '0.1.1',
  canUpdateHistory: true,
}

/** The messages of a full report behind its ping. */
const REST_OF_FULL = ['latency', 'block', 'pending', 'stats']

/** A session that runs; `end` is why it ended. */
function start(over: Partial<StatsSources> & { readonly chain?: FakeChain['reader'] } = {}) {
  const clock = new SimClock()
  const pool = new FakePool()
  const sources: StatsSources = {
    server: { peerCount: 3 },
    chain: new FakeChain().reader,
    pool: pool.reader,
    sync: undefined,
    suggestTip: async () => 2n,
    ...over,
  }
  const session = new StatsSession({ name: 'n', secret: SECRET, info, sources, clock, log: silentLogger })
  const socket = new FakeSocket(session.handler)
  const stop = new AbortController()
  let logins = 0
  const end = session.run(socket, stop.signal, () => logins++).catch((error: Error) => error)
  onTestFinished(async () => {
    stop.abort()
    await end
    expect(socket.isClosed).toBe(true)
    expect(clock.pendingTimers).toBe(0)
  })
  return { clock, pool, socket, stop, end, logins: () => logins }
}

/** Beyond the login and the first full report. */
async function reporting(over: Parameters<typeof start>[0] = {}) {
  const session = start(over)
  session.socket.emit('ready')
  await settle()
  session.socket.emit('node-pong', {})
  await settle()
  session.socket.sent.length = 0
  return session
}

describe('the login', () => {
  test('says who it is, and reports once the server is ready', async () => {
    const { socket, logins } = start()
    await settle()
    expect(socket.sent).toEqual([{ emit: ['hello', { id: 'n', info, secret: SECRET }] }])
    expect(logins()).toBe(0)
    socket.emit('ready')
    await settle()
    expect(logins()).toBe(1)
    expect(socket.commands()).toEqual(['hello', 'node-ping'])
  })

  test('fails where the server closes, with the reason it gave', async () => {
    const { socket, end } = start()
    socket.lose('the server closed: wrong secret (1008)')
    expect(await end).toMatchObject({ code: 'ERR_CLOSED', message: expect.stringContaining('wrong secret') })
  })

  test('fails where the server says nothing', async () => {
    const { clock, end } = start()
    await clock.advance(5_000)
    expect(await end).toMatchObject({ code: 'ERR_TIMEOUT' })
  })
})

describe('a full report', () => {
  test('has the latency, the head, the pending count and the stats, every 15 seconds', async () => {
    const { socket, clock, pool } = start()
    socket.emit('ready')
    await settle()
    expect(socket.commands()).toEqual(['hello', 'node-ping'])
    pool.pending = 5
    socket.emit('node-pong', {})
    await settle()
    expect(socket.commands()).toEqual(REST_OF_FULL)
    await clock.advance(14_999)
    expect(socket.commands()).toEqual([])
    await clock.advance(1)
    expect(socket.commands()).toEqual(['node-ping'])
  })

  test('measures half of the way there and back, as text', async () => {
    const { socket, clock } = start()
    socket.emit('ready')
    await clock.advance(41)
    socket.emit('node-pong', {})
    await settle()
    expect(socket.payloads('latency')).toEqual([{ id: 'n', latency: '20' }])
  })

  test('tells peers, gas price, and whether the node is syncing', async () => {
    let progress: SyncProgress | undefined = {
      startingBlock: 0n,
      currentBlock: 1n,
      highestBlock: undefined,
      stage: 'headers',
      headers: 0n,
    }
    const sync = { progress: () => progress } as Synchroniser
    const { socket, clock } = start({ sync })
    socket.emit('ready')
    await settle()
    socket.emit('node-pong', {})
    await settle()
    const stats = { active: true, syncing: true, peers: 3, gasPrice: 9, uptime: 100 }
    expect(socket.payloads('stats')).toEqual([{ id: 'n', stats }])
    progress = undefined
    await clock.advance(15_000)
    socket.emit('node-pong', {})
    await settle()
    expect(socket.payloads('stats')).toEqual([{ id: 'n', stats: { ...stats, syncing: false } }])
  })

  test('without an answer to its ping the connection is dead', async () => {
    const { socket, clock, end } = start()
    socket.emit('ready')
    await clock.advance(5_000)
    expect(await end).toMatchObject({ code: 'ERR_TIMEOUT', message: expect.stringContaining('ping') })
  })
})

describe('a new head', () => {
  test('is told at once, with the pending count', async () => {
    const chain = new FakeChain(3)
    const { socket } = await reporting({ chain: chain.reader })
    const { hash, header } = chain.grow(2)
    await settle()
    const [block, pending] = socket.sent as [{ emit: [string, { block: Record<string, unknown> }] }, unknown]
    expect(block.emit[1].block).toEqual({
      number: 3,
      hash: `0x${bytesToHex(hash)}`,
      parentHash: `0x${bytesToHex(header.parentHash)}`,
      timestamp: Number(header.time),
      miner: `0x${'cb'.repeat(20)}`,
      gasUsed: 42_000,
      gasLimit: 30_000_000,
      difficulty: '0',
      totalDifficulty: '0',
      transactions: [
        { hash: expect.stringMatching(/^0x[0-9a-f]{64}$/) },
        { hash: expect.stringMatching(/^0x[0-9a-f]{64}$/) },
      ],
      transactionsRoot: `0x${'00'.repeat(32)}`,
      stateRoot: `0x${'00'.repeat(32)}`,
      uncles: [],
    })
    expect(pending).toEqual({ emit: ['pending', { id: 'n', stats: { pending: 0 } }] })
  })

  test('of many within a moment the first and the last are told', async () => {
    const chain = new FakeChain()
    const { socket, clock } = await reporting({ chain: chain.reader })
    chain.grow()
    await settle()
    for (let i = 0; i < 50; i++) chain.grow()
    await clock.advance(1_000)
    const numbers = socket.payloads('block').map(({ block }) => (block as { number: number }).number)
    expect(numbers).toEqual([1, 51])
  })

  test('of which there is only the header is told without transactions', async () => {
    const { socket } = start({ chain: new FakeChain(1, { headersOnly: true }).reader })
    socket.emit('ready')
    await settle()
    socket.emit('node-pong', {})
    await settle()
    expect(socket.payloads('block')).toMatchObject([{ block: { number: 0, transactions: [], uncles: [] } }])
  })
})

describe('pending transactions', () => {
  test('are told once a second, the last count at the end', async () => {
    const { socket, clock, pool } = await reporting()
    pool.add()
    await settle()
    for (let i = 0; i < 20; i++) pool.add()
    await settle()
    expect(socket.payloads('pending')).toEqual([{ id: 'n', stats: { pending: 1 } }])
    await clock.advance(999)
    expect(socket.commands()).toEqual([])
    await clock.advance(1)
    expect(socket.payloads('pending')).toEqual([{ id: 'n', stats: { pending: 21 } }])
  })
})

describe('history', () => {
  const asked = async (payload: unknown, length = 60) => {
    const { socket } = await reporting({ chain: new FakeChain(length).reader })
    socket.emit('history', payload)
    await settle()
    const [answer] = socket.payloads('history') as [{ history: unknown }]
    return (answer.history as { number: number }[]).map(({ number }) => number)
  }

  test('has the blocks that were asked for, the last first', async () => {
    expect(await asked({ list: [7, 8, 9] })).toEqual([9, 8, 7])
  })

  test('has the newest fifty where none in particular was asked for', async () => {
    expect(await asked(undefined)).toEqual(Array.from({ length: 50 }, (_, i) => 59 - i))
    expect(await asked({ list: 'all' }, 3)).toEqual([2, 1, 0])
  })

  test('ends before the first that is not there', async () => {
    expect(await asked({ list: [58, 59, 60, 3] })).toEqual([59, 58])
  })

  test('has fifty at most, and no numbers that are none', async () => {
    const list = [-1, 1.5, 2 ** 60, 'x', null, ...Array.from({ length: 60 }, (_, i) => i)]
    expect(await asked({ list })).toEqual(Array.from({ length: 50 }, (_, i) => 49 - i))
  })
})

describe('what the server sends', () => {
  test("Primus' heartbeat is answered at once", async () => {
    const { socket } = await reporting()
    socket.hear('primus::ping::1700000000000')
    expect(socket.sent).toEqual(['primus::pong::1700000000000'])
  })

  test('an unknown message changes nothing', async () => {
    const { socket, clock } = await reporting()
    socket.emit('node-disco', { x: 1 })
    await clock.advance(15_000)
    expect(socket.commands()).toEqual(['node-ping'])
  })

  test.each([
    ['text that is no JSON', 'nonsense'],
    ['another kind of message', '{"action":"init"}'],
    ['a number', '1'],
  ])('%s ends the connection', async (_, text) => {
    const { socket, end } = await reporting()
    socket.hearRaw(text)
    expect(await end).toMatchObject({ code: 'ERR_PROTOCOL' })
  })

  test('nothing more is put into a socket that does not drain', async () => {
    const { socket, clock, end } = await reporting()
    socket.bufferedAmount = 4 * 1024 * 1024 + 1
    await clock.advance(15_000)
    expect(await end).toMatchObject({ code: 'ERR_TIMEOUT', message: expect.stringContaining('takes nothing') })
  })
})

test('a server of Primus that takes no wrong secret is told as that', async () => {
  const { socket, end, logins } = start()
  socket.hear('primus::server::close')
  expect(await end).toMatchObject({ code: 'ERR_CLOSED', message: expect.stringContaining('secret is wrong') })
  expect(logins()).toBe(0)
})

test('an error of a source ends the connection', async () => {
  const { socket, clock, end } = await reporting({
    suggestTip: async () => {
      throw new Error('the store is closed')
    },
  })
  socket.emit('node-pong', {})
  await clock.advance(15_000)
  expect(await end).toMatchObject({ message: 'the store is closed' })
})
