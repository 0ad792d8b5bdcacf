// ECDH in Node: by OpenSSL wherever it has the curve.
import { createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'
import { asError, EthspanError } from '../errors.js'
import type { Crypto } from './crypto.js'
import { portableEcdh, uncompressedKey } from './portable.js'
import { checkPrivateKey, publicKeyOf } from './secp256k1.js'

type Ecdh = Crypto['ecdh']

interface EcdhChoice {
  /** What does the work, for people. */
  readonly name: string
  readonly ecdh: Ecdh
}

/**
 * {@link Crypto.ecdh} by `native`, or by noble where that can't do it: a `node:crypto` need not have secp256k1. Bun's, on
 * BoringSSL, has none.
 */
export function chooseEcdh(native: Ecdh = opensslEcdh): EcdhChoice {
  const key = new Uint8Array(32).fill(1)
  try {
    native(key, publicKeyOf(key))
    return { name: 'node:crypto', ecdh: native }
  } catch (error) {
    const { name, code = name } = asError(asError(error).cause ?? error) as NodeJS.ErrnoException
    return { name: `noble (no secp256k1 in node:crypto here: ${code})`, ecdh: portableEcdh }
  }
}

// RFC 5915's ECPrivateKey and RFC 5480's SubjectPublicKeyInfo of secp256k1 in DER, but for the keys in them.
const BEFORE_PRIVATE = Buffer.from('30740201010420', 'hex')
const BEFORE_ITS_PUBLIC = Buffer.from('a00706052b8104000aa144034200', 'hex')
const BEFORE_PUBLIC = Buffer.from('3056301006072a8648ce3d020106052b8104000a034200', 'hex')

/**
 * Not by Node's ECDH class, which multiplies twice more, to make the public key and to see that it belongs to the private one,
 * and so takes half as long again.
 */
function opensslEcdh(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const key = checkPrivateKey(privateKey)
  const point = uncompressedKey(publicKey)
  const own = Buffer.concat([BEFORE_PRIVATE, key, BEFORE_ITS_PUBLIC, uncompressedKey(publicKeyOf(key))])
  try {
    const secret = diffieHellman({
      privateKey: createPrivateKey({ key: own, format: 'der', type: 'sec1' }),
      publicKey: createPublicKey({ key: Buffer.concat([BEFORE_PUBLIC, point]), format: 'der', type: 'spki' }),
    })
    // Not the Buffer itself, whose `slice` shares memory and whose `toString` decodes.
    return new Uint8Array(secret.buffer, secret.byteOffset, secret.length)
  } catch (cause) {
    throw new EthspanError('ERR_INVALID_KEY', 'the public key is not a point on secp256k1', { cause })
  }
}
