import { EthspanError } from '@ethspan/core'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d

const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09

/**
 * Cuts a stream of bytes into JSON values, which follow each other with or without white space, as geth's IPC does. It
 * looks for where a value ends and leaves it to the parser whether it is one: brackets of the wrong kind count as brackets.
 */
export class JsonStream {
  readonly #maxBytes: number
  #chunks: Uint8Array[] = []
  #bytes = 0
  #depth = 0
  #inString = false
  #escaped = false

  /** @param maxBytes of one value */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * The values that are complete with this chunk, as text.
   * @throws {EthspanError} ERR_MESSAGE_TOO_BIG: nothing after it can be read.
   */
  *push(chunk: Uint8Array): Generator<string> {
    let start = 0
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] as number
      if (this.#bytes === 0 && at === start && isSpace(byte)) start = at + 1
      else if (this.#endsAt(byte)) {
        // What is neither object nor array ends where white space, or another value, begins.
        const end = this.#isScalarEnd(byte) ? at : at + 1
        yield this.#take(chunk.subarray(start, end))
        start = end
        at = end - 1
      }
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
  }

  #endsAt(byte: number): boolean {
    if (this.#inString) {
      if (this.#escaped) this.#escaped = false
      else if (byte === BACKSLASH) this.#escaped = true
      else if (byte === QUOTE) this.#inString = false
      return false
    }
    if (byte === QUOTE) this.#inString = true
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (this.#depth === 0 && this.#scalar) return true
      this.#depth++
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      this.#depth--
      return this.#depth <= 0
    }
    if (this.#depth === 0) {
      if (isSpace(byte)) return true
      this.#scalar = true
    }
    return false
  }

  /** Whether the value that has begun is neither object nor array. */
  #scalar = false

  #isScalarEnd(byte: number): boolean {
    return this.#scalar && byte !== CLOSE_BRACE && byte !== CLOSE_BRACKET
  }

  #keep(bytes: Uint8Array): void {
    this.#bytes += bytes.length
    if (this.#bytes > this.#maxBytes) {
      throw new EthspanError('ERR_MESSAGE_TOO_BIG', `a message is larger than ${this.#maxBytes} bytes`)
    }
    this.#chunks.push(bytes)
  }

  #take(last: Uint8Array): string {
    this.#keep(last)
    const text = Buffer.concat(this.#chunks).toString('utf8')
    this.#chunks = []
    this.#bytes = 0
    this.#depth = 0
    this.#scalar = false
    return text
  }
}
