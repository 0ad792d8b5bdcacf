import { expect, test } from 'vitest'
import { LIMBO_ENTRY_BYTES, MAX_LIMBO_BYTES } from '../../src/limits.js'
import { Limbo } from '../../src/store/limbo.js'
import { entry } from './entries.js'

test('what was mined is there once, with all that it needs to come back', () => {
  const limbo = new Limbo()
  const mined = entry({ size: 5, isLocal: true })
  limbo.add(mined)
  const { type, bytes, sender } = mined
  expect(limbo.take(mined.key)).toEqual({ type, bytes, sender, isLocal: true, size: 5 })
  expect(limbo.take(mined.key)).toBe(undefined)
})

test.each([
  ['large ones by their bytes', 1024 * 1024 - LIMBO_ENTRY_BYTES],
  ['small ones by what it takes to keep them', 100],
])('the oldest leave when there are too many: %s', (_, size) => {
  const limbo = new Limbo()
  const fits = Math.floor(MAX_LIMBO_BYTES / (size + LIMBO_ENTRY_BYTES))
  const all = Array.from({ length: fits + 2 }, (_, nonce) => entry({ nonce, size }))
  // One that came twice takes the room of one.
  for (const one of [all[2]!, ...all]) limbo.add(one)
  const left = all.map(({ key }) => limbo.take(key) !== undefined)
  expect(left).toEqual([false, false, ...Array(fits).fill(true)])
})
