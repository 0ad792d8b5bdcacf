import { MemoryNetwork } from '@ethspan/core/testing'
import { describe, expect, test } from 'vitest'
import {
  type Api,
  type EndpointContext,
  type Metrics,
  type Node,
  noMetrics,
  type Service,
  serviceKey,
} from '../src/index.js'
import { memoryStore } from '../src/memory.js'
import { diary, failure, idle, idler, memoryNode, recorder } from './support.js'

describe('a life', () => {
  test('p2p, RPC and services start in order and stop in reverse', async () => {
    const network = new MemoryNetwork()
    const { entries, service, endpoint } = diary()
    const listening = (when: string) => void entries.push(`${when}: ${network.listening.length} listening`)
    const node = memoryNode({
      network,
      address: '127.0.0.1:30303',
      rpc: { http: endpoint('http'), ipc: endpoint('ipc') },
    })
    node.register(service('a', { start: () => listening('a starts'), stop: () => listening('a stops') }))
    node.register(service('b'))
    expect(node.state).toBe('initializing')
    await node.start()
    expect(node.state).toBe('running')
    expect([...node.endpoints.keys()]).toEqual(['http', 'ipc'])
    await node.stop()
    expect(node.state).toBe('closed')
    expect(entries).toEqual([
      'open http',
      'open ipc',
      'a starts: 1 listening',
      'start b',
      'stop b',
      'a stops: 1 listening',
      'close ipc',
      'close http',
    ])
    expect(network.listening).toEqual([])
    expect([...node.endpoints]).toEqual([])
  })

  test('the services bring protocols, apis and entries of the record', async () => {
    const api = (namespace: string): Api => ({ namespace, methods: {} })
    const node = memoryNode({ apis: [api('admin')] })
    node.register({ name: 'a', protocols: [idle('aaa')], apis: [api('aaa')], enrEntries: { aaa: 'x' } })
    node.register({ name: 'b', protocols: [idle('bbb')], apis: [api('bbb'), api('aaa')] })
    await node.start()
    expect(Object.keys(node.server.nodeInfo().protocols)).toEqual(['aaa', 'bbb'])
    expect(node.server.nodeInfo().name).toMatch(/^test\/v\d/)
    expect(node.server.localNode.get('aaa')).toBeDefined()
    expect(node.apis().map(({ namespace }) => namespace)).toEqual(['admin', 'aaa', 'bbb', 'aaa'])
    expect(node.endpointContext.apis()).toEqual(node.apis())
    await node.stop()
  })

  test('a service finds what earlier ones offer, by a typed key', async () => {
    const answer = serviceKey<{ readonly value: number }>('test/answer')
    const found: unknown[] = []
    const node = memoryNode()
    node.register({ name: 'early', start: ({ find }) => void found.push(find(answer)) })
    node.register({ name: 'giver', start: ({ offer }) => offer(answer, { value: 42 }) })
    node.register({ name: 'taker', start: ({ need }) => void found.push(need(answer).value) })
    await node.start()
    expect(found).toEqual([undefined, 42])
    await node.stop()
  })

  test('each service has its own part of the store, which the next node finds again', async () => {
    const store = memoryStore()
    const key = 'k'
    const found: unknown[] = []
    for (const round of [1, 2]) {
      const node = memoryNode({ store })
      for (const name of ['a', 'b']) {
        node.register({
          name,
          async start(context) {
            found.push((await context.store.get(key))?.[0])
            await context.store.put(key, Uint8Array.of(name.charCodeAt(0) + round))
          },
        })
      }
      await node.start()
      await node.stop()
    }
    expect(found).toEqual([undefined, undefined, 98, 99])
  })

  test('a service logs under its name, and its signal fires before it is stopped', async () => {
    const { log, lines } = recorder()
    let aborted: boolean | undefined
    const node = memoryNode({ log })
    let signal: AbortSignal | undefined
    node.register({
      name: 'eth',
      start(context) {
        context.log.info('hello', { answer: 42 })
        signal = context.signal
      },
      stop() {
        aborted = signal?.aborted
      },
    })
    await node.start()
    expect(signal?.aborted).toBe(false)
    await node.stop()
    expect(aborted).toBe(true)
    expect(lines).toContainEqual({ level: 'info', message: 'hello', fields: { module: 'eth', answer: 42 } })
    expect(new Set(lines.map(({ fields }) => fields.module))).toEqual(new Set(['node', 'eth', 'known-peers']))
  })
})

test('what the p2p server does is counted where the node was given metrics', async () => {
  const network = new MemoryNetwork()
  const gauges = new Map<string, number>()
  const updates: (() => void)[] = []
  const peers = () => {
    for (const update of updates) update()
    return gauges.get('p2p/peers')
  }
  const metrics: Metrics = {
    ...noMetrics,
    gauge: (name) => ({ set: (value) => void gauges.set(name, value) }),
    onRead: (update) => void updates.push(update),
  }
  const nodes = [metrics, undefined].map((given, i) => {
    const node = memoryNode({
      network,
      address: `127.0.0.1:${i + 1}`,
      ...(given === undefined ? {} : { metrics: given }),
    })
    node.register(idler)
    return node
  }) as [Node, Node]
  for (const node of nodes) await node.start()
  nodes[1].server.addPeer(nodes[0].server.self)
  await expect.poll(peers).toBe(1)
  for (const node of nodes) await node.stop()
  expect(peers()).toBe(0)
})

