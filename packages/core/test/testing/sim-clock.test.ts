import { expect, test } from 'vitest'
import { SimClock, seededRandomBytes } from '../../src/testing/index.js'

test('timers run in the order they are due, those of one moment in the order they were set', async () => {
  const clock = new SimClock()
  const ran: string[] = []
  clock.setTimeout(() => ran.push(`b ${clock.now()}`), 20)
  clock.setTimeout(() => ran.push(`a ${clock.now()}`), 10)
  clock.setTimeout(() => ran.push(`c ${clock.now()}`), 20)
  clock.setTimeout(() => ran.push('late'), 31)
  await clock.advance(30)
  expect(ran).toEqual(['a 10', 'b 20', 'c 20'])
  expect([clock.now(), clock.pendingTimers, clock.untilNextTimer]).toEqual([30, 1, 1])
})

test('a promise chain set off by a timer finishes before the next timer, and its new timers run in their turn', async () => {
  const clock = new SimClock()
  const ran: string[] = []
  clock.setTimeout(() => {
    void (async () => {
      for (let i = 0; i < 30; i++) await undefined
      ran.push('chain')
      clock.setTimeout(() => ran.push('set by the chain'), 5)
    })()
  }, 10)
  clock.setTimeout(() => ran.push('second'), 12)
  await clock.advance(15)
  expect(ran).toEqual(['chain', 'second', 'set by the chain'])
})

test('a cancelled timer does not run and is not pending', async () => {
  const clock = new SimClock()
  const timer = clock.setTimeout(() => expect.unreachable(), 10)
  timer.cancel()
  timer.cancel()
  expect(clock.pendingTimers).toBe(0)
  await clock.advance(100)
})

test('wall time moves along with the clock', async () => {
  const clock = new SimClock(5, 1000)
  expect([clock.now(), clock.wallTime()]).toEqual([5, 1000])
  await clock.advance(7)
  expect([clock.now(), clock.wallTime()]).toEqual([12, 1007])
})

test('seeded bytes are the same for the same seed, go on, and differ between seeds', () => {
  const a = seededRandomBytes(1)
  const b = seededRandomBytes(1)
  expect(a(10)).toEqual(b(10))
  expect(a(10)).toEqual(b(10))
  expect(a(32)).not.toEqual(a(32))
  expect(seededRandomBytes('x')(32)).not.toEqual(seededRandomBytes('y')(32))
})
