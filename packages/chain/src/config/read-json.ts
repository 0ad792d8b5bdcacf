// Reads the values of a genesis.json as geth reads them, and says in one line what is wrong with one.
import { EthspanError, hexToBytes } from '@ethspan/core'

export type JsonObject = Readonly<Record<string, unknown>>

export const invalidGenesis = (message: string) => new EthspanError('ERR_INVALID_OPTION', `genesis.json: ${message}`)

/** What was found instead, short enough for one line. */
const shown = (value: unknown): string => {
  const text = value === undefined ? 'missing' : (JSON.stringify(value) ?? String(value))
  return text.length > 80 ? `${text.slice(0, 77)}...` : text
}

/** An object whose keys are data: addresses, slots. */
export function readObject(value: unknown, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw invalidGenesis(`${what} is an object, not ${shown(value)}`)
}

/**
 * An object whose keys are names, here in lower case: like geth (Go), it does not matter how they are written. `chainID` and
 * `mixhash` are in many files. Of a name that is there twice the last one counts.
 */
export const readFields = (value: unknown, what: string): JsonObject =>
  Object.fromEntries(Object.entries(readObject(value, what)).map(([name, field]) => [name.toLowerCase(), field]))

/** A field of {@link readFields}. */
export const fieldOf = (fields: JsonObject, name: string): unknown => fields[name.toLowerCase()]

/** geth writes numbers as hexadecimal digits, and reads decimal ones and plain JSON numbers as well, and nothing as 0. */
export function readQuantity(value: unknown, what: string, bits: 64 | 256 = 64): bigint {
  const text = typeof value === 'bigint' || Number.isInteger(value) ? BigInt(value as number).toString() : value
  if (typeof text === 'string' && /^(0x0*[0-9a-f]{1,64}|\d{0,78})$/i.test(text)) {
    const number = BigInt(text.replace(/^0X/, '0x'))
    if (number < 2n ** BigInt(bits)) return number
  }
  throw invalidGenesis(`${what} must be a whole number below 2^${bits}, not ${shown(value)}`)
}

/** A plain JSON number that JavaScript holds exactly. */
export function readSafeInteger(value: unknown, what: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number
  throw invalidGenesis(`${what} must be a whole number from 0 to 2^53 - 1, not ${shown(value)}`)
}

/** Hexadecimal digits after `0x`, or nothing at all, as geth reads them; where `length` is given, of so many bytes. */
export function readBytes(value: unknown, what: string, length?: number): Uint8Array {
  if (typeof value === 'string' && /^(0x([0-9a-f]{2})*)?$/i.test(value)) {
    const bytes = hexToBytes(value.slice(2))
    if (length === undefined || bytes.length === length) return bytes
  }
  const size = length === undefined ? '' : `${length} bytes as `
  throw invalidGenesis(`${what} must be ${size}hexadecimal digits after 0x, not ${shown(value)}`)
}

/** An object's key: 20 bytes, with or without `0x`. */
export const readAddressKey = (key: string): Uint8Array => readBytes(key.replace(/^(0x)?/i, '0x'), 'an address', 20)

/** A slot or its value: up to 32 bytes, with or without `0x`, to be filled up with zeros on the left. */
export function readWord(value: unknown, what: string): Uint8Array {
  if (typeof value !== 'string' || !/^(0x)?([0-9a-f]{2}){0,32}$/i.test(value)) {
    throw invalidGenesis(`${what} must be up to 32 bytes in hexadecimal digits, not ${shown(value)}`)
  }
  const bytes = hexToBytes(value.replace(/^0x/i, ''))
  const word = new Uint8Array(32)
  word.set(bytes, 32 - bytes.length)
  return word
}
