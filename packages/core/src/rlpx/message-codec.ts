import { EthspanError } from '../errors.js'
import { MAX_MESSAGE_SIZE } from '../limits.js'
import { compressSnappy, decompressSnappy } from '../snappy/snappy.js'

/** A message of the wire: the code counts from 0, where the base protocol begins. */
export interface WireMessage {
  readonly code: number
  readonly payload: Uint8Array
}

/**
 * Between frame data and messages: `frame-data = rlp(code) || payload`, the payload compressed once both sides said Hello
 * with version 5. Source: rlpx.md, "Capability Messaging", EIP-706.
 */
export class MessageCodec {
  /** Set after Hello, by which both sides know whether the other compresses. */
  snappy = false

  /**
   * The two parts of a frame's data.
   * @throws {EthspanError} ERR_MESSAGE_TOO_BIG above 2^24 − 1 bytes, code included, compressed or not.
   */
  encode(code: number, payload: Uint8Array): { readonly head: Uint8Array; readonly body: Uint8Array } {
    const head = encodeCode(code)
    checkSize(code, head.length + payload.length)
    const body = this.snappy ? compressSnappy(payload) : payload
    checkSize(code, head.length + body.length)
    return { head, body }
  }

  /** @throws {EthspanError} ERR_PROTOCOL for a malformed code; ERR_MESSAGE_TOO_BIG; ERR_INVALID_SNAPPY. */
  decode(frameData: Uint8Array): WireMessage {
    const { code, length } = decodeCode(frameData)
    const body = frameData.subarray(length)
    if (!this.snappy || isPlainDisconnect(code, body)) return { code, payload: body }
    return { code, payload: decompressSnappy(body, MAX_MESSAGE_SIZE - length) }
  }
}

const DISCONNECT_CODE = 1

/**
 * Whether this is a Disconnect that was left uncompressed, as @ethereumjs/devp2p sends it: a byte, or a list of one. Read
 * as snappy, either announces a length without a byte to follow or one that does not match, so nothing is ambiguous but
 * a single zero, which both ways means the same: "requested".
 */
function isPlainDisconnect(code: number, body: Uint8Array): boolean {
  return code === DISCONNECT_CODE && (body.length === 1 || (body.length === 2 && body[0] >= 0xc0))
}

function checkSize(code: number, size: number): void {
  if (size <= MAX_MESSAGE_SIZE) return
  throw new EthspanError('ERR_MESSAGE_TOO_BIG', `a message of ${size} bytes is over the limit of ${MAX_MESSAGE_SIZE}`, {
    fields: { code, size, limit: MAX_MESSAGE_SIZE },
    hint: 'Split it into several messages.',
  })
}

const ONE_BYTE_CODES = Array.from({ length: 128 }, (_, code) => Uint8Array.of(code === 0 ? 0x80 : code))

/** A full RLP integer, though nearly all codes are one byte. */
function encodeCode(code: number): Uint8Array {
  const short = ONE_BYTE_CODES[code]
  if (short !== undefined) return short
  const bytes: number[] = []
  for (let rest = code; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return Uint8Array.of(0x80 + bytes.length, ...bytes)
}

/** Bytes that a code takes in front of its payload. */
export function codeLength(code: number): number {
  return code < 0x80 ? 1 : encodeCode(code).length
}

/** Codes are numbers up to 2^48: the sum of all protocols' lengths stays far below. */
const MAX_CODE_BYTES = 6

function decodeCode(data: Uint8Array): { readonly code: number; readonly length: number } {
  const first = data[0]
  if (first !== undefined && first > 0 && first < 0x80) return { code: first, length: 1 }
  if (first === 0x80) return { code: 0, length: 1 }
  const size = first === undefined ? 0 : first - 0x80
  const canonical =
    size > 0 && size <= MAX_CODE_BYTES && data.length > size && data[1] !== 0 && (size > 1 || data[1] >= 0x80)
  if (!canonical) throw new EthspanError('ERR_PROTOCOL', 'a message does not begin with its code as an RLP integer')
  let code = 0
  for (let i = 1; i <= size; i++) code = code * 256 + data[i]
  return { code, length: 1 + size }
}
