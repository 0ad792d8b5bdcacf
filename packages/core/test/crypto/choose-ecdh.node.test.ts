import { expect, test } from 'vitest'
import { chooseEcdh } from '../../src/crypto/choose-ecdh.node.js'
import { publicKeyOf } from '../../src/crypto/secp256k1.js'
import { EthspanError } from '../../src/errors.js'

const mine = new Uint8Array(32).fill(7)
const theirs = new Uint8Array(32).fill(9)

test('Node does it', () => {
  expect(chooseEcdh().name).toBe('node:crypto')
})

test('where node:crypto lacks the curve noble does it, and the name says why', () => {
  const cause = Object.assign(new Error('error:06000066:public key routines'), { code: 'ERR_OSSL_EVP_DECODE_ERROR' })
  const { name, ecdh } = chooseEcdh(() => {
    throw new EthspanError('ERR_INVALID_KEY', 'the public key is not a point on secp256k1', { cause })
  })
  expect(name).toBe('noble (no secp256k1 in node:crypto here: ERR_OSSL_EVP_DECODE_ERROR)')
  expect(ecdh(mine, publicKeyOf(theirs))).toEqual(chooseEcdh().ecdh(mine, publicKeyOf(theirs)))
})
