import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compressSnappy, decompressSnappy, snappyLength } from '../../src/snappy/snappy.js'
import { seededRandomBytes } from '../../src/testing/index.js'

const LIMIT = 1 << 24
const bytes = (...values: (number | string)[]) =>
  new Uint8Array(
    values.flatMap((value) => (typeof value === 'number' ? [value] : [...new TextEncoder().encode(value)])),
  )
const text = (value: Uint8Array) => new TextDecoder().decode(value)
const refused = (block: Uint8Array, limit = LIMIT) =>
  expect(() => decompressSnappy(block, limit)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_SNAPPY' }))

describe('a block written by hand decompresses', () => {
  test('the empty input is one byte', () => {
    expect(compressSnappy(bytes())).toEqual(bytes(0))
    expect(decompressSnappy(bytes(0), 0)).toEqual(bytes())
  })

  test('announced lengths as the format description gives them: 64 is 0x40, 2097150 is 0xFE 0xFF 0x7F', () => {
    expect(snappyLength(bytes(0x40))).toBe(64)
    expect(snappyLength(bytes(0xfe, 0xff, 0x7f))).toBe(2097150)
    expect(snappyLength(bytes(0xff, 0xff, 0xff, 0xff, 0x0f))).toBe(0xffffffff)
  })

  test('literals with their length in the tag and in 1, 2, 3 and 4 bytes after it', () => {
    expect(text(decompressSnappy(bytes(3, 2 << 2, 'abc'), 3))).toBe('abc')
    expect(text(decompressSnappy(bytes(3, 60 << 2, 2, 'abc'), 3))).toBe('abc')
    expect(text(decompressSnappy(bytes(3, 61 << 2, 2, 0, 'abc'), 3))).toBe('abc')
    expect(text(decompressSnappy(bytes(3, 62 << 2, 2, 0, 0, 'abc'), 3))).toBe('abc')
    expect(text(decompressSnappy(bytes(3, 63 << 2, 2, 0, 0, 0, 'abc'), 3))).toBe('abc')
  })

  test('a literal of 60 bytes is the longest whose length is in the tag', () => {
    const body = 'x'.repeat(60)
    expect(compressSnappy(bytes('0123456789abcdef'))).toEqual(bytes(16, 15 << 2, '0123456789abcdef'))
    expect(text(decompressSnappy(bytes(60, 59 << 2, body), 60))).toBe(body)
  })

  test('copies with offsets of 1, 2 and 4 bytes', () => {
    expect(text(decompressSnappy(bytes(8, 3 << 2, 'abcd', 0b000_000_01, 4), 8))).toBe('abcdabcd')
    expect(text(decompressSnappy(bytes(8, 3 << 2, 'abcd', (3 << 2) | 2, 4, 0), 8))).toBe('abcdabcd')
    expect(text(decompressSnappy(bytes(8, 3 << 2, 'abcd', (3 << 2) | 3, 4, 0, 0, 0), 8))).toBe('abcdabcd')
    expect(text(decompressSnappy(bytes(5, 3 << 2, 'abcd', 2, 3, 0), 5))).toBe('abcdb')
  })

  test('a copy with a three-bit offset part reaches back 2047 bytes', () => {
    const body = `start${'.'.repeat(2042)}`
    const block = bytes(0x83, 0x10, 61 << 2, 0xfe, 0x07, body, 0b111_000_01, 0xff)
    expect(text(decompressSnappy(block, LIMIT))).toBe(`${body}star`)
  })

  test('a copy longer than its offset repeats what it wrote: xababab', () => {
    expect(text(decompressSnappy(bytes(7, 2 << 2, 'xab', 1, 2), 7))).toBe('xababab')
    expect(text(decompressSnappy(bytes(65, 0, 'z', (63 << 2) | 2, 1, 0), 65))).toBe('z'.repeat(65))
  })
})

describe('a block is refused', () => {
  test('when the announced length is missing, cut off or above 32 bits', () => {
    for (const block of [
      bytes(),
      bytes(0x80),
      bytes(0xff, 0xff, 0xff, 0xff),
      bytes(0xff, 0xff, 0xff, 0xff, 0x10),
      bytes(0x80, 0x80, 0x80, 0x80, 0x80, 0x00),
    ]) {
      refused(block)
      expect(() => snappyLength(block)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_SNAPPY' }))
    }
  })

  test('when it announces more than is allowed, or more than its bytes can hold, without allocating', () => {
    refused(bytes(4, 3 << 2, 'abcd'), 3)
    for (let i = 0; i < 500; i++) refused(bytes(0xff, 0xff, 0xff, 0xff, 0x0f, 0, 'a'), 0xffffffff)
  })

  test('when it holds more or less than it announces', () => {
    refused(bytes(2, 2 << 2, 'abc'))
    refused(bytes(4, 2 << 2, 'abc'))
    refused(bytes(0, 0, 'a'))
    refused(bytes(1))
    refused(bytes(7, 3 << 2, 'abcd', 1, 4))
    refused(bytes(3, 2 << 2, 'abc', 0, 'd'))
  })

  test('when a copy starts at itself or before the output', () => {
    refused(bytes(8, 3 << 2, 'abcd', 1, 0))
    refused(bytes(8, 3 << 2, 'abcd', 1, 5))
    refused(bytes(8, 3 << 2, 'abcd', (3 << 2) | 2, 0, 0))
    refused(bytes(8, 3 << 2, 'abcd', (3 << 2) | 3, 4, 0, 0, 0x80))
    refused(bytes(4, 1, 1))
  })

  test('when it ends within a tag or a literal', () => {
    refused(bytes(8, 3 << 2, 'abcd', 1))
    refused(bytes(8, 3 << 2, 'abcd', 2, 1))
    refused(bytes(8, 3 << 2, 'abcd', 3, 1, 0, 0))
    refused(bytes(3, 60 << 2))
    refused(bytes(3, 63 << 2, 2, 0, 0))
    refused(bytes(3, 2 << 2, 'ab'))
    refused(bytes(3, 63 << 2, 0xff, 0xff, 0xff, 0xff, 'abc'))
  })
})

describe('what was compressed', () => {
  /** Random, repetitive and mixed content of any length. */
  const content = fc
    .tuple(
      fc.integer(),
      fc.integer({ min: 0, max: 150_000 }),
      fc.integer({ min: 1, max: 256 }),
      fc.integer({ min: 1, max: 70_000 }),
    )
    .map(([seed, length, alphabet, period]) => {
      const noise = seededRandomBytes(seed)(Math.min(length, period))
      const out = new Uint8Array(length)
      for (let i = 0; i < length; i++) out[i] = noise[i % period]! % alphabet
      return out
    })

  test('decompresses to the same, announces its length and stays below the bound of the format', () => {
    fc.assert(
      fc.property(fc.oneof(content, fc.uint8Array({ maxLength: 300 })), (input) => {
        const block = compressSnappy(input)
        expect(snappyLength(block)).toBe(input.length)
        expect(block.length).toBeLessThanOrEqual(32 + input.length + Math.ceil(input.length / 6))
        const output = decompressSnappy(block, input.length)
        expect(output.length === input.length && output.every((byte, i) => byte === input[i])).toBe(true)
      }),
      { numRuns: 40 },
    )
  })

  test('is refused whole when a byte is missing or one too many', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (input) => {
        const block = compressSnappy(input)
        refused(block.subarray(0, -1))
        refused(new Uint8Array([...block, 0]))
      }),
    )
  })

  test('is read from a view into a larger buffer', () => {
    const outer = new Uint8Array(3000).fill(7)
    const inner = outer.subarray(1001, 2001)
    const block = compressSnappy(inner)
    const wrapped = new Uint8Array(block.length + 20)
    wrapped.set(block, 9)
    expect(decompressSnappy(wrapped.subarray(9, 9 + block.length), 1000)).toEqual(inner)
  })

  test('is small for repetitive input and barely larger for random input', () => {
    expect(compressSnappy(new Uint8Array(1 << 20)).length).toBeLessThan(50_000)
    expect(compressSnappy(seededRandomBytes(1)(1 << 20)).length).toBeLessThan((1 << 20) + 100)
  })
})

test('any bytes either decompress within the limit or are refused with the one code', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 100 }), (input, limit) => {
      let output: Uint8Array | undefined
      try {
        output = decompressSnappy(input, limit)
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_INVALID_SNAPPY' })
      }
      expect(output?.length ?? 0).toBeLessThanOrEqual(limit)
    }),
    { numRuns: 1000 },
  )
})
