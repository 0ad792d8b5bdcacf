// The two encodings of a handshake packet, around the same ECIES. Since EIP-8: size prefix, RLP, random padding. Before it:
// fields of fixed width and no prefix, called plain here.
import { concatBytes } from '../bytes.js'
import type { Crypto } from '../crypto/crypto.js'
import { EthspanError } from '../errors.js'
import type { RandomBytes } from '../platform/clock.js'
import { encodeRlp, type RlpInput } from '../rlp/rlp.js'
import { ByteQueue } from './byte-queue.js'
import { ECIES_OVERHEAD, eciesDecrypt, eciesEncrypt, UNCOMPRESSED_POINT } from './ecies.js'

/** Largest body of an EIP-8 packet. Source: geth, `readMsg` of p2p/rlpx, which names `baseProtocolMaxMsgSize`. */
export const MAX_HANDSHAKE_SIZE = 2048
/** Bytes of a plain packet. Source: rlpx.md, "Initial Handshake": `auth-size`, `ack-size` before EIP-8. */
export const PLAIN_SIZE = { auth: 307, ack: 210 } as const
/** Fewest and most bytes of padding: 100 make an EIP-8 packet longer than any plain one. Source: EIP-8, which recommends the range. */
const MIN_PADDING = 100
const MAX_PADDING = 300

const PREFIX_LENGTH = 2
const NOTHING = new Uint8Array(0)

/** `auth` is the dialing side's packet, `ack` the answer. */
export type HandshakePacketKind = 'auth' | 'ack'

/** A decrypted packet's content: RLP and padding, or, if `plain`, fields of fixed width. */
export interface HandshakePlaintext {
  readonly plain: boolean
  readonly plaintext: Uint8Array
}

/** How to open a packet of the other side. */
export interface HandshakePacketOptions {
  readonly crypto: Crypto
  readonly privateKey: Uint8Array
  readonly kind: HandshakePacketKind
}

// A body that starts with 0x04, and so a plain packet, could also be the prefix of 1024 to 1279 bytes; only the length tells.
const isPlain = (kind: HandshakePacketKind, packet: Uint8Array): boolean =>
  packet.length === PLAIN_SIZE[kind] && packet[0] === UNCOMPRESSED_POINT

/**
 * Decrypts one whole packet.
 * @throws {EthspanError} ERR_HANDSHAKE
 */
export function openPacket({ kind, ...keys }: HandshakePacketOptions, packet: Uint8Array): HandshakePlaintext {
  if (isPlain(kind, packet)) {
    return { plain: true, plaintext: eciesDecrypt({ ...keys, packet, sharedMacData: NOTHING }) }
  }
  const sharedMacData = packet.subarray(0, PREFIX_LENGTH)
  const plaintext = eciesDecrypt({ ...keys, packet: packet.subarray(PREFIX_LENGTH), sharedMacData })
  return { plain: false, plaintext }
}

interface Sealer {
  readonly crypto: Crypto
  readonly randomBytes: RandomBytes
  readonly remotePublicKey: Uint8Array
}

/** The EIP-8 packet of `fields`. */
export function sealPacket(sealer: Sealer, fields: RlpInput): Uint8Array {
  const plaintext = concatBytes(encodeRlp(fields), new Uint8Array(paddingLength(sealer.randomBytes)))
  const size = plaintext.length + ECIES_OVERHEAD
  const sharedMacData = Uint8Array.of(size >> 8, size & 0xff)
  return concatBytes(sharedMacData, eciesEncrypt({ ...sealer, plaintext, sharedMacData }))
}

/** The plain packet of fields that are joined already. */
export function sealPlainPacket(sealer: Sealer, plaintext: Uint8Array): Uint8Array {
  return eciesEncrypt({ ...sealer, plaintext, sharedMacData: NOTHING })
}

function paddingLength(randomBytes: RandomBytes): number {
  const [high = 0, low = 0] = randomBytes(2)
  return MIN_PADDING + (((high << 8) | low) % (MAX_PADDING - MIN_PADDING + 1))
}

/** Cuts the one handshake packet that the other side sends off the front of what comes. */
export class HandshakePacketReader {
  readonly #options: HandshakePacketOptions
  readonly #queue = new ByteQueue()
  /** A plain packet was looked for and not found, so the first bytes are a size. */
  #isPrefixed = false

  constructor(options: HandshakePacketOptions) {
    this.#options = options
  }

  /**
   * Takes over the next bytes; the whole packet, once it is there.
   * @throws {EthspanError} ERR_HANDSHAKE as soon as the size is known to be out of range.
   */
  push(chunk: Uint8Array): Uint8Array | undefined {
    const queue = this.#queue
    queue.push(chunk)
    if (queue.length < PREFIX_LENGTH) return undefined
    const [high = 0, low = 0] = queue.peek(PREFIX_LENGTH)
    const plainSize = PLAIN_SIZE[this.#options.kind]
    if (high === UNCOMPRESSED_POINT && !this.#isPrefixed) {
      if (queue.length < plainSize) return undefined
      if (this.#opens(queue.peek(plainSize))) return queue.take(plainSize)
    }
    this.#isPrefixed = true
    const size = (high << 8) | low
    if (size <= ECIES_OVERHEAD || size > MAX_HANDSHAKE_SIZE) {
      throw new EthspanError('ERR_HANDSHAKE', `a handshake packet of ${size} bytes is refused`, {
        fields: { size, limit: MAX_HANDSHAKE_SIZE },
        hint: 'The other side most likely does not speak RLPx.',
      })
    }
    return queue.length < PREFIX_LENGTH + size ? undefined : queue.take(PREFIX_LENGTH + size)
  }

  /** Takes what came behind the packet, for whoever reads the frames. */
  takeUnread(): Uint8Array[] {
    return this.#queue.takeAll()
  }

  #opens(packet: Uint8Array): boolean {
    try {
      openPacket(this.#options, packet)
      return true
    } catch (error) {
      if (error instanceof EthspanError && error.code === 'ERR_HANDSHAKE') return false
      throw error
    }
  }
}
