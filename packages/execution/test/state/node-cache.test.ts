import { expect, test } from 'vitest'
import { NodeCache } from '../../src/state/node-cache.js'

const value = (fill: number) => new Uint8Array(100).fill(fill)

test('keeps what is used, within its bytes', () => {
  // Room for two in each half.
  const cache = new NodeCache(4 * 300)
  cache.set('a', value(1))
  for (const key of ['b', 'c', 'd', 'e', 'f', 'g']) {
    cache.set(key, value(2))
    expect(cache.get('a')).toEqual(value(1))
    expect(cache.bytes).toBeLessThanOrEqual(4 * 300)
  }
  expect(cache.get('b')).toBeUndefined()
  expect(cache.get('g')).toEqual(value(2))
})

test('does not keep what would leave no room', () => {
  const cache = new NodeCache(1_000)
  cache.set('large', new Uint8Array(1_000))
  expect(cache.get('large')).toBeUndefined()
  expect(cache.bytes).toBe(0)
})
