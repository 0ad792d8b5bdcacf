import { describe, expect, test } from 'vitest'
import { block, hash, SECRET, startReporters } from './support.js'

const READY = { emit: ['ready'] }
const ping = (clock: { wallTime(): number }) => `primus::ping::${clock.wallTime()}`

describe('the login', () => {
  test('with a good secret is answered by ready, and the node is shown', () => {
    const { open, node, clock } = startReporters()
    const reporter = open('alice').hello({ net: '5' })
    expect(reporter.heard).toEqual([READY, ping(clock)])
    expect(node('alice')).toEqual({
      id: 'alice',
      client: 'Geth/v1.17.8',
      os: 'linux',
      osVersion: 'amd64',
      network: '5',
      state: 'online',
      since: clock.wallTime(),
      isSyncing: false,
      uptime: 1,
      propagation: [],
    })
  })

  test('is as good with any of the secrets', () => {
    const { open } = startReporters()
    expect(open('alice').hello({ secret: 'another' }).ended).toBeUndefined()
  })

  test.each(['wrong', '', SECRET.slice(1), `${SECRET} `])(
    'with the secret %j is refused, and logged without it',
    (secret) => {
      const { open, node, lines } = startReporters()
      const reporter = open('alice').hello({ secret })
      expect(reporter).toMatchObject({ heard: [], ended: { code: 1008, reason: 'wrong secret' } })
      expect(node('alice')).toBeUndefined()
      expect(lines.find(({ level }) => level === 'warn')).toMatchObject({ fields: { node: 'alice' } })
      expect(JSON.stringify(lines)).not.toContain(JSON.stringify(SECRET))
    },
  )

  test.each([
    ['another message first', { emit: ['block', { block: block(1) }] }],
    ['no name', { emit: ['hello', { secret: SECRET, info: {} }] }],
    ['no secret', { emit: ['hello', { id: 'alice', info: {} }] }],
    ['a secret that is no text', { emit: ['hello', { id: 'alice', secret: { length: 4 }, info: {} }] }],
    ['no payload', { emit: ['hello'] }],
  ])('%s ends the connection', (_, message) => {
    const { open, reporters } = startReporters()
    expect(open('alice').raw(JSON.stringify(message)).ended?.code).toBe(1007)
    expect(reporters.snapshot().nodes).toEqual([])
  })

  test.each(['', ' ', 'a\u001b[2Jb', 'a\u200bb', 'n'.repeat(65)])('with the name %j is refused', (id) => {
    const { open, reporters } = startReporters()
    expect(open(id).hello().ended).toEqual({ code: 1008, reason: 'the name is not 1 to 64 visible characters' })
    expect(reporters.snapshot().nodes).toEqual([])
  })

  test('that is refused over and over does not fill the log', () => {
    const { open, lines } = startReporters()
    for (let i = 0; i < 200; i++) open('mallory').hello({ secret: `guess ${i}` })
    expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(20)
  })

  test('that does not come ends the connection', async () => {
    const { open, clock } = startReporters()
    const reporter = open('alice')
    await clock.advance(4_999)
    expect(reporter.ended).toBeUndefined()
    await clock.advance(1)
    expect(reporter.ended).toMatchObject({ code: 1008 })
    await clock.advance(1_000)
    expect(clock.pendingTimers).toBe(0)
  })

  test('that is larger than a hello can be ends the connection, before its message is whole', () => {
    const { open } = startReporters()
    const reporter = open('alice')
    for (let i = 0; i < 17; i++) reporter.connection.received(1024)
    expect(reporter.ended).toEqual({})
  })

  test('with texts without end keeps the beginning of them', () => {
    const { open, node } = startReporters()
    const info = { node: 'x'.repeat(5_000), os: {}, os_v: 12, net: '1' }
    open('alice').say('hello', { id: 'alice', secret: SECRET, info })
    expect(node('alice')).toMatchObject({ client: 'x'.repeat(128), os: '', osVersion: '12' })
  })
})

