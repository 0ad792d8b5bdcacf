// Chosen by the package's `imports` map as `#crypto` wherever there is no Node.
import type { Crypto } from './crypto.js'
import { createPortableCrypto } from './portable.js'

/** The best {@link Crypto} of this platform. */
export const createCrypto = (): Promise<Crypto> => createPortableCrypto()
