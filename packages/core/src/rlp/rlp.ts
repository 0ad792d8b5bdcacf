// One pass over the input, no recursion, and byte strings as views: the published codecs nest a call for each list and copy
// the remainder after each item, so that 16 MB of one-byte items from a peer would stall the process for hours.
import { EthspanError } from '../errors.js'

/**
 * What can be encoded.
 * - `Uint8Array`: as it is.
 * - `string`: its UTF-8 bytes, always. Hex digits are text as well: `'0x01'` is four characters.
 * - `number` (a safe integer) and `bigint`, both from 0: big-endian without leading zeros; 0 is the empty string.
 * - `boolean`: 1 or 0, as geth writes them.
 * - an array: a list.
 */
export type RlpInput = number | bigint | string | boolean | Uint8Array | readonly RlpInput[]

/** What was decoded: a byte string or a list. */
export type RlpItem = Uint8Array | RlpItem[]

export interface RlpLimits {
  /** How deep lists may nest; a byte string outside of any list has depth 0. Default {@link RLP_MAX_DEPTH}. */
  readonly maxDepth?: number
  /** How many byte strings and lists there may be together. Default {@link RLP_MAX_ITEMS}. */
  readonly maxItems?: number
}

/** Lists within lists. The deepest message of eth, les or snap nests less than 10; whatever walks an item may recurse this far. */
export const RLP_MAX_DEPTH = 64

/**
 * Items in one input. eth's largest message, 10 MiB, holds 317,750 words of 32 bytes; each item costs some 100 bytes of
 * memory, whatever its length, so this bounds what an input of one-byte items can cost.
 */
export const RLP_MAX_ITEMS = 2 ** 19

const SHORT_STRING = 0x80
const SHORT_LIST = 0xc0
/** Payloads up to this many bytes have their length in the first byte (yellow paper, appendix B). */
const MAX_SHORT_LENGTH = 55
const EMPTY = new Uint8Array(0)

/** What every decoder of RLP throws. */
export function invalidRlp(message: string, fields?: Readonly<Record<string, unknown>>): EthspanError {
  return new EthspanError('ERR_INVALID_RLP', message, { fields })
}

// ---- encoding ----

/** An item whose size is known, ready to be written. */
interface Prepared {
  readonly payload: Uint8Array | readonly Prepared[]
  readonly payloadLength: number
  /** With its prefix. */
  readonly length: number
}

/**
 * Encodes `value` as RLP (yellow paper, appendix B).
 * @throws {EthspanError} ERR_INVALID_RLP for a number that is negative, fractional or not safe, for text with half a
 * surrogate pair, for lists deeper than {@link RLP_MAX_DEPTH}, and for anything that is no {@link RlpInput}.
 */
export function encodeRlp(value: RlpInput): Uint8Array {
  const prepared = prepare(value, 0)
  const out = new Uint8Array(prepared.length)
  write(prepared, out, 0)
  return out
}

function prepare(value: RlpInput, depth: number): Prepared {
  if (!Array.isArray(value)) {
    const payload = inputBytes(value as Exclude<RlpInput, readonly RlpInput[]>)
    const own = payload.length === 1 && payload[0]! < SHORT_STRING
    return { payload, payloadLength: payload.length, length: own ? 1 : prefixLength(payload.length) + payload.length }
  }
  if (depth === RLP_MAX_DEPTH) throw invalidRlp(`can't encode lists nested deeper than ${RLP_MAX_DEPTH}`)
  const payload: Prepared[] = []
  let payloadLength = 0
  for (const entry of value as readonly RlpInput[]) {
    const item = prepare(entry, depth + 1)
    payload.push(item)
    payloadLength += item.length
  }
  return { payload, payloadLength, length: prefixLength(payloadLength) + payloadLength }
}

function inputBytes(value: Exclude<RlpInput, readonly RlpInput[]>): Uint8Array {
  if (value instanceof Uint8Array) return value
  switch (typeof value) {
    case 'string':
      // An encoder would silently put U+FFFD in its place, and the reader would get another text than was sent.
      if (/\p{Surrogate}/u.test(value)) throw invalidRlp("can't encode text with an unpaired surrogate")
      return new TextEncoder().encode(value)
    case 'boolean':
      return value ? Uint8Array.of(1) : EMPTY
    case 'number':
      if (!Number.isSafeInteger(value) || value < 0) {
        throw invalidRlp(`can't encode the number ${value}: not an integer from 0 to 2^53 - 1`)
      }
      return numberBytes(value)
    case 'bigint':
      if (value < 0n) throw invalidRlp(`can't encode the negative integer ${value}`)
      return bigintBytes(value)
    default:
      throw invalidRlp(`can't encode a value of type ${value === null ? 'null' : typeof value}`)
  }
}

