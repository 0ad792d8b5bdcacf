import { describe, expect, test } from 'vitest'
import { SILENCE, SWEEP, Tabs } from '../src/client/tabs.js'

function setUp() {
  let now = 0
  const counts: number[] = []
  const closed: string[] = []
  const tabs = new Tabs({ now: () => now, count: (count) => counts.push(count) })
  return {
    counts,
    closed,
    join: (name: string) => tabs.join(() => closed.push(name)),
    /** Lets time pass with a sweep as often as there should be one. */
    pass(ms: number) {
      for (const end = now + ms; now < end; ) {
        now += SWEEP
        tabs.sweep()
      }
    },
    /** Lets time pass in which nothing runs at all. */
    sleep(ms: number) {
      now += ms
      tabs.sweep()
    },
  }
}

describe('Tabs', () => {
  test('counts those that come and go', () => {
    const { counts, join } = setUp()
    const [a, b] = [join('a'), join('b')]
    a.left()
    a.left()
    b.left()
    expect(counts).toEqual([1, 2, 1, 0])
  })

  test('a tab that waits for an answer is there, however long that takes', () => {
    const { counts, closed, join, pass } = setUp()
    join('a').asks()
    pass(10 * SILENCE)
    expect([counts, closed]).toEqual([[1], []])
  })

  test('a tab that does not ask again is gone, and its neighbour is not', () => {
    const { counts, closed, join, pass } = setUp()
    const [crashed, alive] = [join('crashed'), join('alive')]
    crashed.asks()
    crashed.answered()
    for (let n = 0; n < 3; n += 1) {
      alive.asks()
      pass(SILENCE / 2)
      alive.answered()
    }
    expect(closed).toEqual(['crashed'])
    expect(counts).toEqual([1, 2, 1])
  })

  test('a tab that never asks is gone, too', () => {
    const { closed, join, pass } = setUp()
    join('a')
    pass(SILENCE)
    expect(closed).toEqual([])
    pass(SWEEP)
    expect(closed).toEqual(['a'])
  })

  test('nobody is taken for gone because the computer slept', () => {
    const { closed, join, pass, sleep } = setUp()
    join('a').answered()
    sleep(3_600_000)
    expect(closed).toEqual([])
    pass(SILENCE + SWEEP)
    expect(closed).toEqual(['a'])
  })
})
