import { describe, expect, test } from 'vitest'
import { createCrypto } from '#crypto'
import { bytesToHex } from '../../src/bytes.js'
import { publicKeyOf, sign } from '../../src/crypto/secp256k1.js'
import { EthspanError } from '../../src/errors.js'
import type { RlpInput } from '../../src/rlp/rlp.js'
import { answerAuth, createAuth, type Secrets } from '../../src/rlpx/handshake.js'
import { MAX_HANDSHAKE_SIZE, PLAIN_SIZE, sealPacket, sealPlainPacket } from '../../src/rlpx/handshake-packet.js'
import { seededRandomBytes } from '../../src/testing/seeded-random.js'
import * as vectors from './eip8-vectors.js'

const { staticKeyA, staticKeyB, ephemeralKeyA, ephemeralKeyB, nonceA, nonceB } = vectors
const crypto = await createCrypto()
const randomBytes = seededRandomBytes('handshake')
const publicKeyA = publicKeyOf(staticKeyA)
const publicKeyB = publicKeyOf(staticKeyB)

const sideA = { crypto, randomBytes, privateKey: staticKeyA, ephemeralKey: ephemeralKeyA, nonce: nonceA }
const sideB = { crypto, randomBytes, privateKey: staticKeyB, ephemeralKey: ephemeralKeyB, nonce: nonceB }
const dial = () => createAuth({ ...sideA, remotePublicKey: publicKeyB })
const refused = (kind: string) =>
  expect.objectContaining({ code: 'ERR_HANDSHAKE', message: `the ${kind} packet of the RLPx handshake is refused` })

function expectVectorKeys(secrets: Secrets): void {
  expect(bytesToHex(secrets.aes)).toBe(vectors.aesSecret)
  expect(bytesToHex(secrets.mac)).toBe(vectors.macSecret)
}

describe('the vectors of EIP-8', () => {
  test.each([
    ['Auth₁', vectors.auth1],
    ['Auth₂', vectors.auth2],
    ['Auth₃', vectors.auth3],
  ])('B answers %s', (_, packet) => {
    const { remotePublicKey, secrets } = answerAuth({ ...sideB, packet })
    expect(remotePublicKey).toEqual(publicKeyA)
    expect(secrets.remotePublicKey).toEqual(publicKeyA)
    expectVectorKeys(secrets)
  })

  test.each([
    ['Ack₁', vectors.ack1],
    ['Ack₂', vectors.ack2],
    ['Ack₃', vectors.ack3],
  ])('A finishes with %s', (_, ack) => {
    const secrets = dial().finish(ack)
    expect(secrets.remotePublicKey).toEqual(publicKeyB)
    expectVectorKeys(secrets)
  })

  test("B's ingress MAC for Auth₂", () => {
    const { secrets } = answerAuth({ ...sideB, packet: vectors.auth2 })
    secrets.ingressMac.update(new TextEncoder().encode('foo'))
    expect(bytesToHex(secrets.ingressMac.digest())).toBe(vectors.fooIngressDigest)
  })
})

describe('a handshake of our own', () => {
  test('gives both sides the same keys and crossed MAC states', () => {
    const auth = createAuth({ crypto, randomBytes, privateKey: staticKeyA, remotePublicKey: publicKeyB })
    const { ack, secrets: b } = answerAuth({ crypto, randomBytes, privateKey: staticKeyB, packet: auth.packet })
    const a = auth.finish(ack)
    expect([a.aes, a.mac]).toEqual([b.aes, b.mac])
    expect(a.egressMac.digest()).toEqual(b.ingressMac.digest())
    expect(a.ingressMac.digest()).toEqual(b.egressMac.digest())
    expect(a.egressMac.digest()).not.toEqual(a.ingressMac.digest())
    expect([a.remotePublicKey, b.remotePublicKey]).toEqual([publicKeyB, publicKeyA])
  })

  test('answers a packet from before EIP-8 in kind', () => {
    const { ack, secrets: b } = answerAuth({ ...sideB, packet: vectors.auth1 })
    expect(ack).toHaveLength(PLAIN_SIZE.ack)
    const a = dial().finish(ack)
    expectVectorKeys(a)
    expect(a.ingressMac.digest()).toEqual(b.egressMac.digest())
  })

  test('is different every time', () => {
    const options = { crypto, randomBytes, privateKey: staticKeyA, remotePublicKey: publicKeyB }
    expect(createAuth(options).packet).not.toEqual(createAuth(options).packet)
  })

  test('pads with 100 to 300 bytes, so that sizes vary and no packet looks like a plain one', () => {
    const sizes = new Set<number>()
    for (let i = 0; i < 30; i++) sizes.add(dial().packet.length)
    const unpadded = 2 + 169 + 113
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(unpadded + 100)
    expect(Math.max(...sizes)).toBeLessThanOrEqual(unpadded + 300)
    expect(sizes.size).toBeGreaterThan(15)
    expect(unpadded + 300).toBeLessThan(MAX_HANDSHAKE_SIZE)
  })

  test('is over after the first ack, good or bad', () => {
    const auth = dial()
    expect(() => auth.finish(vectors.auth2)).toThrow(refused('ack'))
    expect(() => auth.finish(vectors.ack2)).toThrow(expect.objectContaining({ code: 'ERR_STATE' }))
  })

  test('refuses a remote key that is none before anything is sent', () => {
    const attempt = () => createAuth({ ...sideA, remotePublicKey: new Uint8Array(64) })
    expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_INVALID_KEY' }))
  })
})

