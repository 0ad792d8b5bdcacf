import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { EthspanError } from '@ethspan/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { faucetReply } from '../src/faucet/faucet-http.js'
import { createHttpServer, type GatewayHttpOptions, webSocketUrl } from '../src/http.js'
import { listen } from '../src/listen.js'
import { readPage } from '../src/page.js'
import { temporaryFolder } from './support.js'

const html = `<!doctype html>${'<p>page</p>'.repeat(50)}`

function builtPage() {
  const folder = temporaryFolder()
  mkdirSync(path.join(folder, 'assets'))
  writeFileSync(path.join(folder, 'index.html'), html)
  writeFileSync(path.join(folder, 'stats.html'), '<p>stats</p>')
  writeFileSync(path.join(folder, 'assets', 'index-1a2b.js'), 'export {}')
  return readPage(folder)
}

async function open(over: Partial<GatewayHttpOptions> = {}) {
  const server = createHttpServer({
    page: builtPage(),
    noPage: 'none',
    nodeInfo: (dial) => ({ dial }),
    externalUrl: undefined,
    trustProxy: false,
    origins: [],
    maxConnections: 100,
    ...over,
  })
  const { port, url, close } = await listen(server, '127.0.0.1', 0)
  onTestFinished(close)

  const get = async (target: string, headers: Record<string, string> = {}, method = 'GET', sent?: string) => {
    const req = request({ port, host: '127.0.0.1', path: target, method, headers, agent: false })
    req.end(sent)
    const [response] = await once(req, 'response')
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk)
    const { statusCode: status, headers: answer }: { statusCode: number; headers: IncomingHttpHeaders } = response
    const bytes = Buffer.concat(chunks)
    return { status, headers: answer, bytes, text: bytes.toString() }
  }

  /** What comes back for these very bytes, until the server hangs up. */
  const raw = async (bytes: string) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.write(bytes)
    await once(socket, 'close')
    return answer
  }
  return { get, raw, url, port }
}

