import { expect, test } from 'vitest'
import { Lru } from '../src/lru.js'

test('what was not asked for the longest goes first', () => {
  const lru = new Lru<string, number>(2)
  lru.set('a', 1)
  lru.set('b', 2)
  expect(lru.get('a')).toBe(1)
  lru.set('c', 3)
  expect([lru.get('a'), lru.get('b'), lru.get('c')]).toEqual([1, undefined, 3])
})

test('what is set again is the newest, and does not count twice', () => {
  const lru = new Lru<string, number>(2)
  lru.set('a', 1)
  lru.set('b', 2)
  lru.set('a', 3)
  lru.set('c', 4)
  expect([...lru.entries()]).toEqual([
    ['a', 3],
    ['c', 4],
  ])
})