describe('an auth packet is refused, with one error for all reasons,', () => {
  const sealer = { crypto, randomBytes, remotePublicKey: publicKeyB }
  const signature = (nonce = nonceA) => {
    const secret = crypto.ecdh(staticKeyA, publicKeyB)
    return sign(
      secret.map((byte, i) => byte ^ nonce[i]!),
      ephemeralKeyA,
    )
  }
  const fields = (changes: { [index: number]: RlpInput }) =>
    [signature(), publicKeyA, nonceA, 4].map((field, i) => changes[i] ?? field)

  test('unless it is right', () => {
    expectVectorKeys(answerAuth({ ...sideB, packet: sealPacket(sealer, fields({})) }).secrets)
  })

  test.each<[string, () => Uint8Array]>([
    ['for another node', () => createAuth({ ...sideA, remotePublicKey: publicKeyA }).packet],
    ['truncated', () => vectors.auth2.subarray(0, -1)],
    ['empty', () => new Uint8Array()],
    ['an ack', () => vectors.ack2],
    ['a plain one with a changed byte', () => vectors.auth1.map((byte, i) => (i === 200 ? byte ^ 1 : byte))],
    ['that is no list', () => sealPacket(sealer, signature())],
    ['with three elements', () => sealPacket(sealer, fields({}).slice(0, 3))],
    ['with a short signature', () => sealPacket(sealer, fields({ 0: signature().subarray(1) }))],
    ['with a zero signature', () => sealPacket(sealer, fields({ 0: new Uint8Array(65) }))],
    ['with an impossible recovery id', () => sealPacket(sealer, fields({ 0: signature().fill(9, 64) }))],
    ['with a key off the curve', () => sealPacket(sealer, fields({ 1: new Uint8Array(64).fill(1) }))],
    ['with a short key', () => sealPacket(sealer, fields({ 1: publicKeyA.subarray(1) }))],
    ['with a long nonce', () => sealPacket(sealer, fields({ 2: new Uint8Array(33) }))],
    ['with a list for a nonce', () => sealPacket(sealer, fields({ 2: [nonceA] }))],
    ['of zeros, plain', () => sealPlainPacket(sealer, new Uint8Array(PLAIN_SIZE.auth - 113))],
  ])('%s', (_, packet) => {
    expect(() => answerAuth({ ...sideB, packet: packet() })).toThrow(refused('auth'))
  })

  test('plain, whose ephemeral key is not the announced one', () => {
    const plain = new Uint8Array(PLAIN_SIZE.auth - 113)
    plain.set(signature())
    plain.set(publicKeyA, 97)
    plain.set(nonceA, 161)
    const packet = sealPlainPacket(sealer, plain)
    expect(() => answerAuth({ ...sideB, packet })).toThrow(refused('auth'))
  })

  test('and the cause stays for the log', () => {
    let error: unknown
    try {
      answerAuth({ ...sideB, packet: sealPacket(sealer, fields({ 2: new Uint8Array(33) })) })
    } catch (thrown) {
      error = thrown
    }
    expect((error as EthspanError).cause).toBeInstanceOf(EthspanError)
  })
})

describe('an ack packet is refused', () => {
  const sealer = { crypto, randomBytes, remotePublicKey: publicKeyA }
  test.each<[string, () => Uint8Array]>([
    ['for another node', () => sealPacket({ ...sealer, remotePublicKey: publicKeyB }, [publicKeyB, nonceB, 4])],
    ['with a changed prefix', () => vectors.ack2.map((byte, i) => (i === 1 ? byte ^ 1 : byte))],
    ['with two elements', () => sealPacket(sealer, [publicKeyB, nonceB])],
    ['with a key off the curve', () => sealPacket(sealer, [new Uint8Array(64), nonceB, 4])],
    ['with a short nonce', () => sealPacket(sealer, [publicKeyB, nonceB.subarray(1), 4])],
    ['that is an auth', () => vectors.auth2],
  ])('%s', (_, ack) => {
    expect(() => dial().finish(ack())).toThrow(refused('ack'))
  })
})
