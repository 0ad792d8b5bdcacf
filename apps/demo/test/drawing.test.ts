import { expect, test } from 'vitest'
import { DialTargets, MAX_TARGETS } from '../src/client/dial-targets.js'
import { cellsOf, hueOf } from '../src/text/avatar.js'
import { sparkline } from '../src/ui/sparkline-path.js'

test('a sparkline grows to the right and never leaves its box', () => {
  expect(sparkline([5, 10], 72, 20).last).toEqual({ x: 9, y: 3 })
  const { line, last } = sparkline([...Array.from({ length: 19 }, (_, n) => n % 7), 10], 72, 20)
  expect(last).toEqual({ x: 69, y: 3 })
  const numbers = line.match(/[\d.]+/g)!.map(Number)
  expect(Math.max(...numbers)).toBeLessThanOrEqual(72)
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0)
})

test('a sparkline of zeros has no NaN', () => expect(sparkline([0, 0], 72, 20).area).not.toContain('NaN'))

test('an avatar is mirrored and always the same', () => {
  const id = '0123456789abcdef'.repeat(4)
  const cells = new Set(cellsOf(id))
  for (const cell of cells) expect(cells.has(5 * Math.floor(cell / 5) + 4 - (cell % 5))).toBe(true)
  expect(hueOf(id)).toBeLessThan(360)
})

test('a dial target is listed while it is not connected', () => {
  let changes = 0
  const targets = new DialTargets(() => {
    changes += 1
  })
  targets.add('a', 'url')
  targets.failed('a', 'refused', 500, 1000)
  expect(targets.list()).toEqual([{ id: 'a', url: 'url', why: 'refused', retryAt: 1500 }])
  targets.connected('a')
  expect(targets.list()).toEqual([])
  targets.failed('unknown', 'refused', 500, 1000)
  expect(targets.remove('a')).toBe('url')
  expect(targets.remove('a')).toBeUndefined()
  expect(changes).toBe(4)
})

test('no more targets than the bound', () => {
  const targets = new DialTargets(() => {})
  for (let n = 0; n < MAX_TARGETS; n += 1) targets.add(String(n), '')
  expect(targets.full).toBe(true)
})
