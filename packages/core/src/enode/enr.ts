import { bytesToHex } from '../bytes.js'
import { keccak256 } from '../crypto/keccak.js'
import {
  COMPRESSED_KEY_LENGTH,
  checkPrivateKey,
  compressPublicKey,
  decompressPublicKey,
  publicKeyOf,
  sign,
  verify,
} from '../crypto/secp256k1.js'
import { EthspanError } from '../errors.js'
import {
  decodeRlp,
  encodeRlp,
  expectBigUint,
  expectBytes,
  expectList,
  expectUint,
  type RlpInput,
  type RlpItem,
} from '../rlp/rlp.js'
import { readWebSocketUrl } from './address.js'
import type { Endpoint } from './endpoint.js'
import { formatIp, parseIp } from './ip.js'

/** Key/value pairs of a node record, without `id` and `secp256k1`, which signing adds. Keys are ASCII. */
export type RecordEntries = Readonly<Record<string, RlpInput>>

/** The largest encoded record, bytes (EIP-778: so that it fits into one packet of any relay protocol). */
export const ENR_MAX_SIZE = 300
/** r and s; the identity scheme v4 drops the recovery bit (EIP-778). */
const SIGNATURE_LENGTH = 64
/** The sequence number is a 64-bit unsigned integer (EIP-778). */
const MAX_SEQ = 2n ** 64n - 1n
/** No value of a known key nests; unknown ones may, within reason. */
const RECORD_LIMITS = { maxDepth: 16, maxItems: ENR_MAX_SIZE }
/** The record's own list is one level. */
const VALUE_LIMITS = { maxDepth: RECORD_LIMITS.maxDepth - 1, maxItems: ENR_MAX_SIZE }
const TEXT_PREFIX = 'enr:'
const MAX_TEXT_LENGTH = TEXT_PREFIX.length + Math.ceil((ENR_MAX_SIZE * 4) / 3)

function invalid(message: string, cause?: unknown): EthspanError {
  return new EthspanError('ERR_INVALID_ENR', message, { cause })
}

/**
 * A signed node record (EIP-778), identity scheme v4. Every instance has a valid signature.
 *
 * The getters of known keys return undefined where the key is missing or its value is malformed: a bad port says nothing
 * about the rest of the record.
 */
export class ENR {
  /** Rises with each version of the record. */
  readonly seq: bigint
  /** All pairs, `id` and `secp256k1` included, in the order of their keys. A byte of a key is one character. */
  readonly entries: ReadonlyMap<string, RlpItem>
  /** The node's public key, 64 bytes. */
  readonly publicKey: Uint8Array
  /** The node's id: keccak256 of the public key, 64 hex digits. */
  readonly id: string
  readonly #encoded: Uint8Array

  private constructor(encoded: Uint8Array, seq: bigint, entries: ReadonlyMap<string, RlpItem>, publicKey: Uint8Array) {
    this.#encoded = encoded
    this.seq = seq
    this.entries = entries
    this.publicKey = publicKey
    this.id = bytesToHex(keccak256(publicKey))
  }

  /**
   * Signs a record.
   * @throws {EthspanError} ERR_INVALID_KEY; ERR_INVALID_ENR for a sequence number outside of 64 bits, a key that is not
   * ASCII or set by signing, a malformed value of a known key, or a record over {@link ENR_MAX_SIZE} bytes; ERR_INVALID_RLP.
   */
  static sign(privateKey: Uint8Array, seq: bigint, entries: RecordEntries): ENR {
    const key = checkPrivateKey(privateKey)
    const publicKey = publicKeyOf(key)
    const content = recordContent(publicKey, seq, entries)
    const signature = sign(keccak256(encodeRlp(content)), key).subarray(0, SIGNATURE_LENGTH)
    const encoded = encodeRlp([signature, ...content])
    return new ENR(encoded, seq, readPairs(decodeRlp(encoded) as RlpItem[]), publicKey)
  }

