import { describe, expect, test } from 'vitest'
import { compareWorth, outbids, worthOf } from '../src/fees.js'

const caps = (feeCap: number, tipCap: number, blobFeeCap = 0) => ({
  feeCap: BigInt(feeCap),
  tipCap: BigInt(tipCap),
  blobFeeCap: BigInt(blobFeeCap),
})
const fees = (baseFee: number, blobFee = 0) => ({ baseFee: BigInt(baseFee), blobFee: BigInt(blobFee) })

describe('a transaction is worth', () => {
  test.each([
    ['its tip where the fee cap leaves it', caps(100, 10), 50, 10n],
    ['what the fee cap leaves', caps(55, 10), 50, 5n],
    ['less than nothing below the base fee', caps(40, 10), 50, -10n],
  ])('%s', (_, of, baseFee, tip) => {
    expect(worthOf(of, fees(baseFee), false)).toEqual({ patience: 0, tip })
  })

  test.each([
    ['at once', caps(100, 1, 100), 0],
    ['when the base fee has fallen by an eighth, six times', caps(50, 1, 100), -6],
    ['when the blob fee has fallen by a seventh, five times', caps(100, 1, 50), -5],
    ['when the slower of both has fallen', caps(50, 1, 50), -6],
    ['late, where it offers nothing', caps(100, 1, 0), -30],
  ])('what it is when it can be mined, with blobs: %s', (_, of, patience) => {
    expect(worthOf(of, fees(100, 100), true).patience).toBe(patience)
  })

  test('more the sooner it can be mined, then by its tip', () => {
    const order = [
      { patience: -6, tip: 90n },
      { patience: 0, tip: -3n },
      { patience: 0, tip: 5n },
    ]
    expect([...order].reverse().sort(compareWorth)).toEqual(order)
    expect(compareWorth(order[1]!, { ...order[1]! })).toBe(0)
  })
})

describe('a replacement pays enough', () => {
  test.each([
    ['10 % more of both', caps(110, 11), caps(100, 10), 10n, true],
    ['at small prices one wei more', caps(2, 2), caps(1, 1), 10n, true],
    ['but not the same', caps(1, 1), caps(1, 1), 10n, false],
    ['but not 9 %', caps(109, 11), caps(100, 10), 10n, false],
    ['twice all three with blobs', caps(200, 20, 2), caps(100, 10, 1), 100n, true],
    ['but not with a blob fee of less than twice', caps(200, 20, 19), caps(100, 10, 10), 100n, false],
  ])('%s', (_, fresh, old, bump, is) => {
    expect(outbids(fresh, old, bump)).toBe(is)
  })
})
