import { expect, test } from 'vitest'
import { FanOut } from '../../src/eth/fan-out.js'

test('each follower is told until it leaves, by one listener that is there as long as anybody follows', () => {
  const listening: ((event: number) => void)[] = []
  const fanOut = new FanOut<number>((tell, signal) => {
    listening.push(tell)
    signal.addEventListener('abort', () => listening.splice(listening.indexOf(tell), 1))
  })
  const told: [who: string, event: number][] = []
  const follow = (who: string) => {
    const abort = new AbortController()
    fanOut.follow((event) => told.push([who, event]), abort.signal)
    return () => abort.abort()
  }
  const leave = follow('first')
  const leaveToo = follow('second')
  expect(listening).toHaveLength(1)
  listening[0]!(1)
  leave()
  listening[0]!(2)
  leaveToo()
  expect(listening).toHaveLength(0)
  const leaveAgain = follow('third')
  listening[0]!(3)
  leaveAgain()
  expect(told).toEqual([
    ['first', 1],
    ['second', 1],
    ['second', 2],
    ['third', 3],
  ])
})

test('who can’t listen follows nothing, and the next one tries anew', () => {
  let tries = 0
  const fanOut = new FanOut(() => {
    tries++
    throw new Error('no pool')
  })
  for (let i = 0; i < 2; i++) {
    expect(() => fanOut.follow(() => {}, new AbortController().signal)).toThrow('no pool')
  }
  expect(tries).toBe(2)
})