describe('the faucet', () => {
  const address = `0x${'ab'.repeat(20)}`
  const hash = new Uint8Array(32).fill(0xcd)
  const asked = JSON.stringify({ address })

  /** A gateway whose faucet gives to whoever asks, or fails. */
  async function openFaucet(failure?: Error, over: Partial<GatewayHttpOptions> = {}) {
    const given: string[] = []
    const faucet = {
      async fund(to: string) {
        if (failure !== undefined) throw failure
        given.push(to)
        return { hash, amount: 5n }
      },
    }
    const gateway = await open({ faucet: (request) => faucetReply(faucet, request), ...over })
    const origin = `http://127.0.0.1:${gateway.port}`
    const post = (sent: string, headers: Record<string, string> = {}) =>
      gateway.get('/faucet', { origin, 'content-type': 'application/json', ...headers }, 'POST', sent)
    return { ...gateway, post, given }
  }

  test('gives to a page of this gateway, and says by which transaction', async () => {
    const { post, given } = await openFaucet()
    const { status, text } = await post(asked)
    expect([status, JSON.parse(text)]).toEqual([200, { hash: `0x${'cd'.repeat(32)}`, amount: '0x5' }])
    expect(given).toEqual([address])
  })

  test('also behind a proxy that is believed, under its name', async () => {
    const { post } = await openFaucet(undefined, { trustProxy: true })
    const forwarded = { 'x-forwarded-host': 'eth.example', 'x-forwarded-proto': 'https' }
    expect((await post(asked, { ...forwarded, origin: 'https://eth.example' })).status).toBe(200)
    expect((await post(asked, forwarded)).status).toBe(403)
  })

  test.each([
    ['pages from elsewhere', { origin: 'https://evil.example' }],
    ['pages that hide where they are from', { origin: 'null' }],
    ['programs, which have dev_fund', { origin: '' }],
  ])('gives nothing to %s', async (_, headers) => {
    const { post, given } = await openFaucet()
    const { status, text } = await post(asked, headers)
    expect(status).toBe(403)
    expect(text).toContain('dev_fund')
    expect(given).toEqual([])
  })

  test.each([
    [403, 'evil.example', {}],
    [200, 'localhost', {}],
    [200, 'app.localhost', {}],
    [200, '[::1]', {}],
    [200, '192.168.1.2', {}],
    [200, 'evil.example', { externalUrl: new URL('http://evil.example:8547/') }],
  ])(
    'says %i on loopback to a page under the name %s, which may be pointed here by its owner',
    async (status, name, over) => {
      const { post } = await openFaucet(undefined, over)
      expect((await post(asked, { host: `${name}:8547`, origin: `http://${name}:8547` })).status).toBe(status)
    },
  )

  test('tells who sends without end that it is too much, and hangs up', async () => {
    const { raw, port, given } = await openFaucet()
    const head = `POST /faucet HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nOrigin: http://127.0.0.1:${port}\r\n`
    const answer = await raw(
      `${head}Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n${' '.repeat(2_000)}`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(given).toEqual([])
  })

  test.each([
    ['another content type, which any page may send', asked, { 'content-type': 'text/plain' }, 415],
    ['what is no JSON', '{', {}, 400],
    ['JSON without an address', '{"to":"0x"}', {}, 400],
    ['a body that is too large', asked + ' '.repeat(2_000), {}, 413],
  ])('refuses %s', async (_, sent, headers, expected) => {
    const { post, given } = await openFaucet()
    const { status, text } = await post(sent, headers)
    expect(status).toBe(expected)
    expect(JSON.parse(text)).toEqual({ error: expect.any(String) })
    expect(given).toEqual([])
  })

  test('says why it gives nothing, and when it does again', async () => {
    const tooOften = new EthspanError('ERR_STATE', 'it gives again in 3 minutes', { fields: { retryAfterMs: 1 } })
    const { status, text } = await (await openFaucet(tooOften)).post(asked)
    expect([status, JSON.parse(text)]).toEqual([429, { error: 'it gives again in 3 minutes' }])
    const noAddress = new EthspanError('ERR_INVALID_OPTION', 'an address is 0x and 40 hex digits')
    expect((await (await openFaucet(noAddress)).post(asked)).status).toBe(400)
  })

  test('a failure that nobody expected is told to the log, and the gateway lives on', async () => {
    const failed: unknown[] = []
    const { post, get } = await openFaucet(new Error('a bug'), { failed: (...what) => failed.push(what) })
    expect((await post(asked)).status).toBe(500)
    expect(failed).toEqual([['POST /faucet failed', new Error('a bug')]])
    expect((await get('/')).status).toBe(200)
  })

  test('is asked by POST, and is not there where there is none', async () => {
    const { get } = await openFaucet()
    expect((await get('/faucet')).status).toBe(405)
    const none = await open()
    expect((await none.get('/faucet', {}, 'POST', asked)).status).toBe(405)
    expect((await none.get('/faucet')).status).toBe(404)
  })
})

describe('the chain', () => {
  const account = `0x${'ab'.repeat(20)}`
  const block = `0x${'12'.repeat(32)}`

  test('is told by genesis.json where there is one', async () => {
    const { get } = await open({ genesis: '{"config":{}}' })
    const { status, headers, text } = await get('/genesis.json')
    expect([status, headers['content-type'], text]).toEqual([200, 'application/json; charset=utf-8', '{"config":{}}'])
    expect((await (await open()).get('/genesis.json')).status).toBe(404)
  })

  test('tells what an account has after a block, with the proof', async () => {
    const { get } = await open({ proofs: async (...asked) => asked })
    const { status, text } = await get(`/account/${account}?block=${block}`)
    expect([status, JSON.parse(text)]).toEqual([200, { accountProof: [account.slice(2), block.slice(2)] }])
  })

  test('says where it can’t: no state of the block, no such question, no state at all', async () => {
    const { get } = await open({ proofs: async () => undefined })
    expect((await get(`/account/${account}?block=${block}`)).status).toBe(404)
    expect((await get(`/account/${account}`)).status).toBe(400)
    expect((await get(`/account/0x12?block=${block}`)).status).toBe(400)
    expect((await (await open()).get(`/account/${account}?block=${block}`)).status).toBe(404)
  })
})

describe('the page', () => {
  test('stats.html is asked for as /stats', async () => {
    const { get } = await open()
    expect((await get('/stats')).text).toBe('<p>stats</p>')
    expect((await get('/stats.html')).status).toBe(404)
  })

  test('comes with a policy that allows its WASM and its WebSockets, and nothing from elsewhere', async () => {
    const { get } = await open()
    const { status, headers, text } = await get('/')
    expect(status).toBe(200)
    expect(text).toBe(html)
    expect(headers['content-type']).toBe('text/html; charset=utf-8')
    expect(headers['content-security-policy']).toContain("script-src 'self' 'wasm-unsafe-eval';")
    expect(headers['content-security-policy']).toContain("connect-src 'self' ws: wss: http: https:;")
    expect(headers['x-content-type-options']).toBe('nosniff')
    expect(headers['referrer-policy']).toBe('no-referrer')
    expect(headers['cache-control']).toBe('no-cache')
  })

  test('is asked for again each time, its hashed parts never', async () => {
    const { get } = await open()
    const first = await get('/?from=mail')
    expect((await get('/', { 'if-none-match': `${first.headers.etag}` })).status).toBe(304)
    const { headers } = await get('/assets/index-1a2b.js')
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8')
  })

  test('is compressed for those who take it', async () => {
    const { get } = await open()
    const { headers, bytes } = await get('/', { 'accept-encoding': 'br, gzip' })
    expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
    expect(gunzipSync(bytes).toString()).toBe(html)
    expect((await get('/', { 'accept-encoding': 'gzip;q=0' })).headers['content-encoding']).toBeUndefined()
    // Too short to gain by it.
    expect(
      (await get('/assets/index-1a2b.js', { 'accept-encoding': 'gzip' })).headers['content-encoding'],
    ).toBeUndefined()
  })

  test('has no body for HEAD', async () => {
    const { get } = await open()
    const { status, headers, text } = await get('/', {}, 'HEAD')
    expect([status, headers['content-length'], text]).toEqual([200, `${html.length}`, ''])
  })

  test('says in a line where there is none', async () => {
    const { get } = await open({ page: undefined, noPage: 'The page is not built.' })
    expect(await get('/')).toMatchObject({ status: 404, text: '404 Not Found: The page is not built.\n' })
  })
})

describe('everything else is one line', () => {
  test.each([
    ['/nothing', 'GET', 404],
    ['/../../../etc/passwd', 'GET', 404],
    ['/%2e%2e/%2e%2e/package.json', 'GET', 404],
    ['/%00', 'GET', 404],
    ['/assets', 'GET', 404],
    ['//example.org/', 'GET', 404],
    ['/p2p', 'GET', 426],
    ['/', 'POST', 405],
    ['/node.json', 'DELETE', 405],
    ['*', 'OPTIONS', 405],
  ])('%s %s', async (target, method, expected) => {
    const { get } = await open()
    const { status, text, headers } = await get(target, {}, method)
    expect(status).toBe(expected)
    expect(text).toMatch(/^\d{3} [^\n]+\n$/)
    expect(headers['x-content-type-options']).toBe('nosniff')
  })

  test('a range that runs backwards gets the whole page', async () => {
    const { get } = await open()
    expect((await get('/', { range: 'bytes=5-2' })).text).toBe(html)
  })

  test('headers without end, and what is no HTTP', async () => {
    const { raw, get } = await open()
    expect(await raw(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /)
    expect(await raw('\x16\x03\x01 hello?\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect((await get('/')).status).toBe(200)
  })
})

describe('node.json', () => {
  test('names the WebSocket under the host that was asked', async () => {
    const { get } = await open()
    const { status, headers, text } = await get('/node.json', { host: 'node.example:8547' })
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/json; charset=utf-8')
    expect(headers['cache-control']).toBe('no-store')
    expect(JSON.parse(text)).toEqual({ dial: 'ws://node.example:8547/p2p' })
  })

  test.each(['a b', 'x/y', 'user@host', 'x:99999', 'x?y', '[::1', '<script>', 'a'.repeat(300)])(
    'refuses the host %j',
    async (host) => {
      const { get } = await open()
      expect(await get('/node.json', { host })).toMatchObject({
        status: 400,
        text: expect.stringMatching(/Host header/),
      })
    },
  )

  test('may be read by pages of listed origins only', async () => {
    const { get } = await open({ origins: ['https://a.example'] })
    const allowed = async (origin: string) =>
      (await get('/node.json', { origin })).headers['access-control-allow-origin']
    expect(await allowed('https://a.example')).toBe('https://a.example')
    expect(await allowed('https://b.example')).toBeUndefined()
  })
})

describe('the WebSocket’s URL', () => {
  const headers = { host: 'inside:80', 'x-forwarded-host': 'spoofed, out.example', 'x-forwarded-proto': 'https' }
  test.each([
    ['is the request’s own', headers, undefined, false, 'ws://inside:80/p2p'],
    ['is what a trusted proxy says', headers, undefined, true, 'wss://out.example/p2p'],
    ['is the request’s where the proxy says nothing', { host: 'h' }, undefined, true, 'ws://h/p2p'],
    ['is the external one before all', headers, 'https://ext.example/', true, 'wss://ext.example/p2p'],
    ['keeps the external path and port', headers, 'http://ext.example:99/n/', false, 'ws://ext.example:99/n/p2p'],
    ['is an IPv6 address', { host: '[::1]:8547' }, undefined, false, 'ws://[::1]:8547/p2p'],
    ['is not known without a host', {}, undefined, false, undefined],
  ])('%s', (_, headers, external, trustProxy, expected) => {
    const externalUrl = external === undefined ? undefined : new URL(external)
    expect(webSocketUrl({ headers }, { externalUrl, trustProxy })).toBe(expected)
  })
})
