import type { IncomingHttpHeaders } from 'node:http'
import { hostname } from 'node:os'
import { describe, expect, test } from 'vitest'
import { askedHost, clientAddress, isOwnPage, pathOf } from '../../src/netutil/netutil.node.js'

/** A request that came to one of this machine's addresses. */
const request = (headers: IncomingHttpHeaders, localAddress = '192.168.0.2', remoteAddress = '::ffff:127.0.0.1') => ({
  headers,
  socket: { localAddress, remoteAddress },
})

test('the path of a request is without its query', () => {
  expect(pathOf({ url: '/a/b?c=/d?e' })).toBe('/a/b')
  expect(pathOf({ url: '/' })).toBe('/')
  expect(pathOf({})).toBe('')
})

describe('the address of a client', () => {
  test.each([
    ['is the socket’s, whatever the request says', { 'x-forwarded-for': '203.0.113.1' }, false, '127.0.0.1'],
    [
      'is the last proxy’s word, where it is trusted',
      { 'x-forwarded-for': '1.1.1.1, 203.0.113.7' },
      true,
      '203.0.113.7',
    ],
    ['is read without mapping and zone', { 'x-forwarded-for': '::ffff:203.0.113.7' }, true, '203.0.113.7'],
    ['is the socket’s where the proxy says nothing', {}, true, '127.0.0.1'],
    ['is the socket’s where the proxy says nonsense', { 'x-forwarded-for': '203.0.113.7, unknown' }, true, '127.0.0.1'],
    ['is the socket’s where the last word is missing', { 'x-forwarded-for': '203.0.113.7,' }, true, '127.0.0.1'],
  ])('%s', (_, headers, trustProxy, expected) => {
    expect(clientAddress(request(headers), trustProxy)).toBe(expected)
  })

  test('is nothing where the socket is gone', () => {
    const gone = { headers: {}, socket: { localAddress: undefined, remoteAddress: undefined } }
    expect(clientAddress(gone, true)).toBe('')
  })
})

describe('what a client calls the server', () => {
  const forwarded = { 'x-forwarded-host': 'spoofed.example, out.example', 'x-forwarded-proto': 'http, https' }
  test.each<[string, IncomingHttpHeaders, boolean, ReturnType<typeof askedHost>]>([
    ['is the Host', { host: 'in.example:80', ...forwarded }, false, { host: 'in.example:80', tls: false }],
    ['is the last proxy’s word', { host: 'in.example:80', ...forwarded }, true, { host: 'out.example', tls: true }],
    ['is the Host where the proxy says nothing', { host: 'h' }, true, { host: 'h', tls: false }],
    ['is an address', { host: '[::1]:8547' }, false, { host: '[::1]:8547', tls: false }],
    ['is not known without a Host', {}, false, undefined],
    ...['a b', 'x/y', 'user@host', 'x:99999', 'x?y', '[::1', '<script>', '', 'a'.repeat(300)].map(
      (host): [string, IncomingHttpHeaders, boolean, undefined] => [`is not ${host}`, { host }, false, undefined],
    ),
  ])('%s', (_, headers, trustProxy, expected) => {
    expect(askedHost({ headers }, trustProxy)).toEqual(expected)
  })
})

describe('a page of the server’s own host', () => {
  const isOwn = (
    headers: IncomingHttpHeaders,
    { trustProxy = false, externalUrl }: { readonly trustProxy?: boolean; readonly externalUrl?: string } = {},
    localAddress?: string,
  ) =>
    isOwnPage(request(headers, localAddress), {
      externalUrl: externalUrl === undefined ? undefined : new URL(externalUrl),
      trustProxy,
    })

  test.each([
    [true, 'node.example:8547', 'http://node.example:8547'],
    [true, 'NODE.example', 'http://node.example'],
    [true, 'node.example:443', 'https://node.example'],
    [true, 'node.example', 'http://node.example:80'],
    [true, '[::1]:8547', 'http://[::1]:8547'],
    [false, 'node.example:8547', 'http://node.example:8548'],
    [false, 'node.example', 'http://node.example.evil.example'],
    [false, 'node.example', 'http://evil.example'],
    [false, 'evil.example@node.example', 'http://node.example'],
    [false, 'node.example', 'null'],
    [false, 'node.example:80', 'file://'],
    [false, 'node.example', undefined],
    [false, undefined, 'http://node.example'],
  ])('%s where %s is asked for by a page from %s', (expected, host, origin) => {
    const headers = { ...(host === undefined ? {} : { host }), ...(origin === undefined ? {} : { origin }) }
    expect(isOwn(headers)).toBe(expected)
  })

  test('may be one of the URL that was named, or of the host that is asked for', () => {
    const externalUrl = 'wss://out.example:8443/p2p'
    expect(isOwn({ host: 'in.example', origin: 'https://out.example:8443' }, { externalUrl })).toBe(true)
    expect(isOwn({ host: 'in.example', origin: 'http://in.example' }, { externalUrl })).toBe(true)
    expect(isOwn({ host: 'in.example', origin: 'https://out.example' }, { externalUrl })).toBe(false)
  })

  test('is one of the host that a trusted proxy names, the last one', () => {
    const headers = { host: 'in.example', 'x-forwarded-host': 'evil.example, out.example' }
    const ask = (origin: string, trustProxy: boolean) => isOwn({ ...headers, origin }, { trustProxy })
    expect(ask('https://out.example', true)).toBe(true)
    expect(ask('https://evil.example', true)).toBe(false)
    expect(ask('https://in.example', true)).toBe(false)
    expect(ask('https://out.example', false)).toBe(false)
  })

  test.each([
    [true, '127.0.0.1'],
    [true, '[::1]'],
    [true, '192.168.0.2'],
    [true, 'localhost'],
    [true, 'app.localhost'],
    [true, hostname().toLowerCase()],
    [false, 'evil.example'],
    [false, 'localhost.evil.example'],
  ])('%s on loopback under the name %s', (expected, name) => {
    const headers = { host: `${name}:8547`, origin: `http://${name}:8547` }
    for (const localAddress of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      expect(isOwn(headers, {}, localAddress), localAddress).toBe(expected)
      expect(isOwn(headers, { trustProxy: true }, localAddress), localAddress).toBe(true)
      expect(isOwn(headers, { externalUrl: headers.origin }, localAddress), localAddress).toBe(true)
    }
  })
})