function numberBytes(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.push(rest % 256)
  return Uint8Array.from(bytes.reverse())
}

function bigintBytes(value: bigint): Uint8Array {
  if (value === 0n) return EMPTY
  const hex = value.toString(16)
  const out = new Uint8Array((hex.length + 1) >> 1)
  // From the end, so that an odd first digit stands alone.
  for (let i = out.length - 1, end = hex.length; i >= 0; i--, end -= 2) {
    out[i] = Number.parseInt(hex.slice(Math.max(0, end - 2), end), 16)
  }
  return out
}

function prefixLength(payloadLength: number): number {
  return payloadLength <= MAX_SHORT_LENGTH ? 1 : 1 + numberBytes(payloadLength).length
}

/** Writes `item` at `at` and returns where it ends. */
function write(item: Prepared, out: Uint8Array, at: number): number {
  const { payload, payloadLength, length } = item
  const end = at + length
  let start = at
  if (length > payloadLength) {
    const base = payload instanceof Uint8Array ? SHORT_STRING : SHORT_LIST
    if (payloadLength <= MAX_SHORT_LENGTH) {
      out[start++] = base + payloadLength
    } else {
      const lengthBytes = numberBytes(payloadLength)
      out[start++] = base + MAX_SHORT_LENGTH + lengthBytes.length
      out.set(lengthBytes, start)
      start += lengthBytes.length
    }
  }
  if (payload instanceof Uint8Array) out.set(payload, start)
  else for (const entry of payload) start = write(entry, out, start)
  return end
}

// ---- decoding ----

/**
 * Decodes one item that fills `bytes`. Only the canonical encoding is accepted. Byte strings are views into `bytes`.
 * @throws {EthspanError} ERR_INVALID_RLP, with the `offset` of what is wrong.
 */
export function decodeRlp(bytes: Uint8Array, limits: RlpLimits = {}): RlpItem {
  const { item, end } = decodeFirst(bytes, limits)
  if (end !== bytes.length) throw invalidRlp(`${bytes.length - end} bytes follow the item`, { offset: end })
  return item
}

/**
 * Decodes the item at the start of `bytes` and returns what follows it untouched, as EIP-8 asks for handshake packets and
 * discovery packets. Byte strings and `rest` are views into `bytes`.
 * @throws {EthspanError} ERR_INVALID_RLP, with the `offset` of what is wrong.
 */
export function decodeRlpPrefix(bytes: Uint8Array, limits: RlpLimits = {}): { item: RlpItem; rest: Uint8Array } {
  const { item, end } = decodeFirst(bytes, limits)
  return { item, rest: bytes.subarray(end) }
}

function decodeFirst(bytes: Uint8Array, limits: RlpLimits): { item: RlpItem; end: number } {
  const { maxDepth = RLP_MAX_DEPTH, maxItems = RLP_MAX_ITEMS } = limits
  const header = new Header(bytes)
  /** The lists that are still being filled, the outermost first. */
  const open: { readonly items: RlpItem[]; readonly end: number }[] = []
  let at = 0
  for (let count = 1; ; count++) {
    if (count > maxItems) throw invalidRlp(`more than ${maxItems} items`, { offset: at })
    header.read(at, open.at(-1)?.end ?? bytes.length)
    let item: RlpItem
    if (header.isList) {
      if (open.length === maxDepth) throw invalidRlp(`lists nested deeper than ${maxDepth}`, { offset: at })
      const items: RlpItem[] = []
      item = items
      open.at(-1)?.items.push(item)
      open.push({ items, end: header.end })
      at = header.start
    } else {
      item = bytes.subarray(header.start, header.end)
      open.at(-1)?.items.push(item)
      at = header.end
    }
    // Close every list that ends here; the outermost one, or a lone byte string, is the result.
    while (open.length > 0 && open.at(-1)!.end === at) item = open.pop()!.items
    if (open.length === 0) return { item, end: at }
  }
}

/** Reads prefixes; one object for all of them, since a large message has hundreds of thousands. */
class Header {
  isList = false
  /** Where the payload starts and ends. */
  start = 0
  end = 0
  private readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  /** Reads the prefix at `at`; its item must end at `limit` or before. */
  read(at: number, limit: number): void {
    if (at >= limit) throw invalidRlp('the input ends where an item should start', { offset: at })
    const first = this.bytes[at]!
    this.isList = first >= SHORT_LIST
    if (first < SHORT_STRING) {
      this.start = at
      this.end = at + 1
      return
    }
    const short = first - (this.isList ? SHORT_LIST : SHORT_STRING)
    const length = short <= MAX_SHORT_LENGTH ? short : this.longLength(at, limit, short - MAX_SHORT_LENGTH)
    this.start = at + 1 + Math.max(0, short - MAX_SHORT_LENGTH)
    this.end = this.start + length
    if (this.end > limit) throw invalidRlp('an item is longer than what contains it', { offset: at, length })
    if (first === SHORT_STRING + 1 && this.bytes[this.start]! < SHORT_STRING) {
      throw invalidRlp('a single byte below 0x80 has a prefix', { offset: at })
    }
  }