  /**
   * Decodes and verifies a record.
   * @throws {EthspanError} ERR_INVALID_ENR for anything else than a canonical record with a valid v4 signature.
   */
  static decode(bytes: Uint8Array): ENR {
    if (bytes.length > ENR_MAX_SIZE)
      throw invalid(`a node record has at most ${ENR_MAX_SIZE} bytes, this one has ${bytes.length}`)
    try {
      // A copy: a record outlives the message it came in.
      return ENR.#verified(Uint8Array.from(bytes))
    } catch (error) {
      if (error instanceof EthspanError && error.code !== 'ERR_INVALID_ENR') {
        throw invalid(`malformed node record: ${error.message}`, error)
      }
      throw error
    }
  }

  static #verified(encoded: Uint8Array): ENR {
    const list = expectList(decodeRlp(encoded, RECORD_LIMITS), 'record', { min: 2 })
    const signature = expectBytes(list[0], 'signature', SIGNATURE_LENGTH)
    const seq = expectBigUint(list[1], 'sequence number', 8)
    const entries = readPairs(list)
    const scheme = entries.get('id')
    if (!(scheme instanceof Uint8Array) || bytesToHex(scheme) !== '7634') {
      throw invalid('the identity scheme of the node record is not v4')
    }
    const publicKey = decompressPublicKey(expectBytes(entries.get('secp256k1'), 'public key', COMPRESSED_KEY_LENGTH))
    // Only the canonical encoding got here, so encoding again gives the bytes that were signed.
    if (!verify(keccak256(encodeRlp(list.slice(1))), signature, publicKey)) {
      throw invalid('the signature of the node record does not match')
    }
    return new ENR(encoded, seq, entries, publicKey)
  }

  /**
   * Reads the text form: `enr:` and the record in base64url without padding.
   * @throws {EthspanError} ERR_INVALID_ENR
   */
  static parse(text: string): ENR {
    if (!text.startsWith(TEXT_PREFIX)) throw invalid('the text of a node record starts with "enr:"')
    if (text.length > MAX_TEXT_LENGTH) {
      throw invalid(`the text of a node record has at most ${MAX_TEXT_LENGTH} characters, this one has ${text.length}`)
    }
    const digits = text.slice(TEXT_PREFIX.length)
    if (!/^[A-Za-z0-9_-]+$/.test(digits) || digits.length % 4 === 1) {
      throw invalid('what follows "enr:" is not base64url without padding')
    }
    const binary = atob(digits.replaceAll('-', '+').replaceAll('_', '/'))
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0))
    // Two texts must not be the same record: the bits that the last digit has too many are zero.
    if (base64url(bytes) !== digits) throw invalid('what follows "enr:" is not canonical base64url')
    return ENR.decode(bytes)
  }

  /** The record's RLP. A new array. */
  encode(): Uint8Array {
    return this.#encoded.slice()
  }

  /** The text form, `enr:…`. */
  toString(): string {
    return TEXT_PREFIX + base64url(this.#encoded)
  }

  toJSON(): string {
    return this.toString()
  }

  /** The value of a key, undefined where the record has none. Not to be changed. */
  get(key: string): RlpItem | undefined {
    return this.entries.get(key)
  }

  /** IPv4 address, dotted decimal. */
  get ip(): string | undefined {
    return readIp(this.get('ip'), 4)
  }

  /** TCP port, for `ip`, and for `ip6` where there is no `tcp6`. */
  get tcp(): number | undefined {
    return readPort(this.get('tcp'))
  }

  /** UDP port, for `ip`, and for `ip6` where there is no `udp6`. */
  get udp(): number | undefined {
    return readPort(this.get('udp'))
  }

  /** IPv6 address, RFC 5952, without brackets. */
  get ip6(): string | undefined {
    return readIp(this.get('ip6'), 16)
  }

  get tcp6(): number | undefined {
    return readPort(this.get('tcp6'))
  }

  get udp6(): number | undefined {
    return readPort(this.get('udp6'))
  }

  /** The node's `ws://` or `wss://` URL, canonical (docs/addresses.md). */
  get ws(): string | undefined {
    return readWs(this.get('ws'))
  }
}

const KNOWN_KEYS: Readonly<Record<string, { read(value: RlpItem): unknown; readonly expected: string }>> = {
  ip: { read: (value) => readIp(value, 4), expected: '4 bytes' },
  ip6: { read: (value) => readIp(value, 16), expected: '16 bytes' },
  tcp: { read: readPort, expected: 'a port from 1 to 65535' },
  tcp6: { read: readPort, expected: 'a port from 1 to 65535' },
  udp: { read: readPort, expected: 'a port from 1 to 65535' },
  udp6: { read: readPort, expected: 'a port from 1 to 65535' },
  ws: { read: readWs, expected: 'a ws:// or wss:// URL' },
}

