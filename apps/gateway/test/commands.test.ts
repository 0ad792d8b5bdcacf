import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { ENR, Enode, hexToBytes, type PeerInfo } from '@ethspan/core'
import { describe, expect, test } from 'vitest'
import { enrdump } from '../src/commands/enrdump.js'
import { type KeyCommand, key } from '../src/commands/key.js'
import { bytes, duration, peersTable } from '../src/commands/peers-table.js'
import { temporaryFolder } from './support.js'

// The example of EIP-778.
const privateKey = 'b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291'
const id = 'a448f24c6d18e575453db13171562b71999873db5b286df957af199ec94617f7'
const enr =
  'enr:-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04jRzjzCBOonrkTfj499SZuOh8R33Ls8RRcy5wBgmlkgnY0gmlwhH8AAAGJc2VjcDI1NmsxoQPKY0yuDUmstAHYpMa2_oxVtw0RW_QAdpzBQA8yWM0xOIN1ZHCCdl8'

function printed(command: (output: { out(text: string): void; err(text: string): void }) => void): string {
  let text = ''
  command({
    out: (more) => {
      text += more
    },
    err: () => {},
  })
  return text
}

function keyFile(content = `${privateKey}\n`): string {
  const file = path.join(temporaryFolder(), 'key')
  writeFileSync(file, content)
  return file
}

describe('key', () => {
  const run = (command: KeyCommand) => printed((output) => key(command, output))
  const address = { ip: '127.0.0.1', tcp: 30303, udp: 30303 }

  test('generate makes a key that to-id reads, for its owner alone, and overwrites nothing', () => {
    const file = path.join(temporaryFolder(), 'new')
    const { id: made } = JSON.parse(run({ action: 'generate', file, json: true }))
    if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(run({ action: 'to-id', file, json: false })).toBe(`${made}\n`)
    const before = readFileSync(file, 'utf8')
    expect(() => run({ action: 'generate', file, json: false })).toThrow(
      `can't write the node key ${file}: the file exists already`,
    )
    expect(readFileSync(file, 'utf8')).toBe(before)
    const lost = path.join(temporaryFolder(), 'none', 'key')
    expect(() => run({ action: 'generate', file: lost, json: false })).toThrow(
      `can't write the node key ${lost}: its folder does not exist`,
    )
  })

  test('to-id, to-enode', () => {
    const file = keyFile()
    expect(run({ action: 'to-id', file, json: false })).toBe(`${id}\n`)
    expect(JSON.parse(run({ action: 'to-id', file, json: true }))).toEqual({ file, id })
    const enode = run({
      action: 'to-enode',
      file,
      json: false,
      address: { ...address, ip: '::1', tcp: 1, udp: 2 },
    }).trim()
    expect(Enode.parse(enode)).toMatchObject({ id, endpoint: { host: '::1', tcpPort: 1, udpPort: 2 } })
    const ws = run({ action: 'to-enode', file, json: false, address: { ...address, ws: 'wss://example.org/p2p' } })
    expect(ws).toMatch(/^enode\+wss:\/\/[0-9a-f]{128}@example\.org(:443)?\/p2p\n$/)
  })

  test('to-enr signs the record of EIP-778, and one with an IPv6 address and a WebSocket', () => {
    const file = keyFile()
    expect(run({ action: 'to-enr', file, json: false, seq: 1, address: { ...address, tcp: 0 } })).toBe(`${enr}\n`)
    const text = run({
      action: 'to-enr',
      file,
      json: false,
      seq: 9,
      address: { ip: 'fe80::1', tcp: 1, udp: 2, ws: 'ws://x/' },
    })
    expect(ENR.parse(text.trim())).toMatchObject({
      id,
      seq: 9n,
      ip6: 'fe80::1',
      tcp: 1,
      udp: 2,
      ws: expect.any(String),
    })
  })

  test('a file that is no key, or not there, is one line', () => {
    const file = keyFile('no key')
    expect(() => run({ action: 'to-id', file, json: false })).toThrow(/^\S+ is not a node key: [^\n]+$/)
    const missing = path.join(temporaryFolder(), 'x')
    expect(() => run({ action: 'to-id', file: missing, json: false })).toThrow(
      /can't read the node key \S+: it does not exist/,
    )
    expect(existsSync(missing)).toBe(false)
  })
})

