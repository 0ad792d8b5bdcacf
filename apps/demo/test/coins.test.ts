import { describe, expect, test } from 'vitest'
import { formatCoins, formatGasPrice, parseCoins } from '../src/text/coins.js'

describe('formatCoins', () => {
  test.each([
    ['0', '0'],
    ['1', '<0.0001'],
    ['100000000000000', '0.0001'],
    ['500000000000000000', '0.5'],
    ['10000000000000000000', '10'],
    ['9999968999999999999', '9.9999'],
    ['1234567800000000000000', '1234.5678'],
  ])('%s wei are %s', (wei, text) => {
    expect(formatCoins(wei)).toBe(text)
  })
})

describe('parseCoins', () => {
  test.each([
    ['1', 10n ** 18n],
    [' 0.5 ', 5n * 10n ** 17n],
    ['0,5', 5n * 10n ** 17n],
    ['0.000000000000000001', 1n],
  ])('%j is %d wei', (text, wei) => {
    expect(parseCoins(text)).toBe(wei)
  })

  test.each(['', '0', '0.0', '-1', '1e3', '.5', '1.', '0.0000000000000000001', '1 000', '0x1', '9'.repeat(13)])(
    '%j is no amount',
    (text) => {
      expect(parseCoins(text)).toBeUndefined()
    },
  )
})

test.each([
  ['7', '7 wei'],
  ['875000000', '0.875 gwei'],
  ['1000000000', '1 gwei'],
  ['12345678901', '12.346 gwei'],
])('a gas price of %s wei is %s', (wei, text) => {
  expect(formatGasPrice(wei)).toBe(text)
})
