import { SimClock, settle } from '@ethspan/core/testing'
import { expect, test } from 'vitest'
import { TokenBucket } from '../src/token-bucket.js'

const rate = { capacity: 3, perSecond: 2 }

test('gives its capacity at once and then its rate', async () => {
  const clock = new SimClock()
  const bucket = new TokenBucket(rate, clock)
  expect([1, 2, 3, 4].map(() => bucket.tryTake())).toEqual([true, true, true, false])
  expect(bucket.wait()).toBe(500)
  await clock.advance(500)
  expect([bucket.tryTake(), bucket.tryTake()]).toEqual([true, false])
  await clock.advance(60_000)
  expect([1, 2, 3, 4].map(() => bucket.tryTake())).toEqual([true, true, true, false])
})

test('a large taker goes into debt, the next one waits until it is paid', async () => {
  const clock = new SimClock()
  const bucket = new TokenBucket(rate, clock)
  const { signal } = new AbortController()
  expect(await bucket.take(7, signal)).toBe(true)
  let taken = false
  const second = bucket.take(1, signal).then((result) => {
    taken = result
  })
  await clock.advance(1999)
  expect(taken).toBe(false)
  await clock.advance(1)
  await second
  expect(taken).toBe(true)
})

test('a wait ends with its signal, takes nothing and leaves no timer', async () => {
  const clock = new SimClock()
  const bucket = new TokenBucket(rate, clock)
  const controller = new AbortController()
  await bucket.take(5, controller.signal)
  const waiting = bucket.take(1, controller.signal)
  await settle()
  expect(clock.pendingTimers).toBe(1)
  controller.abort()
  expect(await waiting).toBe(false)
  expect(clock.pendingTimers).toBe(0)
  expect(bucket.wait(0)).toBe(1000)
})
