import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesToHex, hexToBytes } from '../../src/bytes.js'
import { keccak256 } from '../../src/crypto/keccak.js'
import { compressPublicKey, publicKeyOf, sign } from '../../src/crypto/secp256k1.js'
import { ENR, type RecordEntries } from '../../src/enode/enr.js'
import { EthspanError } from '../../src/errors.js'
import { encodeRlp, type RlpInput } from '../../src/rlp/rlp.js'

// EIP-778, "Test Vectors".
const privateKey = hexToBytes('b71c71a67e1177ad4e901695e1b4b9ee17ae16c6668d313eac2f96dbcda3f291')
const exampleText =
  'enr:-IS4QHCYrYZbAKWCBRlAy5zzaDZXJBGkcnh4MHcBFZntXNFrdvJjX04jRzjzCBOonrkTfj499SZuOh8R33Ls8RRcy5wBgmlkgnY0gmlwhH8AAAGJc2VjcDI1NmsxoQPKY0yuDUmstAHYpMa2_oxVtw0RW_QAdpzBQA8yWM0xOIN1ZHCCdl8'
const exampleEntries = { ip: hexToBytes('7f000001'), udp: 30303 }

const messageOf = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof EthspanError && error.code === 'ERR_INVALID_ENR') return error.message
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Signs whatever list follows the signature, as a hostile peer would. */
const forge = (content: readonly RlpInput[]): Uint8Array =>
  encodeRlp([sign(keccak256(encodeRlp(content)), privateKey).subarray(0, 64), ...content])

const compressed = compressPublicKey(publicKeyOf(privateKey))
// No point of the curve has the x coordinate 5.
const offCurve = Uint8Array.of(2, ...new Uint8Array(31), 5)
const identity: readonly RlpInput[] = ['id', 'v4', 'secp256k1', compressed]

describe('the example of EIP-778', () => {
  test('is read', () => {
    const record = ENR.parse(exampleText)
    expect(record.seq).toBe(1n)
    expect(record.id).toBe('a448f24c6d18e575453db13171562b71999873db5b286df957af199ec94617f7')
    expect(record.ip).toBe('127.0.0.1')
    expect(record.udp).toBe(30303)
    expect([record.tcp, record.ip6, record.tcp6, record.udp6, record.ws]).toEqual(new Array(5).fill(undefined))
    expect([...record.entries.keys()]).toEqual(['id', 'ip', 'secp256k1', 'udp'])
    expect(record.get('ip')).toEqual(hexToBytes('7f000001'))
    expect(record.publicKey).toEqual(publicKeyOf(privateKey))
    expect(record.toString()).toBe(exampleText)
    expect(JSON.stringify([record])).toBe(`["${exampleText}"]`)
  })

  test('is written', () => {
    // The EIP's signature was made with additional entropy, geth's and ours with RFC 6979; what they sign is the same.
    const record = ENR.sign(privateKey, 1n, exampleEntries)
    const prefix = 70
    expect(record.encode().subarray(prefix)).toEqual(ENR.parse(exampleText).encode().subarray(prefix))
    expect(ENR.parse(record.toString()).id).toBe(record.id)
  })

  // One test for each bit of a byte: every flip costs a signature check.
  test.each([0, 1, 2, 3, 4, 5, 6, 7])('is refused with bit %i of any byte flipped', { timeout: 30_000 }, (bit) => {
    const encoded = ENR.parse(exampleText).encode()
    for (const at of encoded.keys()) {
      const flipped = encoded.slice()
      flipped[at]! ^= 1 << bit
      expect(messageOf(() => ENR.decode(flipped))).not.toBe('')
    }
  })

  test('is refused cut short or continued', () => {
    const encoded = ENR.parse(exampleText).encode()
    for (let length = 0; length < encoded.length; length++) messageOf(() => ENR.decode(encoded.subarray(0, length)))
    messageOf(() => ENR.decode(Uint8Array.of(...encoded, 0)))
  })
})

test('writes the record of geth bit by bit', () => {
  // go-ethereum's p2p/enode/urlv4_test.go.
  const key = hexToBytes('45a915e4d060149eb4365960e6a7a45f334393093061116b197e3240065ff2d8')
  expect(ENR.sign(key, 99n, exampleEntries).toString()).toBe(
    'enr:-IS4QGrdq0ugARp5T2BZ41TrZOqLc_oKvZoPuZP5--anqWE_J-Tucc1xgkOL7qXl0puJgT7qc2KSvcupc4NCb0nr4tdjgmlkgnY0gmlwhH8AAAGJc2VjcDI1NmsxoQM6UUF2Rm-oFe1IH_rQkRCi00T2ybeMHRSvw1HDpRvjPYN1ZHCCdl8',
  )
})

