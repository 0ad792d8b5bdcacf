import { expect, test } from 'vitest'
import { shownCaps } from '../src/text/caps.js'

test('of each protocol the newest version is shown, those that run first', () => {
  const caps = ['snap/1', 'eth/68', 'eth/70', 'eth/69', 'chat/1']
  expect(shownCaps(caps, ['eth', 'chat'])).toEqual([
    { cap: 'eth/70', runs: true },
    { cap: 'chat/1', runs: true },
    { cap: 'snap/1', runs: false },
  ])
})

test('what a peer claims without a version is shown all the same', () => {
  expect(shownCaps(['odd', 'x/y'], [])).toEqual([
    { cap: 'odd/0', runs: false },
    { cap: 'x/0', runs: false },
  ])
})
