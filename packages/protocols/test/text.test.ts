import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cleanText, cutText } from '../src/text.js'
import { anyText } from './fake-peer.js'

describe('cleanText', () => {
  test.each([
    ['plain text', 'hello, world', 'hello, world'],
    ['line breaks become spaces', 'a\r\nb\u2028c', 'a b c'],
    ['runs of spaces become one', '  a \u00a0\u3000 b ', 'a b'],
    ['terminal escapes', '\u001b[31mred\u0007\u009b0m', '[31mred0m'],
    ['characters that reorder text', 'a\u202eb\u2066c\u200fd', 'abcd'],
    ['characters that hide', 'a\u200bb\ufeffc\u{e0041}d\u00ade', 'abcde'],
    ['private use', 'a\ue000b', 'ab'],
    ['half a surrogate pair', 'a\ud800b', 'ab'],
    ['emoji of several code points stay', '👩‍👩‍👧 ❤️ 🏳️‍🌈', '👩‍👩‍👧 ❤️ 🏳️‍🌈'],
    ['scripts stay', 'שלום مرحبا नमस्ते 你好', 'שלום مرحبا नमस्ते 你好'],
    ['towers of marks', `a${'\u0331'.repeat(50)}`, `a${'\u0331'.repeat(4)}`],
    ['nothing but joiners', '\u200d\u200c\u0301', ''],
    ['HTML is the page’s matter', '<b>&', '<b>&'],
  ])('%s', (_, dirty, clean) => {
    expect(cleanText(dirty)).toBe(clean)
  })

  test('cuts what is too long, between code points', () => {
    expect(cleanText('💙💙💙💙', 3)).toBe('💙💙…')
    expect(cleanText('💙💙💙', 3)).toBe('💙💙💙')
  })

  test('what is clean stays as it is', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        const clean = cleanText(text)
        return cleanText(clean) === clean && !/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(clean)
      }),
    )
  })
})

test('cutText keeps as many whole characters as fit', () => {
  fc.assert(
    fc.property(
      anyText().map((text) => text.replace(/\p{Cs}/gu, '')),
      fc.nat(40),
      (text, max) => {
        const cut = cutText(text, max)
        expect(text.startsWith(cut)).toBe(true)
        expect(new TextEncoder().encode(cut).length).toBeLessThanOrEqual(max)
        expect(cut).not.toMatch(/\p{Cs}/u)
        const next = [...text.slice(cut.length)][0]
        if (next !== undefined) expect(new TextEncoder().encode(cut + next).length).toBeGreaterThan(max)
      },
    ),
  )
})
