import { expect, test } from 'vitest'
import { NodeCache } from '../../src/state/node-cache.js'

test('keeps what was used last, within its bytes', () => {
  const cache = new NodeCache(3 * 300)
  const value = (fill: number) => new Uint8Array(100).fill(fill)
  for (const key of ['a', 'b', 'c']) cache.set(key, value(1))
  expect(cache.bytes).toBe(900)
  cache.get('a')
  cache.set('d', value(2))
  expect(['a', 'b', 'c', 'd'].map((key) => cache.get(key) !== undefined)).toEqual([true, false, true, true])
  cache.set('a', value(3))
  expect(cache.get('a')).toEqual(value(3))
  expect(cache.bytes).toBe(900)
  cache.set('large', new Uint8Array(1000))
  expect(cache.bytes).toBe(0)
})
