// Frames without I/O. Source: rlpx.md, "Framing". On the wire: header (16, encrypted), header MAC (16), data padded to 16
// (encrypted), MAC (16). Both directions run AES-256-CTR from a zero iv on and never start over.
import { constantTimeEqual } from '../crypto/constant-time.js'
import type { StreamCipher } from '../crypto/crypto.js'
import { EthspanError } from '../errors.js'
import { MAX_MESSAGE_SIZE } from '../limits.js'
import { ByteQueue } from './byte-queue.js'
import type { Secrets } from './handshake.js'
import { FrameMac, MAC_LENGTH } from './mac.js'

/** Largest frame data: what the header's 24 bits can say. */
export const MAX_FRAME_SIZE = MAX_MESSAGE_SIZE
/** Bytes of a header with its MAC. */
export const FRAME_HEADER_LENGTH = 32
const HEADER_LENGTH = 16
const BLOCK = 16
/** The header's data, RLP of `[0, 0]`: capability id and context id, which nobody uses. As geth sends it. */
const HEADER_DATA = Uint8Array.of(0xc2, 0x80, 0x80)
const ZERO_IV = new Uint8Array(16)
const NOTHING = new Uint8Array(0)

const padded = (size: number): number => (size + BLOCK - 1) & -BLOCK

/** The bytes on the wire of a frame with `size` bytes of data. */
export const frameLength = (size: number): number => FRAME_HEADER_LENGTH + padded(size) + MAC_LENGTH

/** Turns frame data into bytes for the wire, in the order of the calls. */
export class FrameEncoder {
  readonly #cipher: StreamCipher
  readonly #mac: FrameMac

  constructor(secrets: Secrets) {
    this.#cipher = secrets.crypto.aesCtr(secrets.aes, ZERO_IV)
    this.#mac = new FrameMac(secrets.crypto, secrets.egressMac, secrets.mac)
  }

  /**
   * One frame with the data `head` and `tail` (default: nothing), such as a message's code and its payload.
   * @throws {EthspanError} ERR_MESSAGE_TOO_BIG past {@link MAX_FRAME_SIZE}, ERR_INVALID_FRAME for no data at all; neither
   * touches the state.
   */
  encode(head: Uint8Array, tail: Uint8Array = NOTHING): Uint8Array {
    const size = head.length + tail.length
    if (size === 0) throw new EthspanError('ERR_INVALID_FRAME', 'a frame has at least one byte')
    checkSize(size, MAX_FRAME_SIZE)
    // Header and data are neighbours in the key stream, though not on the wire: one call of the cipher does both.
    const data = new Uint8Array(HEADER_LENGTH + padded(size))
    data[0] = size >> 16
    data[1] = size >> 8
    data[2] = size
    data.set(HEADER_DATA, 3)
    data.set(head, HEADER_LENGTH)
    data.set(tail, HEADER_LENGTH + head.length)
    const encrypted = this.#cipher.process(data)
    const header = encrypted.subarray(0, HEADER_LENGTH)
    const body = encrypted.subarray(HEADER_LENGTH)

    const frame = new Uint8Array(frameLength(size))
    frame.set(header)
    frame.set(this.#mac.header(header), HEADER_LENGTH)
    frame.set(body, FRAME_HEADER_LENGTH)
    frame.set(this.#mac.body(body), FRAME_HEADER_LENGTH + body.length)
    return frame
  }
}

/** Turns bytes from the wire, in chunks of any length, into frame data. */
export class FrameDecoder {
  /**
   * Largest frame data accepted, in bytes; may be changed between two frames, such as while only Hello is due. A larger one
   * is refused on its header, before its data is waited for. Default {@link MAX_FRAME_SIZE}.
   */
  maxFrameSize = MAX_FRAME_SIZE
  readonly #queue = new ByteQueue()
  readonly #cipher: StreamCipher
  readonly #mac: FrameMac
  /** Data bytes of the frame whose header has been read. */
  #size: number | undefined
  #failure: EthspanError | undefined

  constructor(secrets: Secrets) {
    this.#cipher = secrets.crypto.aesCtr(secrets.aes, ZERO_IV)
    this.#mac = new FrameMac(secrets.crypto, secrets.ingressMac, secrets.mac)
  }

  /** Bytes received that are not yet part of a frame. */
  get buffered(): number {
    return this.#queue.length
  }

  /** Takes over the next bytes from the wire. Ignored once the stream has failed. */
  push(chunk: Uint8Array): void {
    if (this.#failure === undefined) this.#queue.push(chunk)
  }

  /** The bytes not used so far, for another reader of the channel. */
  takeUnread(): Uint8Array[] {
    return this.#queue.takeAll()
  }

  /**
   * The data of the next frame, in an array of its own; undefined: wait for more bytes.
   * @throws {EthspanError} ERR_INVALID_FRAME for a wrong MAC or a frame without data, ERR_MESSAGE_TOO_BIG past
   * `maxFrameSize`. The stream can't be read any further; each later call throws the same error.
   */
  next(): Uint8Array | undefined {
    if (this.#failure !== undefined) throw this.#failure
    try {
      return this.#read()
    } catch (error) {
      if (error instanceof EthspanError) {
        this.#failure = error
        this.#queue.takeAll()
      }
      throw error
    }
  }

  #read(): Uint8Array | undefined {
    if (this.#size === undefined) {
      if (this.#queue.length < FRAME_HEADER_LENGTH) return undefined
      this.#size = this.#readHeader(this.#queue.take(FRAME_HEADER_LENGTH))
    }
    const size = this.#size
    const bodyLength = padded(size)
    if (this.#queue.length < bodyLength + MAC_LENGTH) return undefined
    this.#size = undefined
    const body = this.#queue.take(bodyLength)
    if (!constantTimeEqual(this.#mac.body(body), this.#queue.take(MAC_LENGTH))) throw badMac('data')
    return this.#cipher.process(body).subarray(0, size)
  }

  #readHeader(bytes: Uint8Array): number {
    const header = bytes.subarray(0, HEADER_LENGTH)
    if (!constantTimeEqual(this.#mac.header(header), bytes.subarray(HEADER_LENGTH))) throw badMac('header')
    const [high = 0, middle = 0, low = 0] = this.#cipher.process(header)
    const size = (high << 16) | (middle << 8) | low
    if (size === 0) throw new EthspanError('ERR_INVALID_FRAME', 'a frame without data, so without a message code')
    checkSize(size, this.maxFrameSize)
    return size
  }
}

function checkSize(size: number, limit: number): void {
  if (size <= limit) return
  throw new EthspanError('ERR_MESSAGE_TOO_BIG', `a frame of ${size} bytes, the limit is ${limit}`, {
    fields: { size, limit },
  })
}

const badMac = (part: 'header' | 'data'): EthspanError =>
  new EthspanError('ERR_INVALID_FRAME', `the MAC of a frame's ${part} does not match`, {
    fields: { part },
    hint: 'The bytes were changed on the way, or the two sides do not share the same secrets.',
  })
