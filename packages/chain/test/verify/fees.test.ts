import { describe, expect, test } from 'vitest'
import { blobBaseFee, EMPTY_UNCLES_HASH, mainnetSpec, nextBaseFee, nextExcessBlobGas } from '../../src/index.js'
import { nextDifficulty } from '../../src/verify/difficulty.js'
import { fakeExponential } from '../../src/verify/fees.js'
import { gethDifficulty, gethFees } from './geth-vectors.js'

const { config } = mainnetSpec
const number = 20_000_000n

describe('as in geth', () => {
  test.each(gethFees)(
    'fees at %i after an excess of %i and %i blob gas',
    (time, excess, used, fee, gasUsed, nextExcess, nextFee, blobFee) => {
      const parent = {
        number,
        time: time - 12n,
        gasLimit: 36_000_000n,
        gasUsed,
        baseFeePerGas: fee,
        blobGasUsed: used,
        excessBlobGas: excess,
      }
      expect(nextExcessBlobGas(parent, config, time)).toBe(nextExcess)
      expect(nextBaseFee(parent, config)).toBe(nextFee)
      expect(blobBaseFee({ number, time, excessBlobGas: excess }, config)).toBe(blobFee)
    },
  )

  test.each(gethDifficulty)(
    'the difficulty after block %i and %i seconds',
    (number, seconds, difficulty, hasUncles, next) => {
      const ommersHash = hasUncles ? new Uint8Array(32) : EMPTY_UNCLES_HASH
      const parent = { number: BigInt(number), time: 1_000_000n, difficulty: BigInt(difficulty), ommersHash }
      expect(nextDifficulty(parent, parent.time + BigInt(seconds), config)).toBe(BigInt(next))
    },
  )

  /** geth, consensus/misc/eip4844: `TestFakeExponential`. */
  test.each([
    [1, 0, 1, 1],
    [38493, 0, 1000, 38493],
    [0, 1234, 2345, 0],
    [1, 2, 1, 6],
    [1, 4, 2, 6],
    [1, 3, 1, 16],
    [1, 6, 2, 18],
    [1, 4, 1, 49],
    [1, 8, 2, 50],
    [10, 8, 2, 542],
    [11, 8, 2, 596],
    [1, 5, 1, 136],
    [1, 5, 2, 11],
    [2, 5, 2, 23],
    [1, 50000000, 2225652, 5709098764],
  ])('%i times e to the power of %i / %i', (factor, numerator, denominator, expected) => {
    expect(fakeExponential(BigInt(factor), BigInt(numerator), BigInt(denominator))).toBe(BigInt(expected))
  })
})

describe('the base fee', () => {
  /** geth, consensus/misc/eip1559: `TestCalcBaseFee`. */
  test.each([
    [1_000_000_000n, 20_000_000n, 10_000_000n, 1_000_000_000n],
    [1_000_000_000n, 20_000_000n, 9_000_000n, 987_500_000n],
    [1_000_000_000n, 20_000_000n, 11_000_000n, 1_012_500_000n],
  ])(
    'of %i, %i gas and %i of it used is followed by the one that geth says',
    (baseFeePerGas, gasLimit, gasUsed, expected) => {
      expect(nextBaseFee({ number, time: 0n, baseFeePerGas, gasLimit, gasUsed }, config)).toBe(expected)
    },
  )

  test('rises by one wei at least, and does not fall below zero', () => {
    const parent = { number, time: 0n, baseFeePerGas: 1n, gasLimit: 30_000_000n, gasUsed: 15_000_001n }
    expect(nextBaseFee(parent, config)).toBe(2n)
    expect(nextBaseFee({ ...parent, baseFeePerGas: 0n, gasUsed: 0n }, config)).toBe(0n)
  })

  test('begins with London at a billion wei', () => {
    const parent = { number: 12_964_999n, time: 0n, gasLimit: 15_000_000n, gasUsed: 15_000_000n }
    expect(nextBaseFee(parent, config)).toBe(1_000_000_000n)
  })
})

test('before Cancun there is neither excess blob gas nor a price of it', () => {
  const parent = { number, baseFeePerGas: 7n }
  expect(nextExcessBlobGas(parent, config, 1710338134n)).toBe(0n)
  expect(nextExcessBlobGas(parent, config, 1710338135n)).toBe(0n)
  expect(blobBaseFee({ number, time: 1710338134n, excessBlobGas: 0n }, config)).toBeUndefined()
  expect(blobBaseFee({ number, time: 1710338135n }, config)).toBeUndefined()
})
