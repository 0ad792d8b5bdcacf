// libsecp256k1, Bitcoin Core's library, in WASM: some ten times as fast as noble in recovering and verifying. Where a secret is
// involved it takes the same time for every secret, as far as an engine keeps to how it was written; plain code with big
// integers promises less. Its product of a secret and a point is of the other kind, so it does no ECDH.
import { concatBytes } from '../bytes.js'
import { type Curve, sec1 } from './curve.js'

/** What is taken of libauth's `Secp256k1`. A text says what is wrong with the input. */
export interface LibSecp256k1 {
  derivePublicKeyUncompressed(privateKey: Uint8Array): Uint8Array | string
  signMessageHashRecoverableCompact(
    privateKey: Uint8Array,
    hash: Uint8Array,
  ): { readonly signature: Uint8Array; readonly recoveryId: number } | string
  recoverPublicKeyUncompressed(signature: Uint8Array, recoveryId: 0 | 1 | 2 | 3, hash: Uint8Array): Uint8Array | string
  verifySignatureCompactLowS(signature: Uint8Array, publicKey: Uint8Array, hash: Uint8Array): boolean
}

export function wasmCurve(library: LibSecp256k1): Curve {
  return {
    name: 'wasm',
    isFast: true,
    publicKeyOf: (privateKey) => result(library.derivePublicKeyUncompressed(privateKey)).slice(1),
    sign(hash, privateKey) {
      const { signature, recoveryId } = result(library.signMessageHashRecoverableCompact(privateKey, hash))
      return concatBytes(signature, Uint8Array.of(recoveryId))
    },
    recover(hash, signature) {
      const v = signature[64]
      // The library calls any other number a mistake of the program's, and ends.
      if (v !== 0 && v !== 1 && v !== 2 && v !== 3) throw new RangeError(`there is no recovery id ${v}`)
      return result(library.recoverPublicKeyUncompressed(signature.subarray(0, 64), v, hash)).slice(1)
    },
    verify: (hash, signature, publicKey) => library.verifySignatureCompactLowS(signature, sec1(publicKey), hash),
  }
}

function result<T extends object>(found: T | string): T {
  if (typeof found === 'string') throw new RangeError(found)
  return found
}
