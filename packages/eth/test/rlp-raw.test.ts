import { EthspanError, encodeRlp, equalBytes } from '@ethspan/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isList, joinList, splitList, stringPayload } from '../src/rlp-raw.js'

const ANY = { max: 1000 }
const item = fc.oneof(
  fc.uint8Array({ maxLength: 70 }).map((bytes) => encodeRlp(bytes)),
  fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 }).map((bytes) => encodeRlp(bytes)),
)

describe('a list', () => {
  test('of any size is split into what it was joined of', () => {
    fc.assert(
      fc.property(fc.array(item, { maxLength: 8 }), (items) => {
        expect(splitList(joinList(items), 'list', ANY)).toEqual(items)
      }),
    )
  })

  test('has the prefix that its size needs', () => {
    for (const size of [50, 53, 54, 55, 56, 250, 254, 255, 65_530, 65_536, 70_000]) {
      const bytes = new Uint8Array(size)
      expect(equalBytes(joinList([encodeRlp(bytes)]), encodeRlp([bytes])), `${size} bytes`).toBe(true)
    }
  })

  test('from any bytes is what joins to them, or an error of ours', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        let items: Uint8Array[]
        try {
          items = splitList(bytes, 'list', ANY)
        } catch (error) {
          expect(error).toBeInstanceOf(EthspanError)
          return
        }
        expect(joinList(items)).toEqual(bytes)
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
    expect(() => splitList(Uint8Array.from(bytes), 'list', ANY)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_RLP' }),
    )
  })

  test('has as many items as it may', () => {
    const three = encodeRlp([1, 2, 3])
    expect(splitList(three, 'list', { min: 3, max: 3 })).toHaveLength(3)
    expect(() => splitList(three, 'list', { min: 4, max: 9 })).toThrow(EthspanError)
    expect(() => splitList(three, 'list', { max: 2 })).toThrow(EthspanError)
  })
})

test('bytes are told from lists', () => {
  expect(isList(encodeRlp([]))).toBe(true)
  expect(isList(encodeRlp(''))).toBe(false)
  expect(stringPayload(encodeRlp(Uint8Array.of(200, 1)), 'bytes')).toEqual(Uint8Array.of(200, 1))
  expect(() => stringPayload(encodeRlp([]), 'bytes')).toThrow(EthspanError)
})
