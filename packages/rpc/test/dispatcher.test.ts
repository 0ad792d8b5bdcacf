import { EthspanError } from '@ethspan/core'
import { SimClock, settle } from '@ethspan/core/testing'
import type { Api } from '@ethspan/node'
import { Dispatcher, type DispatcherOptions, RpcError } from '@ethspan/rpc'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { call, testApi } from './support.js'

const here = new AbortController().signal

const make = (options: Partial<DispatcherOptions> = {}) => {
  return new Dispatcher({ endpoint: 'http', apis: () => [testApi], ...options })
}

/** The answer as text, undefined where there is none. */
const ask = async (text: string, options?: Partial<DispatcherOptions>) => {
  return (await make(options).answer(text, { signal: here })).text
}

const error = (code: number, message: string, id: unknown = 1) => ({ jsonrpc: '2.0', id, error: { code, message } })
const parsed = async (text: string, options?: Partial<DispatcherOptions>) =>
  JSON.parse((await ask(text, options)) ?? '')

describe('a single request', () => {
  test('is answered with its result', async () => {
    expect(await ask(call('test_echo', [1, 'a', null]))).toBe('{"jsonrpc":"2.0","id":1,"result":[1,"a",null]}')
  })

  test.each([0, -1, 1.5, 'a "quoted" id', '', null, Number.MAX_SAFE_INTEGER])('keeps the id %j', async (id) => {
    expect(await parsed(call('test_nothing', [], id))).toEqual({ jsonrpc: '2.0', id, result: null })
  })

  test.each([
    ['an object', '{"jsonrpc":"2.0","id":{},"method":"test_echo"}'],
    ['a list', '{"jsonrpc":"2.0","id":[1],"method":"test_echo"}'],
    ['a boolean', '{"jsonrpc":"2.0","id":true,"method":"test_echo"}'],
    ['a number that JSON.parse rounds', '{"jsonrpc":"2.0","id":9007199254740993,"method":"test_echo"}'],
  ])('whose id is %s is invalid', async (_, text) => {
    expect(await parsed(text)).toEqual(error(-32600, 'invalid request', null))
  })

  test('that is a notification runs and is not answered', async () => {
    let calls = 0
    const apis = (): Api[] => [{ namespace: 'test', methods: { count: () => ++calls } }]
    expect(await ask('{"jsonrpc":"2.0","method":"test_count"}', { apis })).toBeUndefined()
    expect(await ask('{"jsonrpc":"2.0","method":"test_missing"}', { apis })).toBeUndefined()
    expect(calls).toBe(1)
  })

  test('may leave out its params or write null', async () => {
    expect(await parsed('{"jsonrpc":"2.0","id":1,"method":"test_echo"}')).toMatchObject({ result: [] })
    expect(await parsed(call('test_echo', null))).toMatchObject({ result: [] })
  })

  test('that answers nothing we asked is ignored', async () => {
    expect(await ask('{"jsonrpc":"2.0","id":1,"result":true}')).toBeUndefined()
  })

  test.each([
    ['no JSON', '{"jsonrpc":', -32700, null],
    ['nothing', '', -32700, null],
    ['another version', '{"jsonrpc":"1.0","id":1,"method":"test_echo"}', -32600, 1],
    ['no method', '{"jsonrpc":"2.0","id":1}', -32600, 1],
    ['a method that is no text', '{"jsonrpc":"2.0","id":1,"method":1}', -32600, 1],
    ['a scalar', '1', -32600, null],
    ['null', 'null', -32600, null],
    ['a method name of 2049 characters', call('m'.repeat(2049)), -32600, 1],
    ['named params', call('test_echo', { a: 1 }), -32602, 1],
    ['a method that throws', call('test_fail'), -32000, 1],
    ['a result that is not JSON', call('test_bigint'), -32603, 1],
    ['a subscription over HTTP', call('test_subscribe', ['count']), -32601, 1],
  ])('that is %s gets its code', async (_, text, code, id) => {
    expect(await parsed(text)).toMatchObject({ jsonrpc: '2.0', id, error: { code } })
  })

  test.each(['test_missing', 'missing_echo', 'echo', '', 'test_', 'test_constructor', 'test___proto__', '__proto___x'])(
    'for the method %j, which does not exist, is told so in geth’s words',
    async (method) => {
      const answer = await parsed(call(method))
      if (method === '') expect(answer).toEqual(error(-32600, 'invalid request'))
      else expect(answer).toEqual(error(-32601, `the method ${method} does not exist/is not available`))
    },
  )

  test('keeps code and data of what the method throws', async () => {
    const methods = {
      rpc: () => {
        throw new RpcError(-32005, 'too much', { data: { limit: 3 } })
      },
      ours: () => {
        throw new EthspanError('ERR_STATE', 'not now', { hint: 'Later.' })
      },
      text: () => Promise.reject('a text'),
      circular: () => {
        const data: { self?: unknown } = {}
        data.self = data
        throw new RpcError(-32000, 'round', { data })
      },
    }
    const apis = () => [{ namespace: 'x', methods }]
    expect(await parsed(call('x_rpc'), { apis })).toMatchObject({
      error: { code: -32005, message: 'too much', data: { limit: 3 } },
    })
    expect(await parsed(call('x_ours'), { apis })).toMatchObject({
      error: { code: -32000, message: 'not now', data: { code: 'ERR_STATE', hint: 'Later.' } },
    })
    expect(await parsed(call('x_text'), { apis })).toMatchObject({ error: { code: -32000, message: 'a text' } })
    expect(await parsed(call('x_circular'), { apis })).toMatchObject({ error: { code: -32000, message: 'round' } })
  })
})