test('keeps any entry', () => {
  const value = fc.oneof(
    fc.uint8Array({ maxLength: 12 }),
    fc.maxSafeNat(),
    fc.array(fc.uint8Array({ maxLength: 4 }), { maxLength: 3 }),
  )
  const name = fc.string({ unit: fc.constantFrom(...'abcxyz0189-_'), minLength: 3, maxLength: 8 })
  const entries = fc.dictionary(name, value, { maxKeys: 5 })
  fc.assert(
    fc.property(entries, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (entries, seq) => {
      const record = ENR.sign(privateKey, seq, entries)
      const read = ENR.decode(record.encode())
      expect(read.seq).toBe(seq)
      expect(read.entries).toEqual(record.entries)
      expect([...read.entries.keys()]).toEqual([...Object.keys(entries), 'id', 'secp256k1'].sort())
      for (const key of Object.keys(entries)) expect(encodeRlp(read.get(key)!)).toEqual(encodeRlp(entries[key]!))
      expect(ENR.parse(record.toString()).toString()).toBe(record.toString())
    }),
    { numRuns: 30 },
  )
})

test('random bytes and texts are refused with the own error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 320 }), (bytes) => {
      messageOf(() => ENR.decode(bytes))
    }),
  )
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (text) => {
      messageOf(() => ENR.parse(`enr:${text}`))
    }),
  )
})

test('an encoded record is a copy', () => {
  const record = ENR.parse(exampleText)
  record.encode().fill(0)
  expect(record.toString()).toBe(exampleText)
})

describe('records of a hostile signer are refused', () => {
  test.each<[string, readonly RlpInput[], string]>([
    ['an odd number of elements', [1, ...identity, 'x'], 'the last key of the node record has no value'],
    ['unsorted keys', [1, 'secp256k1', compressed, 'id', 'v4'], 'the keys of the node record are not sorted'],
    ['a key twice', [1, 'id', 'v4', ...identity], 'the node record has a key twice'],
    [
      'another identity scheme',
      [1, 'id', 'v5', 'secp256k1', compressed],
      'the identity scheme of the node record is not v4',
    ],
    ['no identity scheme', [1, 'secp256k1', compressed], 'the identity scheme of the node record is not v4'],
    ['no public key', [1, 'id', 'v4'], 'malformed node record: public key is missing'],
    [
      'a public key of 32 bytes',
      [1, 'id', 'v4', 'secp256k1', compressed.subarray(1)],
      'malformed node record: public key: expected 33 bytes, got 32',
    ],
    [
      'a public key off the curve',
      [1, 'id', 'v4', 'secp256k1', offCurve],
      `malformed node record: 0x${bytesToHex(offCurve)} is not a compressed point on secp256k1`,
    ],
    [
      'a public key of someone else',
      [1, 'id', 'v4', 'secp256k1', compressPublicKey(publicKeyOf(hexToBytes('01'.repeat(32))))],
      'the signature of the node record does not match',
    ],
    ['a list as key', [1, [], 'x', ...identity], 'malformed node record: key: expected bytes, got a list'],
    [
      'a list as sequence number',
      [[], ...identity],
      'malformed node record: sequence number: expected bytes, got a list',
    ],
    [
      'a long sequence number',
      [2n ** 64n, ...identity],
      'malformed node record: sequence number: expected an integer of at most 8 bytes',
    ],
    ['too much', [1, ...identity, 'x', new Uint8Array(200)], 'a node record has at most 300 bytes, this one has 323'],
  ])('%s', (_name, content, message) => {
    expect(messageOf(() => ENR.decode(forge(content)))).toBe(message)
  })

  test('a signature with its recovery bit', () => {
    const content = [1, ...identity]
    const record = encodeRlp([sign(keccak256(encodeRlp(content)), privateKey), ...content])
    expect(messageOf(() => ENR.decode(record))).toBe('malformed node record: signature: expected 64 bytes, got 65')
  })

  test.each(['c0', 'c101', '80', ''])('%s', (hex) => {
    expect(messageOf(() => ENR.decode(hexToBytes(hex)))).toContain('malformed node record')
  })
})

