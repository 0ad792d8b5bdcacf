import { bytesToHex } from '@ethspan/core'

/** Bytes as digits after `0x`. */
export type Hex = `0x${string}`

/** A JSON object that is answered. */
export type Json = Readonly<Record<string, unknown>>

export const hex = (bytes: Uint8Array): Hex => `0x${bytesToHex(bytes)}`

/** A number without leading zeros: geth's `hexutil.Uint64` and `hexutil.Big`. */
export const quantity = (value: bigint | number): Hex => `0x${value.toString(16)}`

/** As `hex`; null where there is nothing. */
export const hexOrNull = (bytes: Uint8Array | undefined): Hex | null => (bytes === undefined ? null : hex(bytes))

/** As `quantity`; null where there is nothing. */
export const quantityOrNull = (value: bigint | undefined): Hex | null => (value === undefined ? null : quantity(value))

/** A byte string as a number, the first byte the highest. */
export const bytesToBigInt = (bytes: Uint8Array): bigint => (bytes.length === 0 ? 0n : BigInt(hex(bytes)))