  private longLength(at: number, limit: number, size: number): number {
    if (at + 1 + size > limit) throw invalidRlp('the input ends inside a length', { offset: at })
    if (this.bytes[at + 1] === 0) throw invalidRlp('a length has a leading zero', { offset: at })
    // Eight bytes can pass 2^53 and lose precision, but no input is that long: what is wrong then is refused either way.
    let length = 0
    for (let i = 1; i <= size; i++) length = length * 256 + this.bytes[at + i]!
    if (length <= MAX_SHORT_LENGTH) throw invalidRlp('a short length is written in the long form', { offset: at })
    return length
  }
}

// ---- reading what was decoded ----

const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

/**
 * `item` as a list of `min` (default 0) to `max` (default: no limit) elements. `what` names it in the error.
 * @throws {EthspanError} ERR_INVALID_RLP
 */
export function expectList(
  item: RlpItem | undefined,
  what: string,
  { min = 0, max = Number.POSITIVE_INFINITY }: { readonly min?: number; readonly max?: number } = {},
): RlpItem[] {
  if (item === undefined) throw invalidRlp(`${what} is missing`)
  if (item instanceof Uint8Array) throw invalidRlp(`${what}: expected a list, got ${plural(item.length, 'byte')}`)
  if (item.length < min || item.length > max) {
    const range = min === max ? `${min}` : max === Number.POSITIVE_INFINITY ? `at least ${min}` : `${min} to ${max}`
    throw invalidRlp(`${what}: expected a list of ${range}, got ${item.length}`)
  }
  return item
}

/**
 * `item` as bytes, exactly `length` of them where that is given.
 * @throws {EthspanError} ERR_INVALID_RLP
 */
export function expectBytes(item: RlpItem | undefined, what: string, length?: number): Uint8Array {
  if (item === undefined) throw invalidRlp(`${what} is missing`)
  if (!(item instanceof Uint8Array)) throw invalidRlp(`${what}: expected bytes, got a list`)
  if (length !== undefined && item.length !== length) {
    throw invalidRlp(`${what}: expected ${plural(length, 'byte')}, got ${item.length}`)
  }
  return item
}

/**
 * `item` as an integer from 0 to `max` (default 2³² − 1; at most 2⁵³ − 1), without leading zeros.
 * @throws {EthspanError} ERR_INVALID_RLP
 */
export function expectUint(item: RlpItem | undefined, what: string, max: number = 2 ** 32 - 1): number {
  const bytes = integerBytes(item, what)
  let value = 0
  // Seven bytes hold every safe integer; more are only ever too large, and exact enough to be found so.
  for (const byte of bytes.subarray(0, 8)) value = value * 256 + byte
  if (bytes.length > 7 || value > max) throw invalidRlp(`${what}: expected an integer up to ${max}`)
  return value
}

/**
 * `item` as an integer of at most `maxBytes` bytes (default 32: the EVM's word), without leading zeros.
 * @throws {EthspanError} ERR_INVALID_RLP
 */
export function expectBigUint(item: RlpItem | undefined, what: string, maxBytes = 32): bigint {
  const bytes = integerBytes(item, what)
  if (bytes.length > maxBytes) throw invalidRlp(`${what}: expected an integer of at most ${plural(maxBytes, 'byte')}`)
  let hex = '0x0'
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return BigInt(hex)
}

function integerBytes(item: RlpItem | undefined, what: string): Uint8Array {
  const bytes = expectBytes(item, what)
  if (bytes[0] === 0) throw invalidRlp(`${what}: an integer has no leading zeros`)
  return bytes
}

/**
 * `item` as text of at most `maxBytes` bytes of valid UTF-8.
 * @throws {EthspanError} ERR_INVALID_RLP
 */
export function expectText(item: RlpItem | undefined, what: string, maxBytes: number): string {
  const bytes = expectBytes(item, what)
  if (bytes.length > maxBytes) {
    throw invalidRlp(`${what}: expected at most ${plural(maxBytes, 'byte')} of text, got ${bytes.length}`)
  }
  try {
    // A byte order mark is text like any other: dropped, two different byte strings would read the same.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new EthspanError('ERR_INVALID_RLP', `${what}: expected text, got bytes that are not UTF-8`, { cause })
  }
}