describe('two connections of one name', () => {
  test('the second is refused while the first lives', async () => {
    const { open, clock } = startReporters()
    const first = open('alice').hello()
    await clock.advance(15_000)
    first.say('node-ping', {})
    await clock.advance(10_000)
    const second = open('alice').hello()
    expect(second.ended).toEqual({ code: 1013, reason: 'a node of this name reports already' })
    expect(first.ended).toBeUndefined()
  })

  test('the second takes the place of a first that is silent', async () => {
    const { open, clock, node } = startReporters()
    const first = open('alice').hello()
    await clock.advance(20_000)
    const second = open('alice').hello()
    expect(second.ended).toBeUndefined()
    expect(first.ended?.code).toBe(1008)
    first.leave()
    expect(node('alice')?.state).toBe('online')
  })
})

describe('reports', () => {
  test('node-ping is answered, as geth wants it', () => {
    const { open, clock } = startReporters()
    const reporter = open('alice').hello().say('node-ping', { id: 'alice', clientTime: 'now' })
    expect(reporter.heard.at(-1)).toEqual({ emit: ['node-pong', { serverTime: clock.wallTime() }] })
  })

  test('are shown with the node', () => {
    const { open, node } = startReporters()
    open('alice')
      .hello()
      .say('latency', { id: 'alice', latency: '17' })
      .say('pending', { id: 'alice', stats: { pending: 5 } })
      .say('stats', {
        id: 'alice',
        stats: { active: true, syncing: true, peers: 8, gasPrice: 1_000_000_007, uptime: 100 },
      })
      .block(7)
    expect(node('alice')).toMatchObject({
      latency: 17,
      pending: 5,
      peers: 8,
      gasPrice: 1_000_000_007,
      isSyncing: true,
      block: { number: 7, hash: hash(7) },
    })
  })

  test('are the own ones, whatever id they name', () => {
    const { open, node } = startReporters()
    open('alice').hello()
    open('mallory')
      .hello()
      .say('pending', { id: 'alice', stats: { pending: 666 } })
    expect(node('alice')?.pending).toBeUndefined()
    expect(node('mallory')?.pending).toBe(666)
  })

  test("the way measured by our own ping counts more than the node's word", async () => {
    const { open, node, clock } = startReporters()
    const reporter = open('alice').hello()
    await clock.advance(30)
    reporter.raw(JSON.stringify('primus::pong::1')).say('latency', { latency: '1' })
    expect(node('alice')?.latency).toBe(15)
  })

  test("a client's own heartbeat is answered", () => {
    const { open } = startReporters()
    const reporter = open('alice').hello().raw(JSON.stringify('primus::ping::77'))
    expect(reporter.heard.at(-1)).toBe('primus::pong::77')
  })

  test.each([
    ['block', {}],
    ['block', { block: 'x' }],
    ['block', { block: block(1, { hash: '0x12' }) }],
    ['block', { block: block(1, { number: -1 }) }],
    ['pending', { stats: null }],
    ['pending', { stats: { pending: 'many' } }],
    ['stats', { stats: [] }],
    ['stats', { stats: { peers: Number.MAX_VALUE, gasPrice: 'x' } }],
    ['latency', { latency: -5 }],
    ['history', { history: [null, 1, {}] }],
    ['block_new_payload', { block: { number: 1 } }],
    ['anything', { at: 'all' }],
  ])('%s with %j shows nothing and ends nothing', (command, payload) => {
    const { open, node } = startReporters()
    const reporter = open('alice').hello()
    const { state, since, uptime, ...before } = node('alice')!
    reporter.say(command, payload)
    expect(reporter.ended).toBeUndefined()
    expect(node('alice')).toMatchObject(before)
    expect(Object.keys(node('alice')!)).toHaveLength(Object.keys(before).length + 3)
  })

  test.each(['', 'x', '[]', '{"emit":"hello"}', '{"emit":[1]}', 'null', '"primus::"'])(
    '%j ends the connection',
    (text) => {
      const { open, node } = startReporters()
      expect(open('alice').hello().raw(text).ended?.code).toBe(1007)
      expect(node('alice')?.state).toBe('offline')
    },
  )

  test('a binary message ends the connection', () => {
    const { open } = startReporters()
    const reporter = open('alice').hello()
    reporter.connection.message('', true)
    expect(reporter.ended?.code).toBe(1007)
  })
})

