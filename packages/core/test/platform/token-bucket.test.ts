import { expect, test } from 'vitest'
import { TokenBucket } from '../../src/platform/token-bucket.js'
import { SimClock } from '../../src/testing/index.js'

const rate = { capacity: 3, refillPerSecond: 2 }

test('gives its capacity at once and then its rate', async () => {
  const clock = new SimClock()
  const bucket = new TokenBucket(rate, clock)
  expect([1, 2, 3, 4].map(() => bucket.tryTake())).toEqual([true, true, true, false])
  expect(bucket.wait()).toBe(500)
  await clock.advance(499)
  expect(bucket.tryTake()).toBe(false)
  await clock.advance(1)
  expect([bucket.tryTake(), bucket.tryTake()]).toEqual([true, false])
  await clock.advance(60_000)
  expect([1, 2, 3, 4].map(() => bucket.tryTake())).toEqual([true, true, true, false])
})

test('gives all that is asked for, or nothing', async () => {
  const clock = new SimClock()
  const bucket = new TokenBucket(rate, clock)
  expect([bucket.tryTake(4), bucket.left, bucket.tryTake(3), bucket.left]).toEqual([false, 3, true, 0])
  await clock.advance(250)
  expect(bucket.left).toBe(0.5)
  expect(bucket.wait(3)).toBe(1250)
})

test('what is owed is refilled first', async () => {
  const clock = new SimClock()
  const bucket = new TokenBucket(rate, clock)
  bucket.owe(7)
  expect([bucket.left, bucket.wait(0), bucket.tryTake(0)]).toEqual([-4, 2000, false])
  await clock.advance(2000)
  expect([bucket.wait(0), bucket.tryTake()]).toEqual([0, false])
  await clock.advance(500)
  expect(bucket.tryTake()).toBe(true)
})

test('without a refill nothing comes back, however long one waits', async () => {
  const clock = new SimClock()
  const bucket = new TokenBucket({ capacity: 1, refillPerSecond: 0 }, clock)
  expect([bucket.wait(), bucket.tryTake()]).toEqual([0, true])
  await clock.advance(1_000_000)
  expect([bucket.tryTake(), bucket.wait()]).toEqual([false, Number.POSITIVE_INFINITY])
})
