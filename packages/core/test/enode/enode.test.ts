import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesToHex, hexToBytes } from '../../src/bytes.js'
import { publicKeyOf } from '../../src/crypto/secp256k1.js'
import type { Endpoint } from '../../src/enode/endpoint.js'
import { Enode } from '../../src/enode/enode.js'
import { ENR, endpointEntries } from '../../src/enode/enr.js'
import { formatIp, parseIp } from '../../src/enode/ip.js'
import { EthspanError } from '../../src/errors.js'

// The key and most of the enode URLs are those of go-ethereum's p2p/enode/urlv4_test.go.
const key =
  '1dd9d65c4552b5eb43d5ad55a2ee3f56c6cbc1c64a5c8d659f51fcd51bace24351232b8d7821617d2b29b54b81cdefb9b3e9c37d7fd5f63270bcc9e1a6f6a439'
const privateKey = hexToBytes('b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291')

const errorOf = (run: () => unknown): EthspanError => {
  try {
    run()
  } catch (error) {
    if (error instanceof EthspanError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('enode URLs are read and written as geth 1.17.10 does', () => {
  test.each<[address: string, endpoint: Endpoint, canonical?: string]>([
    ['127.0.0.1:52150', { host: '127.0.0.1', tcpPort: 52150, udpPort: 52150 }],
    ['127.0.0.1:52150?discport=22334', { host: '127.0.0.1', tcpPort: 52150, udpPort: 22334 }],
    ['[::]:52150', { host: '::', tcpPort: 52150, udpPort: 52150 }],
    ['[2001:db8:3c4d:15::abcd:ef12]:52150', { host: '2001:db8:3c4d:15::abcd:ef12', tcpPort: 52150, udpPort: 52150 }],
    ['[2001:DB8:0:0:1:0:0:1]:5', { host: '2001:db8::1:0:0:1', tcpPort: 5, udpPort: 5 }, '[2001:db8::1:0:0:1]:5'],
    ['[1:0:2:3:4:5:6:7]:5', { host: '1:0:2:3:4:5:6:7', tcpPort: 5, udpPort: 5 }],
    ['[64:ff9b::1.2.3.4]:5', { host: '64:ff9b::102:304', tcpPort: 5, udpPort: 5 }, '[64:ff9b::102:304]:5'],
    ['[::ffff:1.2.3.4]:1', { host: '1.2.3.4', tcpPort: 1, udpPort: 1 }, '1.2.3.4:1'],
    ['valid.:3', { host: 'valid.', tcpPort: 3, udpPort: 3 }],
    ['Node-1.Example.org:3?discport=9', { host: 'Node-1.Example.org', tcpPort: 3, udpPort: 9 }],
    ['a_b.example:3', { host: 'a_b.example', tcpPort: 3, udpPort: 3 }],
    ['10.0.0.1:0?discport=30301', { host: '10.0.0.1', udpPort: 30301 }],
    ['10.0.0.1:30303?discport=0', { host: '10.0.0.1', tcpPort: 30303 }],
    ['10.0.0.1:30303?discport=', { host: '10.0.0.1', tcpPort: 30303, udpPort: 30303 }, '10.0.0.1:30303'],
    ['10.0.0.1:30303?discport=30303', { host: '10.0.0.1', tcpPort: 30303, udpPort: 30303 }, '10.0.0.1:30303'],
    ['10.0.0.1:5?discport=6&discport=7', { host: '10.0.0.1', tcpPort: 5, udpPort: 6 }, '10.0.0.1:5?discport=6'],
    ['10.0.0.1:030303', { host: '10.0.0.1', tcpPort: 30303, udpPort: 30303 }, '10.0.0.1:30303'],
    ['10.0.0.1:1/path?x=1&discport=7#f', { host: '10.0.0.1', tcpPort: 1, udpPort: 7 }, '10.0.0.1:1?discport=7'],
  ])('%s', (address, endpoint, canonical = address) => {
    const node = Enode.parse(`enode://${key}@${address}`)
    expect(bytesToHex(node.publicKey)).toBe(key)
    expect(node.endpoint).toEqual(endpoint)
    expect(node.toString()).toBe(`enode://${key}@${canonical}`)
    expect(Enode.parse(node.toString()).endpoint).toEqual(endpoint)
  })

  test('without an address', () => {
    const node = Enode.parse(`enode://${key}`)
    expect(node.endpoint).toEqual({})
    expect(node.toString()).toBe(`enode://${key}`)
    expect(node.urls).toEqual([])
  })

  test('without a host', () => {
    const node = Enode.parse(`enode://${key}@:30303`)
    expect(node.endpoint).toEqual({ tcpPort: 30303, udpPort: 30303 })
    expect(node.toString()).toBe(`enode://${key}`)
  })

  test('with an upper-case scheme and key', () => {
    expect(Enode.parse(`ENODE://${key.toUpperCase()}@1.2.3.4:5`).toString()).toBe(`enode://${key}@1.2.3.4:5`)
  })
})

describe('WebSocket URLs', () => {
  test.each<[scheme: 'ws' | 'wss', address: string, canonical?: string]>([
    ['ws', '127.0.0.1:8547/p2p'],
    ['wss', 'node.example.org/p2p'],
    ['ws', 'localhost:8547', 'localhost:8547/'],
    ['ws', 'node.example.org:80/p2p', 'node.example.org/p2p'],
    ['wss', 'node.example.org:443/p2p', 'node.example.org/p2p'],
    ['wss', 'node.example.org:80/p2p'],
    ['wss', 'Node.Example.ORG/P2P', 'node.example.org/P2P'],
    ['ws', '[2001:DB8:0::1]:1/x', '[2001:db8::1]:1/x'],
    ['ws', 'h:1/a/../b/./c', 'h:1/b/c'],
    ['wss', 'h/p2p?token=a%20b&x=1'],
    ['wss', 'h?x', 'h/?x'],
  ])('%s %s', (scheme, address, canonical = address) => {
    const node = Enode.parse(`enode+${scheme}://${key}@${address}`)
    expect(node.endpoint).toEqual({ ws: `${scheme}://${canonical}` })
    expect(node.isWebSocket).toBe(true)
    expect(node.toString()).toBe(`enode+${scheme}://${key}@${canonical}`)
    expect(Enode.parse(node.toString()).endpoint).toEqual(node.endpoint)
  })
})

describe('bad addresses say what is wrong', () => {
  const tcp = 'enode://<128 hex digits>@<host>:<port>'
  const ws = 'enode+ws://<128 hex digits>@<host>:<port>/<path>'
  const any = `${tcp}, enode+ws://…, enode+wss://… or enr:…`
  const offCurve = `${key.slice(0, -1)}8`

  test.each<[text: string, part: string, message: string]>([
    ['', 'scheme', `"" is not a node address; expected ${any}`],
    [key, 'scheme', `"${key.slice(0, 60)}…" is not a node address; expected ${any}`],
    ['http://foobar', 'scheme', `"http://foobar" is not a node address; expected ${any}`],
    ['://foo', 'scheme', `"://foo" is not a node address; expected ${any}`],
    ['enode:', 'scheme', `"enode:" is not a node address; expected ${any}`],
    ['enode+http://x@y', 'scheme', `"enode+http://x@y" is not a node address; expected ${any}`],
    ['enode://01010101', 'public key', `the public key has 8 hex digits instead of 128; expected ${tcp}`],
    ['enode://01010101@1.2.3.4:3', 'public key', `the public key has 8 hex digits instead of 128; expected ${tcp}`],
    ['enode://@1.2.3.4:3', 'public key', `the public key has 0 hex digits instead of 128; expected ${tcp}`],
    ['enode://xyz@1.2.3.4:3', 'public key', `the public key "xyz" does not consist of hex digits; expected ${tcp}`],
    ['enode://1.2.3.4:3', 'public key', `there is no @ between a public key and a host; expected ${tcp}`],
    [`enode+ws://${key}`, 'public key', `there is no @ between a public key and a host; expected ${ws}`],
    [
      `enode://${offCurve}@1.2.3.4:3`,
      'public key',
      `the public key is not a point on the curve secp256k1; expected ${tcp}`,
    ],
    [`enode://${key}@127.0.0.1:foo`, 'port', `the port "foo" is not a number from 0 to 65535; expected ${tcp}`],
    [`enode://${key}@127.0.0.1:65536`, 'port', `the port "65536" is not a number from 0 to 65535; expected ${tcp}`],
    [`enode://${key}@127.0.0.1:-1`, 'port', `the port "-1" is not a number from 0 to 65535; expected ${tcp}`],
    [`enode://${key}@127.0.0.1`, 'port', `the port is missing; expected ${tcp}`],
    [`enode://${key}@127.0.0.1:`, 'port', `the port is missing; expected ${tcp}`],
    [
      `enode://${key}@127.0.0.1:3?discport=foo`,
      'discport',
      `the discport "foo" is not a number from 0 to 65535; expected ${tcp}?discport=<port>`,
    ],
    [`enode://${key}@127.1:3`, 'host', `"127.1" is neither an IP address nor a host name; expected ${tcp}`],
    [`enode://${key}@01.2.3.4:3`, 'host', `"01.2.3.4" is neither an IP address nor a host name; expected ${tcp}`],
    [`enode://${key}@1.2.3.256:3`, 'host', `"1.2.3.256" is neither an IP address nor a host name; expected ${tcp}`],
    [`enode://${key}@a..b:3`, 'host', `"a..b" is neither an IP address nor a host name; expected ${tcp}`],
    [`enode://${key}@-a.b:3`, 'host', `"-a.b" is neither an IP address nor a host name; expected ${tcp}`],
    [
      `enode://${key}@::1:3`,
      'host',
      `the host in "::1:3" can't be read (an IPv6 address stands in brackets); expected ${tcp}`,
    ],
    [`enode://${key}@[1.2.3.4]:3`, 'host', `"1.2.3.4" in brackets is not an IPv6 address; expected ${tcp}`],
    [
      `enode://${key}@[fe80::1%25eth0]:3`,
      'host',
      `"fe80::1%25eth0" in brackets is not an IPv6 address; expected ${tcp}`,
    ],
    [`enode://${key}@a b:3`, 'characters', `" " can't be part of an address; expected ${any}`],
    [`enode://${key}@b\u00fccher.example:3`, 'characters', `"\u00fc" can't be part of an address; expected ${any}`],
    [`enode://${key}@1.2.3.4:3\n`, 'characters', `"\\n" can't be part of an address; expected ${any}`],
    [`enode+ws://${key}@h:0/p2p`, 'port', `the port "0" is not a number from 1 to 65535; expected ${ws}`],
    [`enode+ws://${key}@h:/p2p`, 'port', `the port is missing; expected ${ws}`],
    [`enode+ws://${key}@:1/p2p`, 'host', `"" is neither an IP address nor a host name; expected ${ws}`],
    [`enode+ws://${key}@u@h:1/p2p`, 'user', `a WebSocket URL here has no user name; expected ${ws}`],
    [`enode+ws://${key}@h:1/p2p#x`, 'fragment', `a WebSocket URL has no fragment (#…); expected ${ws}`],
    [`enode+ws://${key}@h:1\\p2p`, 'characters', `"\\\\" can't be part of an address; expected ${any}`],
    [`enode+ws://${key}@0x7f.1/`, 'host', `"0x7f.1" is neither an IP address nor a host name; expected ${ws}`],
  ])('%j', (text, part, message) => {
    const error = errorOf(() => Enode.parse(text))
    expect([error.code, error.fields.part, error.message]).toEqual(['ERR_INVALID_ENODE', part, message])
    expect(error.message).not.toContain('\n')
  })

  test('an address that is too long', () => {
    const error = errorOf(() => Enode.parse(`enode+ws://${key}@h/`.padEnd(2049, 'a')))
    expect([error.code, error.fields.part]).toEqual(['ERR_INVALID_ENODE', 'length'])
    expect(error.message).toBe(`an address has at most 2048 characters, this one has 2049; expected ${any}`)
    expect(Enode.parse(`enode+ws://${key}@h/`.padEnd(2048, 'a')).isWebSocket).toBe(true)
  })

  test.each<[Endpoint]>([
    [{ host: '' }],
    [{ host: 'a b' }],
    [{ tcpPort: 65536 }],
    [{ udpPort: -1 }],
    [{ tcpPort: 1.5 }],
    [{ ws: 'http://h' }],
    [{ ws: 'ws://u:p@h/' }],
  ])('%j as an endpoint', (endpoint) => {
    expect(errorOf(() => new Enode(hexToBytes(key), endpoint)).code).toBe('ERR_INVALID_ENODE')
  })

  test('a public key that is none', () => {
    expect(errorOf(() => new Enode(new Uint8Array(64))).code).toBe('ERR_INVALID_KEY')
  })

  test('and no text makes anything else happen', () => {
    const pieces = fc.constantFrom(
      'enode://',
      'enode+ws://',
      'enr:',
      key,
      '@',
      '[',
      ']',
      ':',
      '::',
      '/',
      '?discport=',
      '#',
      '1',
      '%',
      '.',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 5 })), { maxLength: 10 }), (parts) => {
        const text = parts.join('')
        let node: Enode
        try {
          node = Enode.parse(text)
        } catch (error) {
          expect(['ERR_INVALID_ENODE', 'ERR_INVALID_ENR']).toContain((error as EthspanError).code)
          return
        }
        expect(Enode.parse(node.toString()).toString()).toBe(node.toString())
      }),
      { numRuns: 2000 },
    )
  })
})

