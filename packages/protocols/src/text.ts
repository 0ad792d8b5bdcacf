// What a stranger wrote, made fit to be shown: in a page, in a terminal, in a log.

// Control characters (Cc), line and paragraph separators, and the invisible format characters (Cf) among which are all that
// reorder text. The two joiners stay: emoji and several scripts are written with them. So do variation selectors, which are
// marks (Mn), not format characters. Private use characters (Co) have no meaning that two strangers share.
const unfit = /[\p{Cc}\p{Zl}\p{Zp}]|(?![\u200c\u200d])[\p{Cf}\p{Cs}\p{Co}]/gu
const breaks = /[\t\n\v\f\r\u0085\p{Zl}\p{Zp}]+/gu
const spaces = /\p{Zs}+/gu
/** More marks on one letter than any script writes climb over the lines around it. */
const towers = /(\p{M}{4})\p{M}+/gu
/** Nothing to see: joiners and marks with no letter to stand on. */
const blank = /^(?:\u200c|\u200d|\p{M}|\s)*$/u

/**
 * `text` on one line, without characters that control a terminal, reorder or hide text, and without towers of combining
 * marks; runs of spaces become one. Not escaped for HTML: the page sets it as text.
 * @param maxCharacters what is longer is cut and ends in `…`; code points. Default: not cut.
 */
export function cleanText(text: string, maxCharacters: number = Number.POSITIVE_INFINITY): string {
  const clean = text
    .replace(breaks, ' ')
    .replace(unfit, '')
    .replace(spaces, ' ')
    .normalize('NFC')
    .replace(towers, '$1')
    .trim()
  if (blank.test(clean)) return ''
  if (clean.length <= maxCharacters) return clean
  const characters = [...clean]
  return characters.length <= maxCharacters ? clean : `${characters.slice(0, maxCharacters - 1).join('')}…`
}

/** The start of `text` that fits into `maxBytes` bytes of UTF-8, cut between code points. */
export function cutText(text: string, maxBytes: number): string {
  const encoder = new TextEncoder()
  let bytes = 0
  let end = 0
  for (const character of text) {
    bytes += encoder.encode(character).length
    if (bytes > maxBytes) return text.slice(0, end)
    end += character.length
  }
  return text
}
