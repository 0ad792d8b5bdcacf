import { EthspanError } from '../errors.js'
import { MAX_BASE_MESSAGE_SIZE } from '../limits.js'
import {
  decodeRlp,
  decodeRlpPrefix,
  encodeRlp,
  expectBigUint,
  expectBytes,
  expectList,
  expectText,
  expectUint,
  type RlpItem,
} from '../rlp/rlp.js'
import type { Cap } from './cap.js'
import { DiscReason } from './disc-reason.js'

/** Message codes of the base protocol. Source: rlpx.md, "p2p Capability". */
export const BaseCode = { Hello: 0x00, Disconnect: 0x01, Ping: 0x02, Pong: 0x03 } as const

/** Codes below this one belong to the base protocol. Source: rlpx.md, "Message ID-based Multiplexing". */
export const BASE_PROTOCOL_LENGTH = 16

/** The version of the base protocol spoken here. Source: rlpx.md, "Change Log". */
export const BASE_PROTOCOL_VERSION = 5

/** From this version on payloads are compressed. Source: EIP-706. */
export const SNAPPY_VERSION = 5

/** Capabilities read from a Hello. Ours; 2048 bytes could name 500 empty ones, nobody has so many. */
export const MAX_CAPS = 128

/** Bytes of a client's name. Ours; the longest seen in the field are below 150. */
export const MAX_NAME_BYTES = 512

/** Bytes of a capability's name; geth and the specification say 8, a reader can be kinder. */
const MAX_CAP_NAME_BYTES = 32

/** The first message of either side. Source: rlpx.md, "Hello (0x00)". */
export interface Hello {
  readonly version: number
  /** The client's name, such as `Geth/v1.17.10-stable/linux-amd64/go1.26`. Text from a stranger. */
  readonly name: string
  readonly caps: readonly Cap[]
  /** The TCP port the sender listens on; 0: none, or not told. */
  readonly listenPort: number
  /** 64 bytes. */
  readonly publicKey: Uint8Array
}

/** @throws {EthspanError} ERR_INVALID_OPTION where name and capabilities together exceed 2048 bytes. */
export function encodeHello(hello: Hello): Uint8Array {
  const caps = hello.caps.map((cap) => [cap.name, cap.version])
  const bytes = encodeRlp([hello.version, hello.name, caps, hello.listenPort, hello.publicKey])
  if (bytes.length > MAX_BASE_MESSAGE_SIZE) {
    throw new EthspanError('ERR_INVALID_OPTION', `Hello would take ${bytes.length} of ${MAX_BASE_MESSAGE_SIZE} bytes`, {
      hint: 'Use a shorter client name or fewer protocols.',
    })
  }
  return bytes
}

/**
 * Reads a Hello; elements after the known ones are for later versions and ignored (EIP-8).
 * @throws {EthspanError} ERR_PROTOCOL for more than 2048 bytes, ERR_INVALID_RLP for anything else.
 */
export function decodeHello(payload: Uint8Array): Hello {
  checkBaseSize('Hello', payload)
  const fields = expectList(decodeRlp(payload), 'Hello', { min: 5 })
  return {
    version: Number(expectBigUint(fields[0], 'Hello version')),
    name: expectText(fields[1], 'Hello client name', MAX_NAME_BYTES),
    caps: expectList(fields[2], 'Hello capabilities', { max: MAX_CAPS }).map(decodeCap),
    listenPort: Number(expectBigUint(fields[3], 'Hello listen port')),
    publicKey: expectBytes(fields[4], 'Hello node key', 64),
  }
}

function decodeCap(item: RlpItem): Cap {
  const fields = expectList(item, 'capability', { min: 2 })
  return {
    name: expectText(fields[0], 'capability name', MAX_CAP_NAME_BYTES),
    version: expectUint(fields[1], 'capability version'),
  }
}

export function encodeDisconnect(reason: DiscReason): Uint8Array {
  return encodeRlp([reason])
}

/** Reads a reason as a list or, as old clients send it, as a bare byte. What can't be read counts as "requested". */
export function decodeDisconnect(payload: Uint8Array): DiscReason {
  if (payload.length === 0 || payload.length > MAX_BASE_MESSAGE_SIZE) return DiscReason.Requested
  try {
    const { item } = decodeRlpPrefix(payload)
    return expectUint(Array.isArray(item) ? (item[0] ?? new Uint8Array()) : item, 'disconnect reason', 0xff)
  } catch (error) {
    // A bare 0x00 is not canonical RLP, yet clients send it for "requested".
    if (error instanceof EthspanError) return payload[0] < 0x80 ? payload[0] : DiscReason.Requested
    throw error
  }
}

/** Ping and Pong carry an empty list. Source: rlpx.md, "Ping (0x02)". */
export const EMPTY_LIST = Uint8Array.of(0xc0)

/** @throws {EthspanError} ERR_PROTOCOL: messages of the base protocol are small. */
export function checkBaseSize(what: string, payload: Uint8Array): void {
  if (payload.length <= MAX_BASE_MESSAGE_SIZE) return
  throw new EthspanError('ERR_PROTOCOL', `${what} of ${payload.length} bytes, the limit is ${MAX_BASE_MESSAGE_SIZE}`)
}
