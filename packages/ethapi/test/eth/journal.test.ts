import { expect, test } from 'vitest'
import { Journal } from '../../src/eth/journal.js'

test('what comes is read from any place on, as often as one likes', () => {
  const journal = new Journal<string>(10)
  journal.append(['a', 'b'])
  const place = journal.end
  journal.append(['c'])
  expect(journal.from(0)).toEqual(['a', 'b', 'c'])
  expect(journal.from(place)).toEqual(['c'])
  expect(journal.from(journal.end)).toEqual([])
})

test('more than there is room for pushes out the oldest, and whoever has not read them is told so', () => {
  const journal = new Journal<number>(3)
  journal.append([1, 2])
  journal.append([3, 4, 5])
  expect(journal.from(1)).toBe(undefined)
  expect(journal.from(2)).toEqual([3, 4, 5])
  journal.append([6, 7, 8, 9])
  expect(journal.from(2)).toBe(undefined)
  expect(journal.from(journal.end - 3)).toEqual([7, 8, 9])
})

test('what is forgotten is gone, and the places of the rest stay', () => {
  const journal = new Journal<string>(3)
  journal.append(['a', 'b', 'c'])
  journal.forget(2)
  journal.forget(1)
  expect(journal.from(1)).toBe(undefined)
  expect(journal.from(2)).toEqual(['c'])
  journal.append(['d'])
  expect(journal.from(3)).toEqual(['d'])
})
