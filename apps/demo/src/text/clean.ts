// Whatever a peer says is shown as text only, and even text can lie: control characters, marks that turn the writing
// direction around, letters of no width, towers of accents. This file decides what is left of it.

/** Longest name shown; code points. Hello allows 2048 bytes. */
export const MAX_NAME = 64
/** Longest chat line shown; code points. */
export const MAX_CHAT = 1000
/** Longest reason or error text shown; code points. */
export const MAX_REASON = 300
/** Accents in a row that a letter may carry: enough for every script, too few to climb over the lines above. */
const MAX_MARKS = 4

const lineBreaks = /[\n\r\t\u0085\u2028\u2029]+/gu
const controls = /\p{Cc}/gu
// Overrides and embeddings reorder what stands around them, which is how a name pretends to be another.
const bidi = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu
// A zero-width joiner between two pictures makes one emoji; anywhere else it is as invisible as its siblings.
const joinedPictures = /(\p{Extended_Pictographic}\p{Emoji_Modifier}?\ufe0f?)\u200d(?=\p{Extended_Pictographic})/gu
const invisible = /[\p{Cf}\u115f\u1160\u3164\uffa0\u2800]/gu
const unassigned = /[\p{Cs}\p{Co}\p{Cn}]/gu
const towers = new RegExp(`(\\p{M}{${MAX_MARKS}})\\p{M}+`, 'gu')
const keptJoiner = '\ue000'

/**
 * `text` as one harmless line of at most `max` code points: line breaks become spaces, control and direction characters
 * become the visible `�`, invisible ones disappear, and what was cut ends in `…`.
 */
export function clean(text: string, max: number): string {
  // Cut first, generously, so that a huge text costs no more than a small one.
  const bounded = text.length > max * 8 ? text.slice(0, max * 8) : text
  const harmless = bounded
    .replace(unassigned, '�')
    .replace(joinedPictures, `$1${keptJoiner}`)
    .replace(lineBreaks, ' ')
    .replace(controls, '�')
    .replace(bidi, '�')
    .replace(invisible, '')
    .replace(towers, '$1')
    .replaceAll(keptJoiner, '\u200d')
    .trim()
  const points = [...harmless]
  if (points.length <= max && bounded === text) return harmless
  return `${points.slice(0, max - 1).join('')}…`
}

export const cleanName = (name: string): string => clean(name, MAX_NAME)
