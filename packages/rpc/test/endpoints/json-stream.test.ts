import fc from 'fast-check'
import { expect, test } from 'vitest'
import { JsonStream } from '../../src/endpoints/json-stream.js'

const cut = (bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] => {
  const chunks: Uint8Array[] = []
  let at = 0
  for (const size of sizes) {
    chunks.push(bytes.subarray(at, at + size))
    at += size
  }
  return [...chunks, bytes.subarray(at)]
}

test('values come out as they went in, whatever is between them and wherever the bytes are cut', () => {
  const value = fc.oneof(fc.array(fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()))
  const space = fc.constantFrom('', ' ', '\n', '\r\n\t ')
  const sizes = fc.array(fc.nat({ max: 20 }))
  fc.assert(
    fc.property(fc.array(fc.tuple(value, space)), sizes, (values, at) => {
      const bytes = new TextEncoder().encode(values.map(([one, after]) => JSON.stringify(one) + after).join(''))
      const stream = new JsonStream(1_000_000)
      const texts = cut(bytes, at).flatMap((chunk) => [...stream.push(chunk)])
      expect(texts.map((text) => JSON.parse(text))).toEqual(values.map(([one]) => JSON.parse(JSON.stringify(one))))
    }),
    { numRuns: 300 },
  )
})

test.each([
  ['numbers and words end at white space', '1 true\n"a b" ', ['1', 'true', '"a b"']],
  ['or where an object or a list begins', 'nonsense{}7[]', ['nonsense', '{}', '7', '[]']],
  ['a bracket too many is a value of its own', '}{}', ['}', '{}']],
  ['a value that is not complete waits', '{"a":[1', []],
])('%s', (_, text, values) => {
  expect([...new JsonStream(100).push(new TextEncoder().encode(text))]).toEqual(values)
})

test('random bytes are cut into something, and nothing is kept beyond the limit', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), (chunks) => {
      const stream = new JsonStream(64)
      try {
        for (const chunk of chunks)
          for (const text of stream.push(chunk)) expect(Buffer.byteLength(text)).toBeGreaterThan(0)
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_MESSAGE_TOO_BIG' })
      }
    }),
    { numRuns: 500 },
  )
})

test('a value as large as the limit passes, one byte more does not', () => {
  const bytes = new TextEncoder().encode('["abcd"]')
  expect([...new JsonStream(8).push(bytes)]).toHaveLength(1)
  expect(() => [...new JsonStream(7).push(bytes)]).toThrow('larger than 7 bytes')
})
