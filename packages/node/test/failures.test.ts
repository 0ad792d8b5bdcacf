// Starts that fail or are aborted, and stops that go wrong: what was open is closed, and everything that went wrong is told.
import { EthspanError, type Protocol } from '@ethspan/core'
import { MemoryNetwork, SimClock, settle } from '@ethspan/core/testing'
import { describe, expect, test } from 'vitest'
import type { Service } from '../src/index.js'
import { memoryStore } from '../src/memory.js'
import { CLOSE_TIMEOUT, START_GRACE } from '../src/parts.js'
import { diary, failure, idle, memoryNode, recorder } from './support.js'

describe('a start that fails', () => {
  test.each([
    ['at once', (fail: () => never) => fail()],
    ['later', async (fail: () => never) => Promise.resolve().then(fail)],
  ])('in a service that throws %s stops the ones before it in reverse', async (_, start) => {
    const network = new MemoryNetwork()
    const { entries, service, endpoint, throws } = diary()
    const node = memoryNode({ network, address: '127.0.0.1:30303', rpc: { http: endpoint('http') } })
    node.register(service('a'))
    node.register(service('b'))
    node.register(service('c', { start: () => start(throws('start c') as () => never) }))
    node.register(service('d'))
    const error = await failure(node.start())
    expect(error).toMatchObject({
      code: 'ERR_SERVICE',
      message: 'the service "c" failed to start: start c went wrong',
      fields: { service: 'c' },
    })
    expect(error.cause).toMatchObject({ message: 'start c went wrong' })
    expect(entries).toEqual(['open http', 'start a', 'start b', 'start c', 'stop b', 'stop a', 'close http'])
    expect(network.listening).toEqual([])
    expect(node.state).toBe('closed')
    expect(node.signal.aborted).toBe(true)
    await node.stop()
  })

  test('in an RPC endpoint closes those before it and starts no service', async () => {
    const { entries, service, endpoint } = diary()
    const taken = new EthspanError('ERR_LISTEN', 'port 8545 is taken', { fields: { errno: 'EADDRINUSE' } })
    const node = memoryNode({
      rpc: { http: endpoint('http'), ws: endpoint('ws', { open: () => Promise.reject(taken) }) },
    })
    node.register(service('a'))
    expect(await failure(node.start())).toBe(taken)
    expect(entries).toEqual(['open http', 'close http'])
  })

  test('in the p2p server or its options leaves nothing open', async () => {
    const network = new MemoryNetwork()
    const first = memoryNode({ network, address: '127.0.0.1:30303' })
    await first.start()
    const store = memoryStore()
    const second = memoryNode({ network, address: '127.0.0.1:30303', store })
    await expect(second.start()).rejects.toThrow(expect.objectContaining({ code: 'ERR_LISTEN' }))
    expect(store.status).toBe('closed')
    await first.stop()

    const bad: Protocol = { ...idle(), name: 'much-too-long' }
    const third = memoryNode({ store: memoryStore() })
    third.register({ name: 'bad', protocols: [bad] })
    await expect(third.start()).rejects.toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })

  test('tells what failed on the way back as well', async () => {
    const { service, throws } = diary()
    const node = memoryNode()
    node.register(service('a', { stop: throws('stop a') }))
    node.register(service('b', { start: throws('start b') }))
    const error = await failure(node.start())
    expect(error.message).toBe(
      'the service "b" failed to start: start b went wrong; the service "a" failed to stop: stop a went wrong',
    )
    expect((error.cause as AggregateError).errors).toHaveLength(2)
  })

  test('by a store from a newer version of the program', async () => {
    const store = memoryStore()
    await store.sublevel<string, Uint8Array>('node', { valueEncoding: 'view' }).put('schema', Uint8Array.of(0x39))
    const error = await failure(memoryNode({ store }).start())
    expect(error).toMatchObject({ code: 'ERR_DATA_DIR', fields: { schema: 9 } })
    expect(store.status).toBe('closed')
  })
})

