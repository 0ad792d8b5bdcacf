import { expect, test } from 'vitest'
import { Feed } from '../../src/eth/feed.js'

/** A feed of numbers, and who listens to where they come from. */
function numbers(max: number) {
  const listening: ((items: readonly number[]) => void)[] = []
  const feed = new Feed<number>(max, (append, signal) => {
    listening.push(append)
    signal.addEventListener('abort', () => listening.splice(listening.indexOf(append), 1))
  })
  return { feed, listening, come: (...items: number[]) => listening[0]!(items) }
}

test('each reads what came after it, at its own pace', () => {
  const { feed, come } = numbers(10)
  const first = feed.open()
  come(1, 2)
  const second = feed.open()
  come(3)
  expect(first.unread()).toEqual([1, 2, 3])
  first.advance(1)
  expect(first.unread()).toEqual([2, 3])
  expect(second.unread()).toEqual([3])
  second.advance(1)
  expect(second.unread()).toEqual([])
})

test('nobody listens for nobody', () => {
  const { feed, listening, come } = numbers(10)
  expect(listening).toHaveLength(0)
  const readers = [feed.open(), feed.open()]
  expect(listening).toHaveLength(1)
  come(1)
  for (const reader of readers) {
    expect(listening).toHaveLength(1)
    reader.close()
    reader.close()
  }
  expect(listening).toHaveLength(0)
  const later = feed.open()
  expect(later.unread()).toEqual([])
  come(2)
  expect(later.unread()).toEqual([2])
  expect(readers[0]!.unread()).toBe(undefined)
})

test('what all have read makes room; who reads too slowly has missed something', () => {
  const { feed, come } = numbers(3)
  const [quick, slow] = [feed.open(), feed.open()]
  for (const some of [[1, 2], [3], [4, 5]]) {
    come(...some)
    expect(quick.unread()).toEqual(some)
    quick.advance(some.length)
  }
  expect(slow.unread()).toBe(undefined)
  slow.close()
  come(6)
  expect(quick.unread()).toEqual([6])
})
