import { describe, expect, test } from 'vitest'
import { compact, formatAgo, formatGasPrice, formatSeconds, formatShare, groupDigits } from '../../src/stats/words.js'

const cases = <T>(format: (value: T) => string, pairs: readonly (readonly [T, string])[]) =>
  expect(pairs.map(([value]) => format(value))).toEqual(pairs.map(([, text]) => text))

describe('numbers as people read them', () => {
  test('of blocks', () => {
    cases(groupDigits, [
      [0, '0'],
      [999, '999'],
      [1000, '1,000'],
      [21_004_331, '21,004,331'],
      [Number.MAX_SAFE_INTEGER, '9,007,199,254,740,991'],
    ])
  })

  test('of things', () => {
    cases(compact, [
      [0, '0'],
      [9_870, '9,870'],
      [9_999.4, '9,999'],
      [10_000, '10.0 k'],
      [98_700, '98.7 k'],
      [999_499, '999 k'],
      [999_501, '1.0 M'],
      [Number.MAX_SAFE_INTEGER, '9.0 P'],
    ])
  })

  test('of wei', () => {
    cases(formatGasPrice, [
      [0, '0 wei'],
      [7, '7 wei'],
      [99_999, '99,999 wei'],
      [12_000_000, '0.012 gwei'],
      [1_001_000_000, '1 gwei'],
      [1_500_000_000, '1.5 gwei'],
      [12_340_000_000, '12.3 gwei'],
      [230_000_000_000, '230 gwei'],
      [Number.MAX_SAFE_INTEGER, '9.0 M gwei'],
    ])
  })

  test('of seconds', () => {
    cases(formatSeconds, [
      [0, '0 s'],
      [0.5, '0.5 s'],
      [12, '12 s'],
      [12.34, '12.3 s'],
      [180, '3 min'],
    ])
  })

  test('of shares', () => {
    cases(formatShare, [
      [0, '0 %'],
      [0.004, '0.4 %'],
      [0.47, '47 %'],
      [0.999, '99.9 %'],
      [1, '100 %'],
      [1.5, '100 %'],
    ])
  })

  test('of times gone by', () => {
    const now = Date.UTC(2026, 0, 1)
    cases(
      (at: number) => formatAgo(at, now),
      [
        [now + 5_000, 'now'],
        [now - 42_000, '42 s ago'],
        [now - 86_400_000, '1 d ago'],
        [now - 1061.5 * 86_400_000, '1061 d ago'],
        [0, 'long ago'],
      ],
    )
  })
})