describe('malformed values of known keys read as missing', () => {
  test.each<[keyof ENR & string, RlpInput]>([
    ['ip', hexToBytes('7f0000')],
    ['ip', [1]],
    ['ip6', hexToBytes('7f000001')],
    ['tcp', 65536],
    ['tcp', 0],
    ['tcp6', hexToBytes('0001')],
    ['udp', []],
    ['udp6', new Uint8Array(9).fill(1)],
    ['ws', 'http://h/'],
    ['ws', hexToBytes('ff')],
    ['ws', []],
  ])('%s %j', (key, value) => {
    const pairs = [
      ...[
        ['id', 'v4'],
        ['secp256k1', compressed],
      ],
      [key, value],
    ] as [string, RlpInput][]
    const content = pairs.sort(([a], [b]) => (a < b ? -1 : 1)).flat()
    const record = ENR.decode(forge([1, ...content]))
    expect(record[key]).toBeUndefined()
    expect(record.get(key)).toBeDefined()
  })

  test('and keys may be any bytes', () => {
    const record = ENR.decode(forge([1, ...identity, hexToBytes('ff'), 1]))
    expect(record.get('\u00ff')).toEqual(Uint8Array.of(1))
  })
})

describe('signing refuses', () => {
  test.each<[string, RecordEntries, string]>([
    ['a key that signing sets', { id: 'v4' }, 'the key "id" is set by signing'],
    ['a key that is not ASCII', { b\u00fc: 1 }, 'the key "b\u00fc" is not ASCII text'],
    ['an empty key', { '': 1 }, 'the key "" is not ASCII text'],
    ['a port out of range', { tcp: 70000 }, 'the value of the key "tcp" is not a port from 1 to 65535'],
    ['an IPv4 address of 16 bytes', { ip: new Uint8Array(16) }, 'the value of the key "ip" is not 4 bytes'],
    ['an IP address as text', { ip6: '::1' }, 'the value of the key "ip6" is not 16 bytes'],
    ['a page for a WebSocket', { ws: 'https://h/' }, 'the value of the key "ws" is not a ws:// or wss:// URL'],
    ['too much', { x: new Uint8Array(200) }, 'a node record has at most 300 bytes, these entries make 323'],
  ])('%s', (_name, entries, message) => {
    expect(messageOf(() => ENR.sign(privateKey, 1n, entries))).toBe(message)
  })

  test.each([-1n, 2n ** 64n])('the sequence number %s', (seq) => {
    expect(messageOf(() => ENR.sign(privateKey, seq, {}))).toBe(`the sequence number ${seq} is outside of 64 bits`)
  })

  test('nothing that just fits', () => {
    const full = ENR.sign(privateKey, 1n, { x: new Uint8Array(177) })
    expect(full.encode().length).toBe(300)
    expect(ENR.decode(full.encode()).id).toBe(full.id)
    expect(full.toString().length).toBe(404)
    expect(ENR.parse(full.toString()).seq).toBe(1n)
  })
})

describe('texts are refused', () => {
  test.each<[string, string, string]>([
    ['without the prefix', exampleText.slice(4), 'the text of a node record starts with "enr:"'],
    ['with nothing behind the prefix', 'enr:', 'what follows "enr:" is not base64url without padding'],
    ['of one digit', 'enr:x', 'what follows "enr:" is not base64url without padding'],
    ['with padding', `${exampleText}==`, 'what follows "enr:" is not base64url without padding'],
    ['in plain base64', exampleText.replace('-', '+'), 'what follows "enr:" is not base64url without padding'],
    ['with bits to spare', `${exampleText.slice(0, -1)}9`, 'what follows "enr:" is not canonical base64url'],
    [
      'that are too long',
      `enr:${'A'.repeat(401)}`,
      'the text of a node record has at most 404 characters, this one has 405',
    ],
    // go-ethereum's p2p/enode/urlv4_test.go: a signature of 6 bytes.
    [
      'with a false signature',
      'enr:-EmGZm9vYmFyY4JpZIJ2NIJpcIR_AAABiXNlY3AyNTZrMaEDOlFBdkZvqBXtSB_60JEQotNE9sm3jB0Ur8NRw6Ub4z2DdWRwgnZf',
      'malformed node record: signature: expected 64 bytes, got 6',
    ],
  ])('%s', (_name, text, message) => {
    expect(messageOf(() => ENR.parse(text))).toBe(message)
  })
})

test('every record of ours has an id that is the hash of its key', () => {
  const record = ENR.sign(privateKey, 1n, { ws: 'wss://node.example.org/p2p' })
  expect(record.id).toBe(bytesToHex(keccak256(record.publicKey)))
  expect(record.ws).toBe('wss://node.example.org/p2p')
})
