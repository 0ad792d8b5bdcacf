import { request } from 'node:http'
import { connect, createServer } from 'node:net'
import type { ApiMethod } from '@ethspan/node'
import { http, ws } from '@ethspan/rpc/endpoints'
import { describe, expect, onTestFinished, test } from 'vitest'
import { call, contextOf, opened, post, testApi } from '../support.js'

const start = async (options: Parameters<typeof http>[0] = {}) => {
  const { address } = await opened(http({ port: 0, apis: ['test'], ...options }), [testApi])
  return address
}

/** A request with headers that fetch keeps to itself. */
function raw(
  url: string,
  {
    headers = {},
    method = 'POST',
    body = call('test_echo', [1]),
  }: {
    readonly headers?: Record<string, string>
    readonly method?: string
    readonly body?: string
  },
): Promise<{ readonly status: number | undefined; readonly text: string; readonly headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const all = { 'Content-Type': 'application/json', ...headers }
    const sent = request(url, { method, headers: all }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode, text, headers: response.headers }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

test('listens on loopback and answers a POST', async () => {
  const url = await start()
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  const response = await post(url, call('test_echo', ['é']))
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe('application/json')
  expect(await response.json()).toEqual({ jsonrpc: '2.0', id: 1, result: ['é'] })
  expect(await (await post(url, call('test_endpoint'))).json()).toMatchObject({ result: 'http' })
})

test('offers net and web3 unless asked, and never what needs the secret', async () => {
  const all = ['admin', 'net', 'web3', 'debug'].map((namespace) => ({ namespace, methods: {} }))
  const secret = { namespace: 'net', methods: { secret: () => 1 }, authenticated: true }
  const { address } = await opened(http({ port: 0 }), [...all, secret])
  const modules = await (await post(address, call('rpc_modules'))).json()
  expect(modules.result).toEqual({ net: '1.0', rpc: '1.0', web3: '1.0' })
  expect(await (await post(address, call('net_secret'))).json()).toMatchObject({ error: { code: -32601 } })
})

test('malformed bodies get their codes with status 200', async () => {
  const url = await start()
  for (const [body, code] of [
    ['{', -32700],
    ['[]', -32600],
    ['{"id":1}', -32600],
  ] as const) {
    const response = await post(url, body)
    expect([response.status, (await response.json()).error.code]).toEqual([200, code])
  }
  for (const nothing of ['', ' \n', '{"jsonrpc":"2.0","method":"test_echo"}']) {
    const response = await post(url, nothing)
    expect([response.status, await response.text()]).toEqual([200, ''])
  }
})

type RawOptions = Parameters<typeof raw>[1] & { readonly path?: string }

test.each<[string, RawOptions, number, string | RegExp]>([
  ['an empty GET, as of a health check', { method: 'GET', body: '', headers: {} }, 200, ''],
  ['another type', { headers: { 'Content-Type': 'text/plain' } }, 415, /only application\/json/],
  ['a GET with a query', { method: 'GET', body: '', path: '/?a', headers: { 'Content-Type': 'x/y' } }, 415, /only/],
  ['a type with a charset', { headers: { 'Content-Type': 'application/json; charset=utf-8' } }, 200, /result/],
  ['PUT', { method: 'PUT' }, 405, 'method not allowed\n'],
  ['another path', { path: '/other' }, 404, 'not found\n'],
  ['OPTIONS, where there is no list of origins', { method: 'OPTIONS', body: '' }, 200, ''],
])('%s is answered as geth does', async (_, { path = '/', ...options }, status, text) => {
  const answer = await raw((await start()) + path, options)
  expect([answer.status, answer.text]).toEqual([status, typeof text === 'string' ? text : expect.stringMatching(text)])
})

describe('a body of more than 5 MiB', () => {
  const limit = 5 * 1024 * 1024
  const filler = (length: number) => call('test_nothing', []).padEnd(length, ' ')

  test('is refused by its length, or when it passes the limit, and the server goes on', async () => {
    const url = await start()
    expect((await post(url, filler(limit))).status).toBe(200)
    const refused = await raw(url, { headers: { 'Content-Length': `${limit + 1}` }, body: '' }).catch(() => undefined)
    expect(refused).toMatchObject({ status: 413, text: `content length too large (${limit + 1}>${limit})\n` })
    const chunked = await raw(url, { headers: { 'Transfer-Encoding': 'chunked' }, body: filler(limit + 1) })
    expect(chunked.status).toBe(413)
    expect((await post(url, call('test_nothing'))).status).toBe(200)
  })
})

describe('virtual hosts', () => {
  test.each([
    ['localhost', 200],
    ['LOCALHOST:1234', 200],
    ['127.0.0.1', 200],
    ['192.168.7.7:80', 200],
    ['[::1]:8545', 200],
    ['evil.example', 403],
    ['localhost.evil.example:8545', 403],
  ])('by default, %s is answered %i', async (host, status) => {
    const answer = await raw(await start(), { headers: { Host: host } })
    expect(answer.status).toBe(status)
    if (status === 403) expect(answer.text).toBe('invalid host specified\n')
  })

  test('are as listed, * is any', async () => {
    const Host = 'node.example:1'
    expect((await raw(await start({ vhosts: ['Node.Example'] }), { headers: { Host } })).status).toBe(200)
    expect((await raw(await start({ vhosts: ['*'] }), { headers: { Host } })).status).toBe(200)
    const only = await start({ vhosts: ['node.example'] })
    expect((await raw(only, { headers: { Host: 'localhost' } })).status).toBe(403)
  })
})

describe('CORS', () => {
  const Origin = 'https://app.example'
  const preflight = (url: string, origin: string, method = 'POST') => {
    return fetch(url, {
      method: 'OPTIONS',
      headers: {
        Origin: origin,
        'Access-Control-Request-Method': method,
        'Access-Control-Request-Headers': 'content-type',
      },
    })
  }

  test('sends no header by default', async () => {
    const url = await start()
    const headers = [(await preflight(url, Origin)).headers, (await post(url, call('test_echo'), { Origin })).headers]
    for (const got of headers) expect(got.get('access-control-allow-origin')).toBeNull()
  })

  test.each([
    [[Origin], Origin, Origin],
    [['*'], 'http://any.example', '*'],
    [['https://*.example'], Origin, Origin],
    [['https://*.example'], 'https://app.example.evil', null],
    [[Origin], 'http://app.example', null],
    [[Origin], 'null', null],
  ])('with %j answers pages of %s with %s', async (cors, origin, allowed) => {
    const url = await start({ cors })
    const asked = await preflight(url, origin)
    expect([asked.status, await asked.text()]).toEqual([200, ''])
    expect(asked.headers.get('access-control-allow-origin')).toBe(allowed)
    expect(asked.headers.get('access-control-allow-methods')).toBe(allowed && 'POST')
    expect(asked.headers.get('access-control-allow-headers')).toBe(allowed && 'content-type')
    expect(asked.headers.get('access-control-max-age')).toBe(allowed && '600')
    expect(asked.headers.get('vary')).toContain('Origin')
    const called = await post(url, call('test_echo'), { Origin: origin })
    expect(called.headers.get('access-control-allow-origin')).toBe(allowed)
  })

  test('does not allow other methods', async () => {
    const asked = await preflight(await start({ cors: ['*'] }), Origin, 'PUT')
    expect(asked.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('deadlines', () => {
  test('a call that takes too long is answered before the connection is cut', async () => {
    const url = await start({ limits: { writeTimeout: 120 } })
    expect(await (await post(url, call('test_stuck'))).json()).toMatchObject({ error: { code: -32002 } })
  })

  test('a request that does not arrive is ended', async () => {
    const url = new URL(await start({ limits: { readTimeout: 50 } }))
    const socket = connect(Number(url.port), url.hostname)
    const gone = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => {})
    socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{')
    socket.resume()
    await gone
  })

  test('a caller that goes away ends its call', async () => {
    const abort = new AbortController()
    let ended: (() => void) | undefined
    const gone = new Promise<void>((resolve) => {
      ended = resolve
    })
    const wait: ApiMethod = (_, { signal }) => {
      signal.addEventListener('abort', () => ended?.())
      abort.abort()
      return new Promise(() => {})
    }
    const { address } = await opened(http({ port: 0, apis: ['x'] }), [{ namespace: 'x', methods: { wait } }])
    const { signal } = abort
    const headers = { 'Content-Type': 'application/json' }
    await expect(fetch(address, { method: 'POST', body: call('x_wait'), headers, signal })).rejects.toThrow('abort')
    await gone
  })
})

test('takes no more connections than its limit', async () => {
  const url = new URL(await start({ limits: { maxConnections: 2 } }))
  const sockets = [1, 2, 3].map(() => connect(Number(url.port), url.hostname))
  const closed = Promise.race(
    sockets.map((socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))),
  )
  for (const socket of sockets) socket.on('error', () => {})
  await closed
  expect(sockets.filter((socket) => !socket.destroyed)).toHaveLength(2)
  for (const socket of sockets) socket.destroy()
})

test('a busy port is one line', async () => {
  const busy = createServer()
  await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => new Promise<void>((resolve) => busy.close(() => resolve())))
  const { port } = busy.address() as { port: number }
  for (const endpoint of [http({ port }), ws({ port })]) {
    await expect(endpoint.open(contextOf([]))).rejects.toMatchObject({
      code: 'ERR_LISTEN',
      message: expect.stringMatching(
        /^can't open JSON-RPC over \w+ on 127\.0\.0\.1:\d+: another program listens there$/,
      ),
    })
  }
})

test('closing lets a call under way finish and takes no new one', async () => {
  let finish: ((value: string) => void) | undefined
  const wait = () =>
    new Promise((resolve) => {
      finish = resolve
    })
  const endpoint = await opened(http({ port: 0, apis: ['x'] }), [{ namespace: 'x', methods: { wait } }])
  const answer = post(endpoint.address, call('x_wait'))
  await expect.poll(() => finish).toBeDefined()
  const closed = endpoint.close()
  await expect(post(endpoint.address, call('x_wait'))).rejects.toThrow('fetch failed')
  finish?.('done')
  expect(await (await answer).json()).toMatchObject({ result: 'done' })
  await closed
})

test('closing does not wait for connections that ask nothing', async () => {
  const hours = { readTimeout: 3_600_000, shutdownTimeout: 3_600_000 }
  const endpoint = await opened(http({ port: 0, limits: hours }), [])
  const socket = connect(Number(new URL(endpoint.address).port), '127.0.0.1')
  const closed = new Promise((resolve) => socket.once('close', resolve))
  // Accepted later than this one, which is answered.
  await new Promise((resolve) => socket.once('connect', resolve))
  await fetch(endpoint.address, { headers: { Connection: 'close' } })
  await Promise.all([endpoint.close(), closed])
})

test('wrong options are refused', () => {
  expect(() => http({ port: 70_000 })).toThrow('70000 is not a port')
  expect(() => http({ host: '' })).toThrow('the host of the http endpoint is empty')
})
