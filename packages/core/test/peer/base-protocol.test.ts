import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesToHex, EthspanError, encodeRlp, type RlpInput } from '../../src/index.js'
import { MAX_BASE_MESSAGE_SIZE } from '../../src/limits.js'
import {
  decodeDisconnect,
  decodeHello,
  encodeDisconnect,
  encodeHello,
  type Hello,
  MAX_CAPS,
  MAX_NAME_BYTES,
} from '../../src/peer/base-protocol.js'
import { DiscReason } from '../../src/peer/disc-reason.js'

const text = (maxLength: number) => fc.string({ maxLength, unit: 'grapheme-ascii' })
const uint32 = fc.nat(2 ** 31 - 1).map((n) => n * 2)
const hello: fc.Arbitrary<Hello> = fc.record({
  version: fc.nat(1000),
  name: fc.oneof(text(40), fc.string({ maxLength: 20, unit: 'binary' })),
  caps: fc.array(fc.record({ name: text(8), version: uint32 }), { maxLength: 20 }),
  listenPort: fc.nat(65535),
  publicKey: fc.uint8Array({ minLength: 64, maxLength: 64 }),
})

const fields = (it: Hello): RlpInput[] => {
  return [it.version, it.name, it.caps.map((cap) => [cap.name, cap.version]), it.listenPort, it.publicKey]
}

/** What a decoder makes of bytes: a value, or an error of ours; anything else fails the test. */
function decoded<T>(decode: (bytes: Uint8Array) => T, bytes: Uint8Array): T | undefined {
  try {
    return decode(bytes)
  } catch (error) {
    expect(error).toBeInstanceOf(EthspanError)
    return undefined
  }
}

describe('Hello', () => {
  test('comes back as it was', () => {
    fc.assert(fc.property(hello, (it) => void expect(decodeHello(encodeHello(it))).toEqual(it)))
  })

  test('has these bytes', () => {
    const it = { version: 5, name: 'a/v1', caps: [{ name: 'eth', version: 68 }], listenPort: 30303, publicKey: key(7) }
    expect(bytesToHex(encodeHello(it))).toBe(`f8520584612f7631c6c5836574684482765fb840${'07'.repeat(64)}`)
  })

  test('is read past elements that a later version adds, also to its capabilities', () => {
    const more = fc.array(fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.array(fc.nat(), { maxLength: 4 })), {
      maxLength: 5,
    })
    fc.assert(
      fc.property(hello, more, (it, extra) => {
        const [version, name, caps, ...rest] = fields(it)
        const longerCaps = (caps as RlpInput[][]).map((cap) => [...cap, ...extra])
        const bytes = encodeRlp([version, name, longerCaps, ...rest, ...extra] as RlpInput)
        if (bytes.length <= MAX_BASE_MESSAGE_SIZE) expect(decodeHello(bytes)).toEqual(it)
      }),
    )
  })

  test('is read to its limits, not beyond', () => {
    const it = { version: 5, name: 'x', caps: [], listenPort: 0, publicKey: key(1) }
    const caps = (count: number) => encodeHello({ ...it, caps: Array(count).fill({ name: 'a', version: 1 }) })
    const name = (length: number) => encodeHello({ ...it, name: 'x'.repeat(length) })
    const sized = (size: number) => encodeRlp([...fields(it), new Uint8Array(size)])
    const overhead = sized(1000).length - 1000
    for (const bytes of [caps(MAX_CAPS), name(MAX_NAME_BYTES), sized(MAX_BASE_MESSAGE_SIZE - overhead)])
      decodeHello(bytes)
    for (const bytes of [caps(MAX_CAPS + 1), name(MAX_NAME_BYTES + 1), sized(MAX_BASE_MESSAGE_SIZE - overhead + 1)]) {
      expect(() => decodeHello(bytes)).toThrow(EthspanError)
    }
    expect(() => name(MAX_BASE_MESSAGE_SIZE)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }))
  })

  test('that is random bytes, or altered, or cut, is refused with an error of ours', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void decoded(decodeHello, bytes)))
    fc.assert(
      fc.property(hello, fc.nat(), fc.nat(255), (it, at, byte) => {
        const bytes = encodeHello(it)
        decoded(decodeHello, bytes.subarray(0, at % bytes.length))
        bytes[at % bytes.length] = byte
        const read = decoded(decodeHello, bytes)
        if (read !== undefined) expect(read.publicKey).toHaveLength(64)
      }),
    )
  })
})

describe('Disconnect', () => {
  test('is written as a list, and read as a list or a bare byte', () => {
    for (const reason of Object.values(DiscReason)) {
      expect(decodeDisconnect(encodeDisconnect(reason))).toBe(reason)
      expect(decodeDisconnect(Uint8Array.of(reason))).toBe(reason)
      expect(decodeDisconnect(encodeRlp(reason))).toBe(reason)
    }
    expect(bytesToHex(encodeDisconnect(DiscReason.Requested))).toBe('c180')
    expect(bytesToHex(encodeDisconnect(DiscReason.SubprotocolError))).toBe('c110')
  })

  test('has a reason from 0 to 255 whatever is in it', () => {
    const items = fc.oneof(
      fc.uint8Array({ maxLength: 3000 }),
      fc.array(fc.oneof(fc.nat(), fc.array(fc.nat())), { maxLength: 3 }).map(encodeRlp),
    )
    fc.assert(
      fc.property(items, (bytes) => {
        const reason = decodeDisconnect(bytes)
        expect(Number.isInteger(reason) && reason >= 0 && reason <= 255).toBe(true)
      }),
    )
  })
})

function key(byte: number): Uint8Array {
  return new Uint8Array(64).fill(byte)
}