describe('a start that is aborted', () => {
  const hang = () => new Promise<void>(() => undefined)

  test('before it begins opens nothing', async () => {
    const { entries, service } = diary()
    const node = memoryNode()
    node.register(service('a'))
    await expect(node.start({ signal: AbortSignal.abort() })).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_ABORTED' }),
    )
    expect(entries).toEqual([])
    expect(node.state).toBe('closed')
  })

  test.each(['the caller', 'stop'])('by %s while a service hangs goes on without it after a while', async (by) => {
    const clock = new SimClock()
    const { entries, service } = diary()
    const caller = new AbortController()
    const node = memoryNode({ clock })
    node.register(service('a'))
    node.register(service('b', { start: hang }))
    const started = failure(node.start({ signal: caller.signal }))
    await settle()
    const stopped = by === 'stop' ? node.stop() : undefined
    caller.abort()
    await clock.advance(START_GRACE - 1)
    expect(entries).toEqual(['start a'])
    await clock.advance(1)
    const error = await started
    expect(error.code).toBe('ERR_ABORTED')
    expect(error.message).toMatch(/the service "b" was told to give up its start, which took longer than \d+ ms/)
    await stopped
    expect(entries).toEqual(['start a', 'stop a'])
    expect(node.state).toBe('closed')
    expect(clock.pendingTimers).toBe(0)
  })

  test('while a service starts that heeds its signal', async () => {
    const { entries, service } = diary()
    const node = memoryNode()
    const start: Service['start'] = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    node.register(service('a'))
    node.register(service('b', { start }))
    const caller = new AbortController()
    const started = failure(node.start({ signal: caller.signal }))
    await settle()
    caller.abort()
    expect((await started).message).toBe('aborted by the caller')
    expect(entries).toEqual(['start a', 'stop a'])
  })

  test('stops a service that comes up all the same, be it soon or late', async () => {
    for (const late of [false, true]) {
      const clock = new SimClock()
      const { entries, service } = diary()
      let comeUp = () => {}
      const start = () =>
        new Promise<void>((resolve) => {
          comeUp = resolve
        })
      const node = memoryNode({ clock })
      node.register(service('a', { start }))
      node.register(service('b'))
      const caller = new AbortController()
      const started = failure(node.start({ signal: caller.signal }))
      await settle()
      caller.abort()
      if (late) await clock.advance(START_GRACE)
      comeUp()
      expect((await started).code).toBe('ERR_ABORTED')
      await settle()
      expect(entries).toEqual(['stop a'])
    }
  })

  test('closes an endpoint that opens too late', async () => {
    const { entries, endpoint } = diary()
    let open = () => {}
    const slow = new Promise<void>((resolve) => {
      open = resolve
    })
    const http = endpoint('http')
    const node = memoryNode({ rpc: { http: { ...http, open: (context) => slow.then(() => http.open(context)) } } })
    const started = failure(node.start())
    await settle()
    await node.stop()
    expect((await started).code).toBe('ERR_ABORTED')
    open()
    await settle()
    expect(entries).toEqual(['open http', 'close http'])
  })
})

describe('a stop', () => {
  test('of a node that never started closes its store', async () => {
    const store = memoryStore()
    const node = memoryNode({ store })
    await node.stop()
    expect(store.status).toBe('closed')
    expect(node.state).toBe('closed')
  })

  test('tells every error, and closes the rest', async () => {
    const network = new MemoryNetwork()
    const { entries, service, endpoint, throws } = diary()
    const { log, lines } = recorder()
    const broken = { address: 'ws', close: async () => throws('close ws')() }
    const node = memoryNode({
      network,
      address: '127.0.0.1:30303',
      log,
      rpc: { http: endpoint('http'), ws: { name: 'ws', open: async () => broken } },
    })
    node.register(service('a'))
    node.register(service('b', { stop: throws('stop b') }))
    node.register(service('c', { stop: async () => throws('stop c')() }))
    await node.start()
    const error = await failure(node.stop())
    expect(error.code).toBe('ERR_SERVICE')
    expect(error.message.split('; ')).toEqual([
      'the service "c" failed to stop: stop c went wrong',
      'the service "b" failed to stop: stop b went wrong',
      'the RPC endpoint "ws" failed to stop: close ws went wrong',
    ])
    expect((error.cause as AggregateError).errors).toHaveLength(3)
    expect(entries.slice(-5)).toEqual(['stop c', 'stop b', 'stop a', 'close ws', 'close http'])
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(3)
    expect(network.listening).toEqual([])
    expect(node.state).toBe('closed')
    // Whoever else asks hears the same.
    await expect(node.stop()).rejects.toBe(error)
  })

  test('does not wait for ever for a service', async () => {
    const clock = new SimClock()
    const { entries, service } = diary()
    const node = memoryNode({ clock })
    node.register(service('a'))
    node.register(service('b', { stop: () => new Promise<void>(() => undefined) }))
    await node.start()
    const stopped = failure(node.stop())
    await clock.advance(CLOSE_TIMEOUT)
    expect((await stopped).message).toBe(`the service "b" failed to stop: it took longer than ${CLOSE_TIMEOUT} ms`)
    expect(entries).toEqual(['start a', 'start b', 'stop a'])
    expect(clock.pendingTimers).toBe(0)
  })
})