describe('enrdump', () => {
  const run = (source: string, json = false) => printed((output) => enrdump({ source, json }, output))

  test('tells what a record says', () => {
    expect(run(enr).split('\n')).toEqual([
      `Node ID:  ${id}`,
      expect.stringMatching(/^URL: {6}enode:\/\/[0-9a-f]{128}@127\.0\.0\.1:0\?discport=30303$/),
      'Record:   sequence number 1, 4 key/value pairs, 134 bytes, valid signature',
      '',
      '  id         v4',
      '  ip         127.0.0.1',
      '  secp256k1  0x03ca634cae0d49acb401d8a4c6b6fe8c55b70d115bf400769cc1400f3258cd3138',
      '  udp        30303',
      '',
    ])
  })

  test('reads files, hex digits and base64 alone, and shows unknown entries in hex', () => {
    const record = ENR.sign(hexToBytes(privateKey), 7n, { eth: [[hexToBytes('0011'), 3]] })
    const file = path.join(temporaryFolder(), 'record')
    writeFileSync(file, `${record}\n`)
    const hex = Buffer.from(record.encode()).toString('hex')
    for (const source of [file, `${record}`, hex, `0x${hex}`, `${record}`.slice('enr:'.length)]) {
      expect(JSON.parse(run(source, true))).toEqual({
        id,
        seq: '7',
        size: record.encode().length,
        urls: [],
        entries: { eth: '[[0x0011, 0x03]]', id: 'v4', secp256k1: expect.stringMatching(/^0x03/) },
        enr: `${record}`,
      })
    }
  })

  test.each([enr.slice(0, -1), enr.replace('y5w', 'y5x'), 'enr:', 'record', ''])('refuses %j in one line', (source) => {
    expect(() => run(source)).toThrow(/^[^\n]+$/)
    expect(() => run(source)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ENR' }))
  })
})

describe('the table of peers', () => {
  const peer: PeerInfo = {
    enode: 'enode://…',
    id,
    name: 'Geth/v1.17.10-stable/linux-amd64/go1.26',
    caps: ['eth/68', 'snap/1'],
    network: {
      localAddress: '',
      remoteAddress: '10.0.0.1:30303',
      inbound: false,
      trusted: false,
      static: true,
      transport: 'tcp',
    },
    protocols: { eth: { version: 68 } },
    connectedSince: 1_000,
    roundTripTime: 12.34,
    traffic: { messagesIn: 1, messagesOut: 2, bytesIn: 1_234_567, bytesOut: 900, byProtocol: {} },
  }

  test('lines up its columns', () => {
    expect(peersTable([peer], { now: 201_000 })).toEqual([
      'ID                DIR  VIA  ADDRESS           RTT      IN    OUT     FOR  PROTOCOLS  CLIENT',
      'a448f24c6d18e575  out  tcp  10.0.0.1:30303  12 ms  1.2 MB  900 B  3m 20s  eth        Geth/v1.17.10-stable/linux-amd64/go1.26',
    ])
  })

  test('keeps to a width, and shows nothing that controls a terminal', () => {
    const [, line = ''] = peersTable([{ ...peer, name: '\x1b[2Jevil\nname that is long' }], { now: 0, columns: 100 })
    expect(line.length).toBeLessThanOrEqual(100)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(line).not.toMatch(/[\x00-\x1f]/)
    expect(line).toContain('[2Jevil')
  })

  test.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [123_456, '123 kB'],
    [5_000_000_000, '5.0 GB'],
  ])('%d bytes are %s', (count, text) => expect(bytes(count)).toBe(text))

  test.each([
    [-5, '0s'],
    [59_999, '59s'],
    [3_600_000, '1h 0m'],
    [90_000_000, '1d 1h'],
  ])('%d ms are %s', (ms, text) => expect(duration(ms)).toBe(text))
})