describe('identity', () => {
  test('is made once and kept in the store', async () => {
    const store = memoryStore()
    const ids = new Set<string>()
    for (const _ of [1, 2]) {
      const node = memoryNode({ store })
      await node.start()
      ids.add(node.server.localNode.id)
      await node.stop()
    }
    expect(ids.size).toBe(1)
  })

  test('is the given key where there is one', async () => {
    const node = memoryNode({ privateKey: '1'.padStart(64, '0') })
    await node.start()
    expect(node.server.self.toString()).toMatch(/^enode:\/\/79be667ef9dcbbac/)
    await node.stop()
  })
})

describe('wrong calls', () => {
  const wrong = (code: string, message: string | RegExp) =>
    expect.objectContaining({ code, message: typeof message === 'string' ? message : expect.stringMatching(message) })

  test('in each state', async () => {
    const node = memoryNode()
    const late: Service = { name: 'late' }
    expect(() => node.server).toThrow(wrong('ERR_STATE', 'the p2p server is made when the node starts'))
    await expect(node.openEndpoint('x', diary().endpoint('x'))).rejects.toThrow(wrong('ERR_STATE', /does not run/))

    const starting = node.start()
    expect(() => node.register(late)).toThrow(wrong('ERR_STATE', /"late" can't be registered: the node is running/))
    await expect(node.start()).rejects.toThrow(wrong('ERR_STATE', "the node can't start: it is running"))
    await starting
    expect(() => node.register(late)).toThrow(wrong('ERR_STATE', /the node is running/))

    await node.stop()
    await expect(node.start()).rejects.toThrow(wrong('ERR_STATE', "the node can't start: it is closed"))
    expect(() => node.register(late)).toThrow(wrong('ERR_STATE', /the node is closed/))
    await node.stop()
    expect(node.state).toBe('closed')
  })

  test('with options or services that do not fit', () => {
    const invalid = (message: RegExp) => wrong('ERR_INVALID_OPTION', message)
    expect(() => memoryNode({ name: 'a/b' })).toThrow(invalid(/the node's name "a\/b"/))
    expect(() => memoryNode({ privateKey: '00' })).toThrow(wrong('ERR_INVALID_KEY', /./))
    expect(() => memoryNode({ store: undefined })).toThrow(invalid(/needs a store or a data directory/))

    const node = memoryNode()
    node.register({ name: 'eth', enrEntries: { eth: '' } })
    expect(() => node.register({ name: 'eth' })).toThrow(invalid(/a service "eth" is registered already/))
    expect(() => node.register({ name: 'known-peers' })).toThrow(invalid(/registered already/))
    expect(() => node.register({ name: 'a b' })).toThrow(invalid(/the service's name "a b"/))
    expect(() => node.register({ name: 'les', enrEntries: { eth: '' } })).toThrow(invalid(/"les" can't set "eth"/))
  })

  test('of services among themselves', async () => {
    const key = serviceKey<number>('chain/chain')
    const needy = memoryNode()
    needy.register({ name: 'les', start: ({ need }) => void need(key) })
    const error = await failure(needy.start())
    expect(error).toEqual(wrong('ERR_SERVICE', /the service "les" needs "chain\/chain", which none before it offers$/))
    expect(error.cause).toEqual(wrong('ERR_STATE', /./))

    const twice = memoryNode()
    twice.register({ name: 'a', start: ({ offer }) => offer(key, 1) })
    twice.register({ name: 'b', start: ({ offer }) => offer(key, 2) })
    await expect(twice.start()).rejects.toThrow(
      wrong('ERR_SERVICE', /"b" can't offer "chain\/chain": "a" offers it already$/),
    )
  })
})

describe('RPC endpoints', () => {
  test('are opened and closed while the node runs, and closed with it', async () => {
    const { entries, endpoint } = diary()
    let seen: EndpointContext | undefined
    const node = memoryNode({ apis: [{ namespace: 'net', methods: {} }] })
    await node.start()
    const ws = endpoint('ws')
    const open = await node.openEndpoint('ws', {
      name: 'ws',
      open: (context) => {
        seen = context
        return ws.open(context)
      },
    })
    expect(open.address).toBe('ws')
    expect(seen?.apis()).toEqual(node.apis())
    await expect(node.openEndpoint('ws', endpoint('ws'))).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_STATE', message: 'the RPC endpoint "ws" is open already' }),
    )
    expect(await node.closeEndpoint('ws')).toBe(true)
    expect(await node.closeEndpoint('ws')).toBe(false)
    await node.openEndpoint('http', endpoint('http'))
    await node.stop()
    expect(entries).toEqual(['open ws', 'close ws', 'open http', 'close http'])
  })
})
