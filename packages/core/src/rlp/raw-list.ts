// Lists whose items stay as they came: what is hashed is what was received, and what is stored is sent without being encoded anew.
import { invalidRlp } from './rlp.js'

const SHORT_STRING = 0x80
const SHORT_LIST = 0xc0
const MAX_SHORT_LENGTH = 55

interface Span {
  readonly isList: boolean
  /** Where the payload starts and ends. */
  readonly start: number
  readonly end: number
}

/** Reads the prefix at `at`; canonical only, as core's decoder. The payload of a list is not looked into. */
function spanAt(bytes: Uint8Array, at: number, what: string): Span {
  const first = bytes[at]
  if (first === undefined) throw invalidRlp(`${what}: the input ends where an item should start`)
  const isList = first >= SHORT_LIST
  if (first < SHORT_STRING) return { isList, start: at, end: at + 1 }
  let length = first - (isList ? SHORT_LIST : SHORT_STRING)
  let start = at + 1
  if (length > MAX_SHORT_LENGTH) {
    const size = length - MAX_SHORT_LENGTH
    length = 0
    for (let i = 0; i < size; i++) length = length * 256 + (bytes[start + i] ?? 0)
    if (bytes[start] === 0 || length <= MAX_SHORT_LENGTH)
      throw invalidRlp(`${what}: a length is not in its shortest form`)
    start += size
  }
  const end = start + length
  if (end > bytes.length) throw invalidRlp(`${what}: an item is longer than what contains it`)
  if (first === SHORT_STRING + 1 && bytes[start]! < SHORT_STRING) {
    throw invalidRlp(`${what}: a single byte below 0x80 has a prefix`)
  }
  return { isList, start, end }
}

/**
 * The items of a list, `min` to `max` of them, each with its prefix, as views into `bytes`, which the list fills. The items'
 * own payloads are not looked into.
 * @throws {EthspanError} ERR_INVALID_RLP
 */
export function splitRlpList(
  bytes: Uint8Array,
  what: string,
  { min = 0, max }: { readonly min?: number; readonly max: number },
): Uint8Array[] {
  const list = spanAt(bytes, 0, what)
  if (!list.isList) throw invalidRlp(`${what}: expected a list, got bytes`)
  if (list.end !== bytes.length) throw invalidRlp(`${what}: ${bytes.length - list.end} bytes follow the list`)
  const items: Uint8Array[] = []
  for (let at = list.start; at < list.end; ) {
    const { end } = spanAt(bytes, at, what)
    if (items.length === max) throw invalidRlp(`${what}: expected a list of at most ${max}`)
    items.push(bytes.subarray(at, end))
    at = end
  }
  if (items.length < min) throw invalidRlp(`${what}: expected a list of at least ${min}, got ${items.length}`)
  return items
}

/** Whether an encoded item is a list. */
export const isRlpList = (item: Uint8Array): boolean => item[0]! >= SHORT_LIST

/** The bytes of an encoded byte string. @throws {EthspanError} ERR_INVALID_RLP */
export function rlpStringPayload(item: Uint8Array, what: string): Uint8Array {
  const { isList, start, end } = spanAt(item, 0, what)
  if (isList || end !== item.length) throw invalidRlp(`${what}: expected bytes`)
  return item.subarray(start, end)
}

/** The list of items that are encoded already. */
export function joinRlpList(items: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const item of items) length += item.length
  const prefix = listPrefix(length)
  const out = new Uint8Array(prefix.length + length)
  out.set(prefix)
  let at = prefix.length
  for (const item of items) {
    out.set(item, at)
    at += item.length
  }
  return out
}

function listPrefix(length: number): number[] {
  if (length <= MAX_SHORT_LENGTH) return [SHORT_LIST + length]
  const size: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) size.unshift(rest % 256)
  return [SHORT_LIST + MAX_SHORT_LENGTH + size.length, ...size]
}
