import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { EthspanError, encodeRlp, equalBytes } from '../../src/index.js'
import { isRlpList, joinRlpList, rlpStringPayload, splitRlpList } from '../../src/rlp/raw-list.js'

const ANY = { max: 1000 }
const item = fc.oneof(
  fc.uint8Array({ maxLength: 70 }).map((bytes) => encodeRlp(bytes)),
  fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }).map((bytes) => encodeRlp(bytes)),
)

describe('a list', () => {
  test('of any size is split into what it was joined of', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 8 }), (items) => {
        expect(splitRlpList(joinRlpList(items), 'list', ANY)).toEqual(items)
      }),
    )
  })

  test('has the prefix that its size needs', () => {
    for (const size of [50, 53, 54, 55, 56, 250, 254, 255, 65_530, 65_536, 70_000]) {
      const bytes = new Uint8Array(size)
      expect(equalBytes(joinRlpList([encodeRlp(bytes)]), encodeRlp([bytes])), `${size} bytes`).toBe(true)
    }
  })

  test('from any bytes is what joins to them, or an error of ours', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        let items: Uint8Array[]
        try {
          items = splitRlpList(bytes, 'list', ANY)
        } catch (error) {
          expect(error).toBeInstanceOf(EthspanError)
          return
        }
        expect(joinRlpList(items)).toEqual(bytes)
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    ['nothing', []],
    ['bytes', [0x80]],
    ['something behind it', [0xc0, 0x01]],
    ['an item that is cut off', [0xc1, 0x82]],
    ['a byte with a prefix', [0xc2, 0x81, 0x01]],
    ['a short length in the long form', [0xf8, 0x01, 0x01]],
    ['a length with a leading zero', [0xf9, 0x00, 0x40]],
    ['a length that is cut off', [0xf9, 0xff]],
    ['a length beyond all bounds', [0xff, 255, 255, 255, 255, 255, 255, 255, 255]],
  ])('is not %s', (_, bytes) => {
    expect(() => splitRlpList(Uint8Array.from(bytes), 'list', ANY)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_RLP' }),
    )
  })

  test('has as many items as it may', () => {
    const three = encodeRlp([1, 2, 3])
    expect(splitRlpList(three, 'list', { min: 3, max: 3 })).toHaveLength(3)
    expect(() => splitRlpList(three, 'list', { min: 4, max: 9 })).toThrow(EthspanError)
    expect(() => splitRlpList(three, 'list', { max: 2 })).toThrow(EthspanError)
  })
})

test('bytes are told from lists', () => {
  expect(isRlpList(encodeRlp([]))).toBe(true)
  expect(isRlpList(encodeRlp(''))).toBe(false)
  expect(rlpStringPayload(encodeRlp(Uint8Array.of(200, 1)), 'bytes')).toEqual(Uint8Array.of(200, 1))
  expect(() => rlpStringPayload(encodeRlp([]), 'bytes')).toThrow(EthspanError)
})
