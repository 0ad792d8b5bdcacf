/** A running AES-CTR key stream. */
export interface StreamCipher {
  /** Encrypts or decrypts the next bytes of the stream into a new array. Any length. */
  process(data: Uint8Array): Uint8Array
}

/** A Keccak-256 over everything given so far, readable at any point without ending it. */
export interface RunningKeccak {
  update(data: Uint8Array): void
  /** The 32-byte digest of all bytes so far; the state goes on. */
  digest(): Uint8Array
}

/**
 * The primitives whose best implementation differs between platforms. All of it is synchronous, because a frame must be
 * turned into its messages without a promise in between. Signatures need no more than a digest, and live in `secp256k1.ts`.
 */
export interface Crypto {
  /** What does the work here, for people, such as `node:crypto, keccak: wasm, secp256k1: wasm`. */
  readonly name: string
  keccak256(data: Uint8Array): Uint8Array
  sha256(data: Uint8Array): Uint8Array
  hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array
  /** The x coordinate (32 bytes) of `privateKey * publicKey`; `publicKey` is 64 bytes and must be on the curve. */
  ecdh(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array
  /** AES-128-CTR or AES-256-CTR by the key's length (16 or 32 bytes); `iv` is 16 bytes. */
  aesCtr(key: Uint8Array, iv: Uint8Array): StreamCipher
  /** AES-256 of single 16-byte blocks under one key. The returned array is new. */
  aesBlock(key: Uint8Array): (block: Uint8Array) => Uint8Array
  runningKeccak(): RunningKeccak
}