describe('a flood', () => {
  test('of messages is cut off', () => {
    const { open, node } = startReporters()
    const reporter = open('alice').hello()
    let count = 0
    while (reporter.ended === undefined && count < 1_000) {
      reporter.say('pending', { stats: { pending: count++ } })
    }
    expect(reporter.ended).toEqual({})
    expect(count).toBe(500)
    expect(node('alice')?.state).toBe('offline')
  })

  test('of bytes is cut off, whether they make messages or not', () => {
    const { open } = startReporters()
    const reporter = open('alice').hello()
    let bytes = 0
    while (reporter.ended === undefined && bytes < 100 * 1024 * 1024) {
      reporter.connection.received(64 * 1024)
      bytes += 64 * 1024
    }
    expect(bytes).toBe(4 * 1024 * 1024 + 64 * 1024)
  })

  test('that is none, because time passes, is not', async () => {
    const { open, clock } = startReporters()
    const reporter = open('alice').hello()
    for (let i = 0; i < 2_000; i++) {
      reporter.say('pending', { stats: { pending: i } })
      await clock.advance(20)
    }
    expect(reporter.ended).toBeUndefined()
  })

  test('of nodes is refused; one that is offline makes room', () => {
    const { open, reporters } = startReporters({ nodes: 2 })
    const first = open('a').hello()
    open('b').hello()
    expect(open('c').hello().ended).toEqual({ code: 1013, reason: 'there is no room for more nodes' })
    first.leave()
    expect(open('c').hello().ended).toBeUndefined()
    expect(reporters.snapshot().nodes.map(({ id }) => id)).toEqual(['b', 'c'])
  })

  test('of connections leaves no room for one address, or for those that do not log in', () => {
    const { open, reporters } = startReporters({ reportersPerAddress: 2, strangers: 3 })
    open('a').hello()
    open('b')
    expect(reporters.hasRoomFor('10.0.0.1')).toBe(false)
    expect(reporters.hasRoomFor('10.0.0.2')).toBe(true)
    open('c', '10.0.0.2')
    open('d', '10.0.0.3')
    expect(reporters.hasRoomFor('10.0.0.4')).toBe(false)
  })

  test('of pings that nobody reads is cut off', () => {
    const { open } = startReporters()
    const reporter = open('alice').hello()
    reporter.bufferedAmount = 256 * 1024 + 1
    reporter.say('node-ping', {})
    expect(reporter.ended).toEqual({})
  })
})

describe('a node that says nothing', () => {
  test('is quiet after half a minute, cut off after a minute, and forgotten after an hour', async () => {
    const { open, node, clock, reporters } = startReporters()
    const reporter = open('alice').hello()
    await clock.advance(29_000)
    expect(node('alice')?.state).toBe('online')
    await clock.advance(1_000)
    expect(node('alice')?.state).toBe('quiet')
    await clock.advance(30_000)
    expect(reporter.ended?.code).toBe(1008)
    expect(node('alice')).toMatchObject({ state: 'offline', since: clock.wallTime() })
    await clock.advance(3_600_000 - 1_000)
    expect(reporters.snapshot().nodes).toHaveLength(1)
    await clock.advance(1_000)
    expect(reporters.snapshot().nodes).toEqual([])
    expect(clock.pendingTimers).toBe(0)
  })

  test('is kept by answers to pings', async () => {
    const { open, node, clock } = startReporters()
    const reporter = open('alice').hello()
    for (let i = 0; i < 20; i++) {
      await clock.advance(15_000)
      expect(reporter.heard.at(-1)).toBe(ping(clock))
      reporter.raw(JSON.stringify(`primus::pong::${i}`))
    }
    expect(node('alice')?.state).toBe('online')
  })

  test('has its share of the time as its up time', async () => {
    const { open, node, clock } = startReporters()
    open('alice').hello().leave()
    await clock.advance(100_000)
    const again = open('alice').hello()
    for (let i = 0; i < 10; i++) {
      await clock.advance(30_000)
      again.say('stats', { stats: { peers: 1 } })
    }
    expect(node('alice')?.uptime).toBe(0.75)
  })
})

test('a close says goodbye to all and leaves nothing running', () => {
  const { open, reporters, clock } = startReporters()
  const [alice, stranger] = [open('alice').hello(), open('x')]
  reporters.close()
  expect([alice.ended?.code, stranger.ended?.code]).toEqual([1001, 1001])
  expect(clock.pendingTimers).toBe(0)
})
