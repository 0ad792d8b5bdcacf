import { EthspanError } from '@ethspan/core'
import { settle } from '@ethspan/core/testing'
import type { Api } from '@ethspan/node'
import { inProcess, portClient, type RpcClient, RpcError, servePort } from '@ethspan/rpc'
import { describe, expect, onTestFinished, test } from 'vitest'
import { testApi } from '../support.js'

/** A subscription that a test feeds. */
function feed() {
  const open = new Set<(value: unknown) => void>()
  const api: Api = {
    namespace: 'feed',
    methods: {},
    subscriptions: {
      values: ([first], notify, { signal }) => {
        if (first !== undefined) notify(first)
        open.add(notify)
        signal.addEventListener('abort', () => open.delete(notify))
      },
      refused: () => {
        throw new RpcError(-32000, 'not now')
      },
    },
  }
  const tell = (value: unknown) => {
    for (const notify of open) notify(value)
  }
  return { api, open, tell }
}

function overPort(apis: readonly Api[]): RpcClient {
  const { port1, port2 } = new MessageChannel()
  const served = servePort(port1, apis)
  const client = portClient(port2)
  onTestFinished(async () => {
    client.close()
    await served.closed
  })
  return client
}

describe.each([
  ['in process', (apis: readonly Api[]) => inProcess(apis)],
  ['over a port', overPort],
])('a client %s', (_, make) => {
  test('gets results and errors', async () => {
    const client = make([testApi])
    expect(await client.request('test_echo', [1, { a: ['b'] }])).toEqual([1, { a: ['b'] }])
    expect(await client.request('test_endpoint')).toBe('inproc')
    await expect(client.request('test_fail')).rejects.toMatchObject({
      name: 'RpcError',
      code: -32000,
      message: 'it failed',
    })
    await expect(client.request('x_y')).rejects.toMatchObject({ code: -32601 })
  })

  test('ends a call by its signal', async () => {
    const client = make([testApi])
    const abort = new AbortController()
    const stuck = client.request('test_stuck', [], { signal: abort.signal })
    abort.abort()
    await expect(stuck).rejects.toMatchObject({ code: 'ERR_ABORTED' })
    await expect(client.request('test_echo', [], { signal: abort.signal })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    })
  })

  test('gets notifications from the first on, in order, until it unsubscribes', async () => {
    const { api, open, tell } = feed()
    const client = make([api, testApi])
    const got: unknown[] = []
    const subscription = await client.subscribe('feed', ['values', 'early'], (value) => got.push(value))
    expect(subscription.id).toMatch(/^0x[1-9a-f][0-9a-f]*$/)
    tell({ n: 1 })
    tell({ n: 2 })
    await client.request('test_nothing')
    expect(got).toEqual(['early', { n: 1 }, { n: 2 }])
    await subscription.unsubscribe()
    expect(open.size).toBe(0)
    tell({ n: 3 })
    await client.request('test_nothing')
    expect(got).toHaveLength(3)
    await subscription.unsubscribe()
  })

  test('unsubscribes by its signal', async () => {
    const { api, open } = feed()
    const client = make([api, testApi])
    const abort = new AbortController()
    await client.subscribe('feed', ['values'], () => {}, { signal: abort.signal })
    expect(open.size).toBe(1)
    abort.abort()
    await client.request('test_nothing')
    expect(open.size).toBe(0)
  })

  test('is told why a subscription is refused', async () => {
    const client = make([feed().api])
    const listen = () => {}
    await expect(client.subscribe('feed', ['refused'], listen)).rejects.toMatchObject({ message: 'not now' })
    await expect(client.subscribe('feed', ['other'], listen)).rejects.toMatchObject({
      code: -32601,
      message: 'no "other" subscription in feed namespace',
    })
    await expect(client.subscribe('feed', [], listen)).rejects.toMatchObject({ code: -32602 })
    await expect(client.request('feed_unsubscribe', ['0x1'])).rejects.toMatchObject({
      code: -32000,
      message: 'subscription not found',
    })
  })

  test('can have 100 subscriptions and not one more', async () => {
    const { api, open } = feed()
    const client = make([api])
    for (let i = 0; i < 100; i++) await client.subscribe('feed', ['values'], () => {})
    await expect(client.subscribe('feed', ['values'], () => {})).rejects.toMatchObject({ code: -32000 })
    expect(open.size).toBe(100)
  })

  test('that closes ends what is under way on both sides', async () => {
    const { api, open } = feed()
    const client = make([api, testApi])
    await client.subscribe('feed', ['values'], () => {})
    const stuck = client.request('test_stuck')
    const ended = stuck.catch((error) => error)
    client.close()
    client.close()
    expect(await ended).toMatchObject({ code: 'ERR_CLOSED' })
    expect(client.signal.aborted).toBe(true)
    await expect(client.request('test_echo')).rejects.toBeInstanceOf(EthspanError)
    // Over a port the goodbye takes a task.
    await expect.poll(() => open.size).toBe(0)
  })
})

test('a source that overflows before its id is told is ended', async () => {
  const client = inProcess([testApi])
  const got: unknown[] = []
  await client.subscribe('test', ['count', 1000], (value) => got.push(value))
  await settle()
  expect(got).toHaveLength(1000)
  await expect(client.subscribe('test', ['count', 1001], () => {})).rejects.toMatchObject({
    message: 'subscription queue overflow',
  })
})

test('what is asked of the apis is asked at each call', async () => {
  const apis: Api[] = []
  const client = inProcess({ apis: () => apis })
  await expect(client.request('test_echo')).rejects.toMatchObject({ code: -32601 })
  apis.push(testApi)
  expect(await client.request('test_echo')).toEqual([])
})

test('the node’s end of a port can say goodbye, and the client is told', async () => {
  const { port1, port2 } = new MessageChannel()
  const served = servePort(port1, [testApi])
  const client = portClient(port2)
  const stuck = client.request('test_stuck').catch((error) => error)
  served.close()
  expect(await stuck).toMatchObject({ code: 'ERR_CLOSED', message: 'the other end of the port is gone' })
  await served.closed
})

test('tabs of one worker see the same node, each with its own calls', async () => {
  const { api, tell } = feed()
  const [a, b] = [overPort([api, testApi]), overPort([api, testApi])]
  const got: string[] = []
  await a.subscribe('feed', ['values'], (value) => got.push(`a ${value}`))
  await b.subscribe('feed', ['values'], (value) => got.push(`b ${value}`))
  a.close()
  await b.request('test_nothing')
  tell(1)
  await b.request('test_nothing')
  expect(got).toContain('b 1')
})
