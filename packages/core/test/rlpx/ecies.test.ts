import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createCrypto } from '#crypto'
import { publicKeyOf } from '../../src/crypto/secp256k1.js'
import { ECIES_OVERHEAD, eciesDecrypt, eciesEncrypt } from '../../src/rlpx/ecies.js'
import { seededRandomBytes } from '../../src/testing/seeded-random.js'
import { hex, staticKeyA, staticKeyB } from './eip8-vectors.js'

const crypto = await createCrypto()
const sharedMacData = Uint8Array.of(1, 2)
const refused = expect.objectContaining({ code: 'ERR_HANDSHAKE', message: 'the handshake packet can not be decrypted' })

const encrypt = (plaintext: Uint8Array) => {
  const randomBytes = seededRandomBytes('ecies')
  return eciesEncrypt({ crypto, randomBytes, remotePublicKey: publicKeyOf(staticKeyB), plaintext, sharedMacData })
}
const decrypt = (packet: Uint8Array, privateKey = staticKeyB, macData = sharedMacData) =>
  eciesDecrypt({ crypto, privateKey, packet, sharedMacData: macData })

test('opens a packet that another client encrypted', () => {
  // From the tests of cpp-ethereum and pydevp2p. The tag covers the ciphertext, so opening it is the proof.
  const privateKey = hex('c45f950382d542169ea207959ee0220ec1491755abe405cd7498d6b16adb6df8')
  const packet = hex(`
    04a0274c5951e32132e7f088c9bdfdc76c9d91f0dc6078e848f8e3361193dbdc43b94351ea3d89e4ff33ddcefbc80070498824857f499656c4f79bbd97b6c51a51
    4251d69fd1785ef8764bd1d262a883f780964cce6a14ff206daf1206aa073a2d35ce2697ebf3514225bef186631b2fd2316a4b7bcdefec8d75a1025ba2c5404a34
    e7795e1dd4bc01c6113ece07b0df13b69d3ba654a36e35e69ff9d482d88d2f0228e7d96fe11dccbb465a1831c7d4ad3a026924b182fc2bdfe016a6944312021da5
    cc459713b13b86a686cf34d6fe6615020e4acf26bf0d5b7579ba813e7723eb95b3cef9942f01a58bd61baee7c9bdd438956b426a4ffe238e61746a8c93d5e10680
    617c82e48d706ac4953f5e1c4c4f7d013c87d34a06626f498f34576dc017fdd3d581e83cfd26cf125b6d2bda1f1d56`)
  expect(decrypt(packet, privateKey, new Uint8Array())).toHaveLength(packet.length - ECIES_OVERHEAD)
})

test('decrypts what was encrypted, of any length', () => {
  for (const length of [0, 1, 15, 16, 17, 300]) {
    const plaintext = Uint8Array.from({ length }, (_, i) => i)
    const packet = encrypt(plaintext)
    expect(packet).toHaveLength(length + ECIES_OVERHEAD)
    expect(decrypt(packet)).toEqual(plaintext)
  }
})

test('refuses a packet with any bit changed', () => {
  const packet = encrypt(new Uint8Array(20))
  fc.assert(
    fc.property(fc.nat({ max: packet.length * 8 - 1 }), (bit) => {
      const changed = Uint8Array.from(packet)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      expect(() => decrypt(changed)).toThrow(refused)
    }),
  )
})

test('says the same whatever is wrong', () => {
  const packet = encrypt(new Uint8Array(20))
  const offCurve = Uint8Array.from(packet)
  offCurve.fill(0, 1, 65)
  for (const wrong of [packet.subarray(0, 112), packet.subarray(1), offCurve, new Uint8Array()]) {
    expect(() => decrypt(wrong)).toThrow(refused)
  }
  expect(() => decrypt(packet, staticKeyA)).toThrow(refused)
  expect(() => decrypt(packet, staticKeyB, Uint8Array.of(1, 3))).toThrow(refused)
})
