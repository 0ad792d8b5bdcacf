import { describe, expect, test } from 'vitest'
import { clean, cleanName, MAX_NAME } from '../src/text/clean.js'

describe('clean', () => {
  test('leaves ordinary text of every script alone', () => {
    for (const text of ['hello, world', 'שלום', 'مرحبا', 'नमस्ते', 'héllo', '日本語', '👩‍💻 and 🏳️‍🌈']) {
      expect(clean(text, 100)).toBe(text)
    }
  })

  test('makes one line of many', () => expect(clean('a\r\n\tb\u2028c', 100)).toBe('a b c'))

  test('shows control characters as replacement characters', () => {
    expect(clean('a\u0000b\u001b[31mc\u007f', 100)).toBe('a�b�[31mc�')
  })

  test('shows characters that turn the writing direction', () => {
    expect(clean('a\u202egnp.exe\u2066b\u200f', 100)).toBe('a�gnp.exe�b�')
  })

  test('drops what cannot be seen', () => {
    expect(clean('a\u200bb\u2060c\ufeffd\u00ade\u{e0041}f\u3164', 100)).toBe('abcdef')
  })

  test('keeps a joiner between pictures only', () => expect(clean('a\u200db 👩\u200d💻', 100)).toBe('ab 👩\u200d💻'))

  test('replaces private use characters and lone surrogates', () => {
    expect(clean('a\ue000b\ud800c', 100)).toBe('a�b�c')
  })

  test('takes down towers of accents', () => {
    expect(clean(`a${'\u0301'.repeat(50)}b`, 100)).toBe(`a${'\u0301'.repeat(4)}b`)
  })

  test('cuts by code points and says so', () => {
    expect(clean('😀'.repeat(10), 4)).toBe('😀😀😀…')
    expect(clean('abcd', 4)).toBe('abcd')
  })

  test('never returns more than asked for, however long the text', () => {
    expect([...clean('x'.repeat(1_000_000), 20)]).toHaveLength(20)
    expect([...cleanName('\u200b'.repeat(100_000))].length).toBeLessThanOrEqual(MAX_NAME)
  })
})
