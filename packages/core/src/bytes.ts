import { concatBytes, hexToBytes, bytesToHex as libraryBytesToHex } from '@noble/hashes/utils.js'

export { concatBytes, hexToBytes }

const DIGITS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Hex digits, joined at once. */
function joinedHex(bytes: Uint8Array): string {
  const digits = new Array<string>(bytes.length)
  for (let i = 0; i < bytes.length; i++) digits[i] = DIGITS[bytes[i]!]!
  return digits.join('')
}

/**
 * Lower-case hex digits. The library's, where the engine has a function for it; elsewhere the library adds digits to a text one by
 * one, and V8 keeps that as a tree of its parts: a hash that is the key of a map then takes 900 bytes instead of 120.
 */
export const bytesToHex: (bytes: Uint8Array) => string = 'toHex' in Uint8Array.prototype ? libraryBytesToHex : joinedHex

/** Whether two byte strings are the same. Stops at the first difference: not for secrets and not for MACs. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
