import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request } from 'node:http'
import { connect } from 'node:net'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createHttpServer, type GatewayHttpOptions, webSocketUrl } from '../src/http.js'
import { listen } from '../src/listen.js'
import { readPage } from '../src/page.js'
import { temporaryFolder } from './support.js'

const html = `<!doctype html>${'<p>page</p>'.repeat(50)}`

function builtPage() {
  const folder = temporaryFolder()
  mkdirSync(path.join(folder, 'assets'))
  writeFileSync(path.join(folder, 'index.html'), html)
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

  const get = async (target: string, headers: Record<string, string> = {}, method = 'GET') => {
    const req = request({ port, host: '127.0.0.1', path: target, method, headers, agent: false })
    req.end()
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

describe('the page', () => {
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
