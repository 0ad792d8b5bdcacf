import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesToHex, concatBytes } from '../../src/bytes.js'
import { EthspanError } from '../../src/errors.js'
import { MAX_MESSAGE_SIZE } from '../../src/limits.js'
import { MessageCodec } from '../../src/rlpx/message-codec.js'

function codec({ snappy }: { readonly snappy: boolean }): MessageCodec {
  const made = new MessageCodec()
  made.snappy = snappy
  return made
}

function encoded(made: MessageCodec, code: number, payload: Uint8Array): Uint8Array {
  const { head, body } = made.encode(code, payload)
  return concatBytes(head, body)
}

describe.each([{ snappy: false }, { snappy: true }])('with %o', (options) => {
  test('any message comes back as it was', () => {
    const made = codec(options)
    const anyCode = fc.oneof(fc.nat(300), fc.nat(2 ** 31 - 1), fc.constantFrom(127, 128, 255, 256, 2 ** 40))
    // Disconnect is read compressed or plain, so that not each of its payloads comes back; below it has a test of its own.
    const codes = anyCode.filter((code) => code !== 1)
    fc.assert(
      fc.property(codes, fc.uint8Array({ maxLength: 300 }), (code, payload) => {
        expect(made.decode(encoded(made, code, payload))).toEqual({ code, payload })
      }),
    )
  })

  test('the largest message is taken, one byte more is not', () => {
    const made = codec(options)
    const largest = new Uint8Array(MAX_MESSAGE_SIZE - 1)
    expect(made.encode(0, largest).head).toHaveLength(1)
    expect(() => made.encode(0, new Uint8Array(MAX_MESSAGE_SIZE))).toThrow(/over the limit/)
    expect(() => made.encode(200, largest)).toThrow(/over the limit/)
  })

  test.each([
    ['nothing', []],
    ['a list', [0xc0]],
    ['a code with a leading zero', [0x82, 0x00, 0x85, 0xc0]],
    ['one byte where none is needed', [0x81, 0x7f, 0xc0]],
    ['zero as a byte', [0x00, 0xc0]],
    ['a code cut short', [0x82, 0x01]],
    ['a code of seven bytes', [0x87, 1, 2, 3, 4, 5, 6, 7, 0xc0]],
  ])('%s instead of a code is a breach of protocol', (_, bytes) => {
    expect(() => codec(options).decode(Uint8Array.from(bytes))).toThrow(
      expect.objectContaining({ code: 'ERR_PROTOCOL' }),
    )
  })

  test('a Disconnect is read with or without compression', () => {
    const made = codec(options)
    for (const payload of [[0x04], [0x80], [0xc1, 0x04], [0xc1, 0x80], [0xc0]]) {
      const bytes = Uint8Array.from(payload)
      expect(made.decode(Uint8Array.of(1, ...bytes))).toEqual({ code: 1, payload: bytes })
      expect(made.decode(encoded(made, 1, bytes))).toEqual({ code: 1, payload: bytes })
    }
  })
})

test('what compression makes too big for a frame is not sent', () => {
  // Bytes without a repetition: a step through a cycle longer than the search window.
  const noise = new Uint8Array(MAX_MESSAGE_SIZE - 1)
  for (let i = 0, state = 1; i < noise.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    noise[i] = state >>> 24
  }
  expect(() => codec({ snappy: true }).encode(16, noise)).toThrow(
    expect.objectContaining({ code: 'ERR_MESSAGE_TOO_BIG' }),
  )
})

test.each([
  [0, '80'],
  [1, '01'],
  [0x7f, '7f'],
  [0x80, '8180'],
  [0xff, '81ff'],
  [0x100, '820100'],
  [0x1234, '821234'],
  [2 ** 32 - 1, '84ffffffff'],
  [2 ** 32, '850100000000'],
])('the code %i begins a frame as %s', (code, expected) => {
  const { head } = codec({ snappy: false }).encode(code, new Uint8Array())
  expect(bytesToHex(head)).toBe(expected)
})

test('a message may fill its frame, and its size after decompression has the same limit, the code included', () => {
  const plain = codec({ snappy: false })
  const frame = new Uint8Array(MAX_MESSAGE_SIZE).fill(1)
  expect(plain.decode(frame).payload).toHaveLength(MAX_MESSAGE_SIZE - 1)

  const packed = codec({ snappy: true })
  const largest = encoded(packed, 5, new Uint8Array(MAX_MESSAGE_SIZE - 1))
  expect(packed.decode(largest).payload).toHaveLength(MAX_MESSAGE_SIZE - 1)
  // The same payload behind a code of two bytes: one too many.
  const { head } = packed.encode(0x80, new Uint8Array())
  expect(() => packed.decode(concatBytes(head, largest.subarray(1)))).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_SNAPPY' }),
  )
})

test('frame data of random bytes is a message or an error of ours', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.uint8Array({ maxLength: 100 }), (snappy, bytes) => {
      try {
        expect(codec({ snappy }).decode(bytes).code).toBeGreaterThanOrEqual(0)
      } catch (error) {
        expect(error).toBeInstanceOf(EthspanError)
      }
    }),
  )
})