describe('nodes', () => {
  test('have the keccak of their key as id', () => {
    // EIP-778's example: the same key and id.
    expect(new Enode(publicKeyOf(privateKey)).id).toBe(
      'a448f24c6d18e575453db13171562b71999873db5b286df957af199ec94617f7',
    )
  })

  test('list every way to reach them, TCP first', () => {
    const node = new Enode(hexToBytes(key), { host: '::1', tcpPort: 5, udpPort: 5, ws: 'ws://h:1' })
    expect(node.urls).toEqual([`enode://${key}@[::1]:5`, `enode+ws://${key}@h:1/`])
    expect(node.toString()).toBe(node.urls[0])
    expect(node.withEndpoint({ ws: 'wss://h' }).toString()).toBe(`enode+wss://${key}@h/`)
    expect(JSON.stringify({ node })).toBe(`{"node":"${node}"}`)
  })

  test('prefer a WebSocket to a host without a TCP port', () => {
    const node = new Enode(hexToBytes(key), { host: '1.2.3.4', udpPort: 5, ws: 'ws://h:1/' })
    expect(node.toString()).toBe(`enode+ws://${key}@h:1/`)
  })

  test('do not change with the array they were made from', () => {
    const bytes = hexToBytes(key)
    const node = new Enode(bytes)
    bytes.fill(0)
    expect(bytesToHex(node.publicKey)).toBe(key)
  })

  // The table of go-ethereum's p2p/enode/node_test.go.
  test.each<[ip: string | undefined, ip6: string | undefined, host: string | undefined, udpPort: number]>([
    [undefined, undefined, undefined, 4],
    ['127.0.0.1', undefined, '127.0.0.1', 4],
    ['0.0.0.0', undefined, '0.0.0.0', 4],
    [undefined, '2001::ff00:42:8329', '2001::ff00:42:8329', 6],
    ['127.0.0.1', '2001::ff00:42:8329', '2001::ff00:42:8329', 6],
    ['0.0.0.0', '::1', '::1', 6],
    ['192.168.2.2', '2001::ff00:42:8329', '2001::ff00:42:8329', 6],
    ['169.254.2.6', '2001::ff00:42:8329', '2001::ff00:42:8329', 6],
    ['192.168.2.2', 'fd00::abcd:1', '192.168.2.2', 4],
    ['192.168.2.2', 'fe80::1', '192.168.2.2', 4],
    ['224.0.0.1', 'ff02::1', undefined, 4],
    ['8.8.8.8', '2001::1', '8.8.8.8', 4],
  ])('of a record with ip %s and ip6 %s have the host %s', (ip, ip6, host, udpPort) => {
    const record = ENR.sign(privateKey, 1n, {
      ...(ip ? { ip: parseIp(ip)! } : {}),
      ...(ip6 ? { ip6: parseIp(ip6)! } : {}),
      udp: 4,
      udp6: 6,
    })
    expect(Enode.fromRecord(record).endpoint).toEqual(host ? { host, udpPort } : { udpPort })
  })

  test('of a record with a mapped address take the ports of IPv4', () => {
    const ip6 = hexToBytes('00000000000000000000ffff01020304')
    const record = ENR.sign(privateKey, 1n, { ip6, tcp: 4, tcp6: 6 })
    expect(Enode.fromRecord(record).endpoint).toEqual({ host: '1.2.3.4', tcpPort: 4 })
  })

  test('come back from their record', () => {
    const endpoint = { host: '10.1.2.3', tcpPort: 30303, udpPort: 30301, ws: 'wss://node.example.org/p2p' }
    const record = ENR.sign(privateKey, 1n, endpointEntries(endpoint))
    const node = Enode.parse(record.toString())
    expect(node.endpoint).toEqual(endpoint)
    expect(node.record!.toString()).toBe(record.toString())
    expect(node.withEndpoint({}).record).toBe(node.record)
    const ipv6 = { host: '2001:db8::1', tcpPort: 1 }
    expect(Enode.fromRecord(ENR.sign(privateKey, 1n, endpointEntries(ipv6))).endpoint).toEqual(ipv6)
    expect(endpointEntries({ host: 'example.org', tcpPort: 1 })).toEqual({})
  })
})

describe('IP addresses', () => {
  test('round-trip', () => {
    const ips = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc
        .array(fc.constantFrom(0, 0, 1, 0xffff), { minLength: 8, maxLength: 8 })
        .map((words) => Uint8Array.from(words.flatMap((word) => [word >> 8, word & 255]))),
    )
    fc.assert(
      fc.property(ips, (ip) => {
        const text = formatIp(ip)
        const isMapped = ip.length === 16 && bytesToHex(ip).startsWith('00000000000000000000ffff')
        expect(parseIp(text)).toEqual(isMapped ? ip.slice(12) : ip)
        // The platform's URL parser is the oracle for RFC 5952.
        if (ip.length === 16) expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`)
      }),
    )
  })

  test.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.04',
    '256.1.1.1',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    '12345::',
    '::g',
    '::1.2.3',
    '1.2.3.4::',
    '::1%eth0',
    '1:2:3:4:5:6:7:1.2.3.4',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
  ])('%j is none', (text) => {
    expect(parseIp(text)).toBeUndefined()
  })
})
