import { SimClock } from '@ethspan/core/testing'
import { expect, test } from 'vitest'
import { FIRST_ROUND_TRIP_MS, MAX_TIMEOUT_MS, MIN_ROUND_TRIP_MS } from '../../src/index.js'
import { Rates } from '../../src/peers/rates.js'

test('a peer is asked for as much as it delivers in the target round trip, and a little more', () => {
  const rates = new Rates(new SimClock())
  const rate = rates.add()
  expect(rate.capacity('bodies', 2000)).toBe(16)
  rate.update('bodies', 100, 10)
  expect(rate.speed('bodies')).toBe(100)
  expect(rate.capacity('bodies', 2000)).toBe(203)
  expect(rate.capacity('receipts', 2000), 'of another kind nothing is known').toBe(16)
})

test('an answer without content brings the speed to nothing, and one item is tried', () => {
  const rate = new Rates(new SimClock()).add()
  rate.update('headers', 10, 500)
  rate.update('headers', 10, 0)
  expect(rate.capacity('headers', 2000)).toBe(1)
})

test('the round trip and with it the timeout shrink while answers come fast', () => {
  const clock = new SimClock()
  const rates = new Rates(clock)
  const rate = rates.add()
  const before = rates.timeout
  expect(before).toBe(3 * FIRST_ROUND_TRIP_MS)
  for (let i = 0; i < 50; i++) {
    rate.update('bodies', 50, 100)
    clock.jump(5_000)
    expect(rates.timeout).toBeLessThanOrEqual(before)
  }
  expect(rates.timeout).toBeCloseTo(3 * MIN_ROUND_TRIP_MS, -1)
})

test('the timeout of slow peers grows, up to its limit', () => {
  const clock = new SimClock()
  const rates = new Rates(clock)
  for (const rate of [rates.add(), rates.add(), rates.add()]) {
    for (let i = 0; i < 50; i++) rate.update('bodies', 60_000, 1)
  }
  for (let i = 0; i < 50; i++) {
    clock.jump(30_000)
    expect(rates.timeout).toBeLessThanOrEqual(MAX_TIMEOUT_MS)
  }
  expect(rates.timeout).toBeGreaterThan(50_000)
})

test('newcomers make the estimate less sure, so that they are given more time', () => {
  const clock = new SimClock()
  const rates = new Rates(clock)
  rates.add()
  const alone = rates.timeout
  rates.add()
  expect(rates.timeout).toBe(2 * alone)
})

test('the target is that of the better peers, not of the slowest', () => {
  const clock = new SimClock()
  const rates = new Rates(clock)
  const peers = Array.from({ length: 16 }, () => rates.add())
  for (const [i, rate] of peers.entries()) {
    for (let j = 0; j < 100; j++) rate.update('bodies', i < 8 ? 2_500 : 19_000, 10)
  }
  for (let i = 0; i < 30; i++) {
    clock.jump(21_000)
    void rates.timeout
  }
  expect(rates.targetRoundTrip).toBeLessThan(3_000)
})
