import { type Log, logsBloom } from '@ethspan/chain'
import { seededRandomBytes } from '@ethspan/core/testing'
import { expect, test } from 'vitest'
import { LogMatcher } from '../../src/eth/log-match.js'

const random = seededRandomBytes(7)
const logOf = (topics: number): Log => ({
  address: random(20),
  topics: Array.from({ length: topics }, () => random(32)),
  data: random(5),
})

test('a block with a log that matches is never passed over, and hardly any other is looked at', () => {
  const logs = Array.from({ length: 40 }, (_, i) => logOf(i % 5))
  const blooms = logs.map((log) => logsBloom([log]))
  let lookedAt = 0
  for (const [i, { address, topics }] of logs.entries()) {
    for (const match of [
      { addresses: [address], topics: [] },
      { addresses: [random(20), address], topics: topics.map((topic) => [random(32), topic]) },
    ]) {
      const matcher = new LogMatcher(match)
      expect(logs.map((log) => matcher.matches(log))).toEqual(logs.map((_, at) => at === i))
      const found = blooms.map((bloom) => matcher.mayMatch(bloom))
      expect(found[i]).toBe(true)
      lookedAt += found.filter(Boolean).length
    }
  }
  expect(lookedAt).toBe(2 * logs.length)
})

test('nothing asked for is anything, but a position has to be there', () => {
  const all = new LogMatcher({ addresses: [], topics: [] })
  const second = new LogMatcher({ addresses: [], topics: [[], []] })
  const logs = [logOf(0), logOf(1), logOf(2), logOf(4)]
  expect(logs.map((log) => all.matches(log))).toEqual([true, true, true, true])
  expect(logs.map((log) => second.matches(log))).toEqual([false, false, true, true])
  expect(second.mayMatch(logsBloom([]))).toBe(true)
})

test('each position has a topic of its own', () => {
  const log = logOf(2)
  const [first, second] = log.topics as [Uint8Array, Uint8Array]
  const matches = (...topics: Uint8Array[][]) => new LogMatcher({ addresses: [], topics }).matches(log)
  expect(matches([first], [second])).toBe(true)
  expect(matches([second], [first])).toBe(false)
  expect(matches([], [second])).toBe(true)
  expect(matches([first, second])).toBe(true)
})
