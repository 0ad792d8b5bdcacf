import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { getPublicKey, hashes, recoverPublicKey, sign, verify } from '@noble/secp256k1'
import { concatBytes } from '../bytes.js'
import { type Curve, sec1 } from './curve.js'

// What is signed here is a digest already: EIP-8 packets and node records bring their own Keccak-256.
const PREHASHED = { prehash: false } as const

/** Plain code, which runs everywhere. */
export const nobleCurve: Curve = {
  name: 'noble',
  isFast: false,
  publicKeyOf: (privateKey) => getPublicKey(privateKey, false).slice(1),
  sign(hash, privateKey) {
    installHashes()
    const recovered = sign(hash, privateKey, { ...PREHASHED, format: 'recovered' })
    return concatBytes(recovered.subarray(1), recovered.subarray(0, 1))
  },
  recover(hash, signature) {
    const recovered = concatBytes(signature.subarray(64), signature.subarray(0, 64))
    return recoverPublicKey(recovered, hash, { ...PREHASHED, isCompressed: false }).slice(1)
  },
  verify: (hash, signature, publicKey) => verify(signature, hash, sec1(publicKey), PREHASHED),
}

// The library asks its user for the hashes of RFC 6979. Set on the first signature and not on import, so that the module
// has no side effect and a bundler may drop it; whoever else set them first has set the same functions.
function installHashes(): void {
  hashes.sha256 ??= sha256
  hashes.hmacSha256 ??= (key, message) => hmac(sha256, key, message)
}
