import { TokenBucket } from '@ethspan/core'
import { SimClock, settle } from '@ethspan/core/testing'
import { expect, test } from 'vitest'
import { takeInTurn } from '../src/take-in-turn.js'

const rate = { capacity: 3, refillPerSecond: 2 }

test('a large taker goes into debt, the next one waits until it is paid', async () => {
  const clock = new SimClock()
  const bucket = new TokenBucket(rate, clock)
  const { signal } = new AbortController()
  expect(await takeInTurn(bucket, 7, clock, signal)).toBe(true)
  let taken = false
  const second = takeInTurn(bucket, 1, clock, signal).then((result) => {
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
  await takeInTurn(bucket, 5, clock, controller.signal)
  const waiting = takeInTurn(bucket, 1, clock, controller.signal)
  await settle()
  expect(clock.pendingTimers).toBe(1)
  controller.abort()
  expect(await waiting).toBe(false)
  expect(clock.pendingTimers).toBe(0)
  expect(bucket.wait(0)).toBe(1000)
})
