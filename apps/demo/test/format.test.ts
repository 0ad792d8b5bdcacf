import { describe, expect, test } from 'vitest'
import { count, formatAge, formatBytes, formatRoundTrip, shortId } from '../src/text/format.js'

const s = 1000
const min = 60 * s
const h = 60 * min
const d = 24 * h

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1.0 KB'],
  [1536, '1.5 KB'],
  [99_949, '99.9 KB'],
  [99_950, '100 KB'],
  [999_600, '1.0 MB'],
  [12_345_678, '12.3 MB'],
  [5e15, '5000 TB'],
])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

test.each([
  [-5, 'now'],
  [999, 'now'],
  [42 * s, '42 s'],
  [60 * s, '1 min'],
  [59 * min + 59 * s, '59 min'],
  [2 * h, '2 h'],
  [2 * h + 5 * min, '2 h 5 min'],
  [4 * d + 3 * h, '4 d 3 h'],
])('%d ms of age are %s', (ms, text) => expect(formatAge(ms)).toBe(text))

test.each([
  [0.84, '0.8 ms'],
  [9.96, '10 ms'],
  [412, '412 ms'],
  [1400, '1.4 s'],
])('a round trip of %d ms is %s', (ms, text) => expect(formatRoundTrip(ms)).toBe(text))

describe('shortId', () => {
  test('keeps both ends of an id', () => expect(shortId(`9f2c41${'0'.repeat(54)}b07e`)).toBe('9f2c41…b07e'))
  test('leaves a short one alone', () => expect(shortId('abc')).toBe('abc'))
})

test('one is one, the rest are many', () => {
  expect([0, 1, 2].map((n) => count(n, 'peer'))).toEqual(['0 peers', '1 peer', '2 peers'])
})
