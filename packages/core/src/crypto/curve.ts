/**
 * What of secp256k1 costs milliseconds in plain code, and so has another implementation where a platform has a better one.
 * `secp256k1.ts` is for callers: it has looked at lengths and private keys before it comes here.
 */
export interface Curve {
  /** What does the work here, for people, such as `wasm`. */
  readonly name: string
  /** Whether it is machine code, and so faster than whatever plain code somebody else brings. */
  readonly isFast: boolean
  /** 64 bytes, x and y. */
  publicKeyOf(privateKey: Uint8Array): Uint8Array
  /** 65 bytes, r, s and v, of a 32-byte digest; by RFC 6979, s in the lower half. */
  sign(hash: Uint8Array, privateKey: Uint8Array): Uint8Array
  /** 64 bytes; `signature` has 65. An s in the upper half is taken. Throws where there is no such key. */
  recover(hash: Uint8Array, signature: Uint8Array): Uint8Array
  /** `signature` and `publicKey` have 64 bytes each. False for an s in the upper half. */
  verify(hash: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean
}

/** A 64-byte public key in SEC 1's 65 bytes, which libraries want. */
export function sec1(publicKey: Uint8Array): Uint8Array {
  const out = new Uint8Array(1 + publicKey.length)
  out[0] = 0x04
  out.set(publicKey, 1)
  return out
}