describe('what is offered', () => {
  const apis = () => [
    testApi,
    { namespace: 'admin', methods: { peers: () => [] } },
    { namespace: 'engine', methods: { x: () => 1 }, authenticated: true },
  ]

  test('is all but what needs the secret, by default', async () => {
    expect(await parsed(call('rpc_modules'), { apis })).toMatchObject({
      result: { admin: '1.0', rpc: '1.0', test: '1.0' },
    })
    expect(await parsed(call('engine_x'), { apis })).toMatchObject({ error: { code: -32601 } })
    expect(await parsed(call('engine_x'), { apis, authenticated: true })).toMatchObject({ result: 1 })
  })

  test('is what is named, and rpc', async () => {
    const namespaces = ['test']
    expect(await parsed(call('rpc_modules'), { apis, namespaces })).toMatchObject({
      result: { rpc: '1.0', test: '1.0' },
    })
    expect(await parsed(call('admin_peers'), { apis, namespaces })).toMatchObject({ error: { code: -32601 } })
    expect(await parsed(call('rpc_modules'), { apis, namespaces: [] })).toMatchObject({ result: { rpc: '1.0' } })
  })
})

describe('a batch', () => {
  test('is answered in order, notifications left out, each failure by itself', async () => {
    const batch = `[${call('test_echo', [1], 'a')},{"jsonrpc":"2.0","method":"test_nothing"},1,${call('x_y', [], 2)}]`
    expect(await parsed(batch)).toEqual([
      { jsonrpc: '2.0', id: 'a', result: [1] },
      error(-32600, 'invalid request', null),
      error(-32601, 'the method x_y does not exist/is not available', 2),
    ])
  })

  test('of nothing is an invalid request; of notifications gets no answer', async () => {
    expect(await parsed('[]')).toEqual(error(-32600, 'empty batch', null))
    expect(await ask('[{"jsonrpc":"2.0","method":"test_nothing"}]')).toBeUndefined()
  })

  test('of 1000 is answered, of 1001 refused as a whole with the first id', async () => {
    const batch = (length: number) => `[1,${Array.from({ length }, (_, i) => call('test_nothing', [], i + 7)).join()}]`
    expect(await parsed(batch(999))).toHaveLength(1000)
    expect(await parsed(batch(1000))).toEqual([error(-32600, 'batch too large', 7)])
  })

  test('ends with the answer that passes 25 MB; the rest is refused', async () => {
    const batch = [1, 2, 3, 4].map((id) => call('test_size', [12_499_000], id)).join()
    const answers = await parsed(`[${batch}]`)
    expect(answers.map(({ result, error }: { result?: string; error?: object }) => result?.length ?? error)).toEqual([
      12_499_000,
      12_499_000,
      12_499_000,
      { code: -32003, message: 'response too large' },
    ])
  })

  test('counts answers in bytes, not in characters', async () => {
    const apis = () => [{ namespace: 'x', methods: { e: () => 'é€😀' } }]
    const limits = { batchResponseBytes: 44 }
    // 35 characters around a text of 2 + 3 + 4 bytes: 44 each, which does not pass the limit; 88 do.
    const batch = `[${[1, 2, 3].map((id) => call('x_e', [], id)).join()}]`
    expect((await parsed(batch, { apis, limits }))[2]).toEqual(error(-32003, 'response too large', 3))
    expect((await parsed(batch, { apis, limits: { batchResponseBytes: 43 } }))[1]).toMatchObject({
      error: { code: -32003 },
    })
  })
})

