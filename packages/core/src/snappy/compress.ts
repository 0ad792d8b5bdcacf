/** The format's reference cuts the input so that a position in a block fits 16 bits. */
const BLOCK_SIZE = 65536
/** A block must leave so many bytes after a match's start for the search to read ahead without a check. */
const INPUT_MARGIN = 15
/** Below this a match can't pay. */
const MIN_BLOCK_FOR_MATCHES = 17
const MAX_TABLE_BITS = 14
const MIN_TABLE_BITS = 8
/** After every so many probes in vain the search takes a longer step, so incompressible data passes fast. */
const SKIP_SHIFT = 5
const HASH_FACTOR = 0x1e35a7bd
/** Up to here a loop over words beats the fixed price of `set` and `subarray`; bytes. */
const SHORT_LITERAL = 96

// Positions of earlier four-byte sequences, by hash. Shared by all calls: none of them can be interrupted.
const table = new Uint16Array(1 << MAX_TABLE_BITS)

/** The most bytes that `length` bytes can become. */
function maxCompressedLength(length: number): number {
  return 32 + length + Math.ceil(length / 6)
}

/**
 * Compresses to one snappy block, the format's announced length first.
 * Source: google/snappy, format_description.txt. Same greedy search as the reference: one hash table a 64 KiB block.
 */
export function compressSnappy(bytes: Uint8Array): Uint8Array {
  const out = new BlockWriter(bytes)
  out.length(bytes.length)
  for (let start = 0; start < bytes.length; start += BLOCK_SIZE) {
    compressBlock(bytes, out, start, Math.min(start + BLOCK_SIZE, bytes.length))
  }
  return out.finish()
}

function compressBlock(bytes: Uint8Array, out: BlockWriter, start: number, end: number): void {
  if (end - start < MIN_BLOCK_FOR_MATCHES) {
    out.literal(start, end)
    return
  }
  let bits = MIN_TABLE_BITS
  while (bits < MAX_TABLE_BITS && 1 << bits < end - start) bits++
  const shift = 32 - bits
  table.fill(0, 0, 1 << bits)

  const view = out.source
  const limit = end - INPUT_MARGIN
  let literalStart = start
  let pos = start + 1
  let word = view.getInt32(pos, true)

  for (;;) {
    // Look for four bytes that were here before.
    let skip = 1 << SKIP_SHIFT
    let candidate: number
    for (;;) {
      const hash = Math.imul(word, HASH_FACTOR) >>> shift
      candidate = start + table[hash]!
      table[hash] = pos - start
      if (view.getInt32(candidate, true) === word) break
      const step = skip >>> SKIP_SHIFT
      skip += step
      pos += step
      if (pos > limit) {
        out.literal(literalStart, end)
        return
      }
      word = view.getInt32(pos, true)
    }
    out.literal(literalStart, pos)

    // Copy as much as matches, for as long as one match follows right on another.
    for (;;) {
      const offset = pos - candidate
      const matchStart = pos
      pos += 4
      while (pos + 4 <= end && view.getInt32(pos, true) === view.getInt32(pos - offset, true)) pos += 4
      while (pos < end && bytes[pos] === bytes[pos - offset]) pos++
      out.copy(offset, pos - matchStart)
      literalStart = pos
      if (pos >= limit) {
        out.literal(literalStart, end)
        return
      }
      table[Math.imul(view.getInt32(pos - 1, true), HASH_FACTOR) >>> shift] = pos - 1 - start
      word = view.getInt32(pos, true)
      const hash = Math.imul(word, HASH_FACTOR) >>> shift
      candidate = start + table[hash]!
      table[hash] = pos - start
      if (view.getInt32(candidate, true) !== word) break
    }
    pos++
    word = view.getInt32(pos, true)
  }
}

/** Writes the format's elements into room for the worst case, so that no write needs a check. */
class BlockWriter {
  readonly source: DataView
  readonly #bytes: Uint8Array
  readonly #out: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#out = new Uint8Array(maxCompressedLength(bytes.length))
    this.#view = new DataView(this.#out.buffer)
  }

  /** The announced length: seven bits a byte, lowest first. */
  length(value: number): void {
    let rest = value
    for (; rest >= 0x80; rest >>>= 7) this.#out[this.#at++] = (rest & 0x7f) | 0x80
    this.#out[this.#at++] = rest
  }

  /** The input from `start` to before `end`, as it is. */
  literal(start: number, end: number): void {
    const length = end - start
    if (length === 0) return
    const out = this.#out
    const tag = length - 1
    let at = this.#at
    if (tag < 60) out[at++] = tag << 2
    else if (tag < 256) {
      out[at++] = 60 << 2
      out[at++] = tag
    } else {
      out[at++] = 61 << 2
      out[at++] = tag & 0xff
      out[at++] = tag >>> 8
    }
    this.#at = at + length
    if (length > SHORT_LITERAL || end + 3 > this.#bytes.length) out.set(this.#bytes.subarray(start, end), at)
    // Whole words: up to three bytes too many, over which the next element writes.
    else for (let i = 0; i < length; i += 4) this.#view.setInt32(at + i, this.source.getInt32(start + i, true), true)
  }

  /** `total` bytes (4 and more) that were `offset` bytes before. */
  copy(offset: number, total: number): void {
    const out = this.#out
    let at = this.#at
    let length = total
    // 64 is the longest copy. Of 65 to 67 the first takes 60, so that at least 4 are left: the shortest short copy.
    while (length > 64) {
      const part = length >= 68 ? 64 : 60
      out[at++] = ((part - 1) << 2) | 2
      out[at++] = offset & 0xff
      out[at++] = offset >>> 8
      length -= part
    }
    if (length >= 12 || offset >= 2048) {
      out[at++] = ((length - 1) << 2) | 2
      out[at++] = offset & 0xff
      out[at++] = offset >>> 8
    } else {
      out[at++] = ((offset >>> 8) << 5) | ((length - 4) << 2) | 1
      out[at++] = offset & 0xff
    }
    this.#at = at
  }

  finish(): Uint8Array {
    return this.#out.slice(0, this.#at)
  }
}
