// Hexadecimal text, as strict as geth's `hexutil`, whose words these are.
import { hexToBytes } from '@ethspan/core'
import { invalidParams } from '@ethspan/rpc'
import { type Reader, text, Unreadable } from './reader.js'

const HASH_BYTES = 32
const ADDRESS_BYTES = 20
const UINT64_DIGITS = 16
const UINT64_DECIMAL_DIGITS = 20
const UINT256_DIGITS = 64
const MAX_INT64 = 2n ** 63n - 1n

/** Bytes as digits after `0x`; an empty text is no bytes. */
export const bytes: Reader<Uint8Array> = (value) => {
  const sent = text(value)
  if (sent === '') return new Uint8Array(0)
  if (!/^0x/i.test(sent)) throw new Unreadable('hex string without 0x prefix')
  if (sent.length % 2 !== 0) throw new Unreadable('hex string of odd length')
  return digitsToBytes(sent.slice(2))
}

const digitsToBytes = (digits: string): Uint8Array => {
  if (!/^[0-9a-f]*$/i.test(digits)) throw new Unreadable('invalid hex string')
  return hexToBytes(digits)
}

const fixedBytes = (length: number): Reader<Uint8Array> => {
  return (value) => {
    const read = bytes(value)
    if (read.length === length) return read
    throw new Unreadable(`hex string has length ${read.length * 2}, want ${length * 2}`)
  }
}

/** 32 bytes. */
export const hash: Reader<Uint8Array> = fixedBytes(HASH_BYTES)
/** 20 bytes. */
export const address: Reader<Uint8Array> = fixedBytes(ADDRESS_BYTES)
/** 8 bytes: the id of a payload that is built. */
export const payloadId: Reader<Uint8Array> = fixedBytes(8)

function number(value: unknown, maxDigits: number): bigint {
  const sent = text(value)
  if (sent === '') return 0n
  if (!/^0x/i.test(sent)) throw new Unreadable('hex string without 0x prefix')
  const digits = sent.slice(2)
  if (digits === '') throw new Unreadable('hex string "0x"')
  if (digits.length > 1 && digits.startsWith('0')) throw new Unreadable('hex number with leading zero digits')
  if (digits.length > maxDigits) throw new Unreadable(`hex number > ${maxDigits * 4} bits`)
  if (!/^[0-9a-f]+$/i.test(digits)) throw new Unreadable('invalid hex string')
  return BigInt(`0x${digits}`)
}

/** A quantity of at most 64 bits. */
export const uint64: Reader<bigint> = (value) => number(value, UINT64_DIGITS)
/** A quantity of at most 256 bits. */
export const uint256: Reader<bigint> = (value) => number(value, UINT256_DIGITS)

/** A block's number. */
export const blockHeight: Reader<bigint> = (value) => {
  const height = uint64(value)
  if (height > MAX_INT64) throw new Unreadable('block number larger than int64')
  return height
}

/** Hexadecimal or decimal text, or a number, of at most 64 bits: geth's `HexOrDecimal64`. */
export const hexOrDecimal: Reader<bigint> = (value) => {
  const sent = typeof value === 'number' ? String(value) : text(value)
  if (sent === '') return 0n
  // The length first: to read a million decimal digits takes a second.
  const isShort = sent.replace(/^(0x)?0+/i, '').length <= UINT64_DECIMAL_DIGITS
  if (!isShort || !/^(0x[0-9a-f]+|\d+)$/i.test(sent) || BigInt(sent) >= 2n ** 64n) {
    throw new Unreadable(`invalid hex or decimal integer ${JSON.stringify(sent)}`)
  }
  return BigInt(sent)
}

/** A storage slot as geth takes it: with or without `0x`, at most 32 bytes, and how many were sent. */
export interface StorageKey {
  readonly slot: Uint8Array
  readonly sentBytes: number
}

/** @throws {RpcError} -32602 in the words of geth, which reads it apart from the other parameters */
export const storageKey: Reader<StorageKey> = (value) => {
  const sent = text(value)
  const digits = sent.replace(/^0x/i, '')
  const even = digits.length % 2 === 0 ? digits : `0${digits}`
  if (even.length > HASH_BYTES * 2) {
    throw invalidParams(`storage key too long (want at most ${HASH_BYTES} bytes): ${JSON.stringify(sent)}`)
  }
  if (!/^[0-9a-f]*$/i.test(even)) throw invalidParams(`invalid hex in storage key: ${JSON.stringify(sent)}`)
  return { slot: hexToBytes(even.padStart(HASH_BYTES * 2, '0')), sentBytes: even.length / 2 }
}
