import { DiscReason } from '@ethspan/core'
import { expect, test } from 'vitest'
import { dropWords, errorWords } from '../src/client/reasons.js'

test('every reason has words from both sides', () => {
  for (const reason of Object.values(DiscReason)) {
    for (const side of ['local', 'remote'] as const) {
      expect(dropWords(reason, side)).toMatch(/^[a-z' ]{10,60}$/i)
      expect(dropWords(reason, side)).not.toMatch(/gave/)
    }
  }
})

test('a reason that no specification names is told as it is', () => {
  expect(dropWords(200, 'remote')).toBe('it gave unknown reason 200')
})

test('an error tells its causes, once each and bounded', () => {
  const error = new Error('dial failed', { cause: new Error('dial failed', { cause: new Error('refused') }) })
  expect(errorWords(error)).toBe('dial failed: refused')
  expect(errorWords('plain')).toBe('plain')
  expect(errorWords(new Error('x\u202e'.repeat(10_000))).length).toBeLessThanOrEqual(300)
})