describe('a call', () => {
  test('that takes too long is answered -32002 and its signal fires; nothing is left behind', async () => {
    const clock = new SimClock()
    let signal: AbortSignal | undefined
    const stuck: Api = {
      namespace: 'x',
      methods: {
        stuck: (_, context) => {
          signal = context.signal
          return new Promise(() => {})
        },
      },
    }
    const dispatcher = make({ apis: () => [testApi, stuck], clock, callTimeout: 100 })
    const single = dispatcher.answer(call('x_stuck'), { signal: here })
    await clock.advance(99)
    expect(signal?.aborted).toBe(false)
    await clock.advance(1)
    expect(JSON.parse((await single).text ?? '')).toEqual(error(-32002, 'request timed out'))
    expect(signal?.reason).toMatchObject({ code: 'ERR_TIMEOUT' })

    const notified = '{"jsonrpc":"2.0","method":"test_nothing"}'
    const text = `[${call('test_nothing')},${call('x_stuck', [], 2)},${notified},${call('test_nothing', [], 3)}]`
    const batch = dispatcher.answer(text, { signal: here })
    await clock.advance(100)
    expect(JSON.parse((await batch).text ?? '')).toEqual([
      { jsonrpc: '2.0', id: 1, result: null },
      error(-32002, 'request timed out', 2),
      error(-32002, 'request timed out', 3),
    ])
    await dispatcher.answer(call('test_nothing'), { signal: here })
    expect(clock.pendingTimers).toBe(0)
  })

  test('whose caller is gone is given up', async () => {
    const gone = new AbortController()
    const answer = make().answer(`[${call('test_stuck')},${call('test_nothing')}]`, { signal: gone.signal })
    await settle()
    gone.abort(new Error('gone'))
    expect((await answer).text).toBeUndefined()
    expect((await make().answer(call('test_stuck'), { signal: gone.signal })).text).toBeUndefined()
  })
})

test('whatever JSON comes, each element is answered or is a notification, and nothing throws', async () => {
  const version = fc.constantFrom('2.0', '1.0', 2)
  const method = fc.oneof(
    fc.constantFrom('test_echo', 'test_fail', 'test_subscribe', 'test_unsubscribe'),
    fc.jsonValue(),
  )
  const like = fc.record({ jsonrpc: version, id: fc.jsonValue(), method, params: fc.jsonValue() }, { requiredKeys: [] })
  const one = fc.oneof(like, fc.jsonValue())
  const any = fc.oneof(one, fc.array(one))
  const dispatcher = make()
  await fc.assert(
    fc.asyncProperty(any, async (value) => {
      const { text } = await dispatcher.answer(JSON.stringify(value), { signal: here })
      if (text === undefined) return
      const answers = [JSON.parse(text)].flat()
      expect(answers.length).toBeLessThanOrEqual(Array.isArray(value) ? Math.max(1, value.length) : 1)
      for (const answer of answers) {
        expect(answer.jsonrpc).toBe('2.0')
        expect('result' in answer).not.toBe('error' in answer)
      }
    }),
    { numRuns: 500 },
  )
})

test('whatever text comes is answered, and nothing throws', async () => {
  const dispatcher = make()
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json().map((json) => json.slice(0, -1)),
  )
  await fc.assert(
    fc.asyncProperty(text, async (sent) => {
      const answer = await dispatcher.answer(sent, { signal: here })
      if (answer.malformed) expect(JSON.parse(answer.text ?? '')).toMatchObject({ id: null, error: { code: -32700 } })
    }),
    { numRuns: 500 },
  )
})

test('a million nested brackets are answered', async () => {
  expect(await ask('['.repeat(1_000_000))).toContain('-32700')
  const deep = `{"jsonrpc":"2.0","id":1,"method":"test_nothing","params":[${'['.repeat(100_000)}${']'.repeat(100_000)}]}`
  expect(await parsed(deep)).toMatchObject({ id: 1 })
})