/**
 * What a record's signature covers: `[seq, k, v, …]`, sorted, with the keys of the identity scheme.
 * @throws {EthspanError} as {@link ENR.sign}
 */
export function recordContent(publicKey: Uint8Array, seq: bigint, entries: RecordEntries): readonly RlpInput[] {
  if (seq < 0n || seq > MAX_SEQ) throw invalid(`the sequence number ${seq} is outside of 64 bits`)
  for (const key of Object.keys(entries)) checkEntry(key, entries[key]!)
  const all: RecordEntries = { ...entries, id: 'v4', secp256k1: compressPublicKey(publicKey) }
  const content: RlpInput[] = [seq]
  // ASCII only, so the order of code units is the order of bytes.
  for (const key of Object.keys(all).sort()) content.push(key, all[key]!)
  const size = encodeRlp([new Uint8Array(SIGNATURE_LENGTH), ...content]).length
  if (size > ENR_MAX_SIZE) throw invalid(`a node record has at most ${ENR_MAX_SIZE} bytes, these entries make ${size}`)
  return content
}

function checkEntry(key: string, value: RlpInput): void {
  if (key === '' || [...key].some((char) => char > '\x7f'))
    throw invalid(`the key ${JSON.stringify(key)} is not ASCII text`)
  if (key === 'id' || key === 'secp256k1') throw invalid(`the key "${key}" is set by signing`)
  const item = decodeRlp(encodeRlp(value), VALUE_LIMITS)
  const known = Object.hasOwn(KNOWN_KEYS, key) ? KNOWN_KEYS[key] : undefined
  if (known && known.read(item) === undefined) {
    throw invalid(`the value of the key "${key}" is not ${known.expected}`)
  }
}

/** The pairs of a decoded record `[signature, seq, k, v, …]`, whose keys must rise. */
function readPairs(list: readonly RlpItem[]): ReadonlyMap<string, RlpItem> {
  if (list.length % 2 !== 0) throw invalid('the last key of the node record has no value')
  const entries = new Map<string, RlpItem>()
  let previous: string | undefined
  for (let i = 2; i < list.length; i += 2) {
    // EIP-778 allows any bytes as a key; one character per byte keeps them apart and in order.
    const key = String.fromCharCode(...expectBytes(list[i], 'key'))
    if (previous !== undefined && key <= previous) {
      throw invalid(key === previous ? 'the node record has a key twice' : 'the keys of the node record are not sorted')
    }
    entries.set(key, list[i + 1]!)
    previous = key
  }
  return entries
}

function readIp(value: RlpItem | undefined, length: 4 | 16): string | undefined {
  return value instanceof Uint8Array && value.length === length ? formatIp(value) : undefined
}

function readPort(value: RlpItem | undefined): number | undefined {
  return orUndefined(() => expectUint(value, 'port', 65535) || undefined)
}

function readWs(value: RlpItem | undefined): string | undefined {
  if (!(value instanceof Uint8Array)) return undefined
  // An address is ASCII; whatever else these bytes are is refused as characters that no address has.
  return orUndefined(() => readWebSocketUrl(String.fromCharCode(...value)))
}

/** Undefined where reading finds the value malformed. */
function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof EthspanError) return undefined
    throw error
  }
}

/**
 * The entries that tell `endpoint`: `ip` or `ip6`, `tcp`, `udp`, `ws`. A host name has no key in a record and is left out,
 * together with the ports that only it would give a meaning to.
 */
export function endpointEntries(endpoint: Endpoint): RecordEntries {
  const ip = endpoint.host === undefined ? undefined : parseIp(endpoint.host)
  return {
    ...(ip ? { [ip.length === 4 ? 'ip' : 'ip6']: ip } : {}),
    ...(ip && endpoint.tcpPort ? { tcp: endpoint.tcpPort } : {}),
    ...(ip && endpoint.udpPort ? { udp: endpoint.udpPort } : {}),
    ...(endpoint.ws === undefined ? {} : { ws: readWebSocketUrl(endpoint.ws) }),
  }
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}
