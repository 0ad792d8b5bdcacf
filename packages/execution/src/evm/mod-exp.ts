// The precompile at address 5 (EIP-198): powers modulo a number, of whatever length is paid for. Before Osaka an exponent may have
// millions of bytes; the library's time grows with the square of them, 20,000 bytes at 50,000 gas take it half a second.
import { bytesToHex, hexToBytes } from '@ethspan/core'
import type { Precompile } from './precompile.js'

/** The lengths of base, exponent and modulus, 32 bytes each. */
const LENGTHS_BYTES = 96
/** Of the exponent: so many count for the price. */
const PRICED_BYTES = 32
/** What has no more bytes in all is left to the library: some ten milliseconds. */
const FEW_BYTES = 768
/** From this length of the modulus, in bytes, each multiplication is one to look at the clock after: a large one takes milliseconds. */
const LARGE_MODULUS_BYTES = 1_024

/** In pieces, where it is large. */
export const modExp: Precompile = async (input, library, rest) => {
  const lengths = withZeros(input.data, 0, LENGTHS_BYTES)
  const [base, exponent, modulus] = [0, 32, 64].map((at) => numberOf(lengths.subarray(at, at + 32))) as [
    bigint,
    bigint,
    bigint,
  ]
  if (base + exponent + modulus <= FEW_BYTES) return library(input)
  // What is left out is read as zeros, so the modulus is one: then the library checks, prices and does no more.
  const priced = BigInt(LENGTHS_BYTES) + base + (exponent < PRICED_BYTES ? exponent : BigInt(PRICED_BYTES))
  const { length } = input.data
  const end = priced < length ? Number(priced) : length
  const result = await library({ ...input, data: input.data.subarray(0, end) })
  if (result.exceptionError !== undefined || modulus === 0n) return result
  // Paid for, so each is a length that bytes can have.
  const exponentAt = LENGTHS_BYTES + Number(base)
  const m = numberOf(withZeros(input.data, exponentAt + Number(exponent), Number(modulus)))
  if (m === 0n) return result
  const b = numberOf(withZeros(input.data, LENGTHS_BYTES, Number(base))) % m
  const power = await powerOf(b, { bytes: input.data.subarray(exponentAt), length: Number(exponent) }, m, rest)
  return { ...result, returnValue: bytesOf(power, Number(modulus)) }
}

/** @param exponent what is missing of it is zeros */
async function powerOf(
  base: bigint,
  exponent: { readonly bytes: Uint8Array; readonly length: number },
  modulus: bigint,
  rest: () => Promise<void>,
): Promise<bigint> {
  const isLarge = modulus >> BigInt(8 * LARGE_MODULUS_BYTES) > 0n
  let power = 1n % modulus
  for (let i = 0; i < exponent.length; i++) {
    const byte = exponent.bytes[i] ?? 0
    if (!isLarge) await rest()
    for (let bit = 7; bit >= 0; bit--) {
      if (isLarge) await rest()
      power = (power * power) % modulus
      if ((byte >> bit) & 1) power = (power * base) % modulus
    }
  }
  return power
}

/** So many bytes from a place on, zeros where there are none any more. */
function withZeros(data: Uint8Array, from: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  bytes.set(data.subarray(from, from + length))
  return bytes
}

const numberOf = (bytes: Uint8Array): bigint => (bytes.length === 0 ? 0n : BigInt(`0x${bytesToHex(bytes)}`))

function bytesOf(value: bigint, length: number): Uint8Array {
  return hexToBytes(value.toString(16).padStart(2 * length, '0'))
}
