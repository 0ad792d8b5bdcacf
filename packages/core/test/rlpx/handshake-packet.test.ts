import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCrypto } from '#crypto'
import { concatBytes } from '../../src/bytes.js'
import { publicKeyOf } from '../../src/crypto/secp256k1.js'
import { HandshakePacketReader, MAX_HANDSHAKE_SIZE, openPacket, sealPacket } from '../../src/rlpx/handshake-packet.js'
import { seededRandomBytes } from '../../src/testing/seeded-random.js'
import * as vectors from './eip8-vectors.js'

const crypto = await createCrypto()
const authReader = () => new HandshakePacketReader({ crypto, privateKey: vectors.staticKeyB, kind: 'auth' })
const ackReader = () => new HandshakePacketReader({ crypto, privateKey: vectors.staticKeyA, kind: 'ack' })
const sealer = { crypto, randomBytes: seededRandomBytes('packet'), remotePublicKey: publicKeyOf(vectors.staticKeyB) }
// Its size has 0x04 in front, as every plain packet has.
const ambiguous = sealPacket(sealer, [new Uint8Array(740)])

test.each([
  ['Auth₁', vectors.auth1, authReader],
  ['Auth₂', vectors.auth2, authReader],
  ['Auth₃', vectors.auth3, authReader],
  ['an auth of 1024 to 1279 bytes', ambiguous, authReader],
  ['Ack₁', vectors.ack1, ackReader],
  ['Ack₂', vectors.ack2, ackReader],
  ['Ack₃', vectors.ack3, ackReader],
])('%s is cut out of any chunks, and what follows is kept', (_, packet, createReader) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }), fc.uint8Array(), (lengths, after) => {
      const reader = createReader()
      const bytes = concatBytes(packet, after)
      let found: Uint8Array | undefined
      let at = 0
      for (let i = 0; found === undefined && at < bytes.length; i++) {
        const end = at + lengths[i % lengths.length]!
        found = reader.push(bytes.slice(at, end))
        at = Math.min(end, bytes.length)
      }
      expect(found).toEqual(packet)
      expect(concatBytes(...reader.takeUnread())).toEqual(bytes.subarray(packet.length, at))
    }),
    { numRuns: 15 },
  )
})

test('a size that starts like a plain packet is still a size', () => {
  expect(ambiguous[0]).toBe(0x04)
  expect(openPacket({ crypto, privateKey: vectors.staticKeyB, kind: 'auth' }, ambiguous).plain).toBe(false)
})

test('a packet that is cut short is waited for', () => {
  for (const packet of [vectors.auth1, vectors.auth2]) {
    for (let length = 0; length < packet.length; length += 17) {
      expect(authReader().push(packet.slice(0, length))).toBeUndefined()
    }
  }
})

describe('a size out of range is refused with its two bytes', () => {
  test.each([0, 1, 113, MAX_HANDSHAKE_SIZE + 1, 0x1603, 0x4745, 0xffff])('%i', (size) => {
    const push = () => authReader().push(Uint8Array.of(size >> 8, size))
    expect(push).toThrow(
      expect.objectContaining({ code: 'ERR_HANDSHAKE', fields: { size, limit: MAX_HANDSHAKE_SIZE } }),
    )
  })

  test('2048 is in range', () => {
    expect(authReader().push(Uint8Array.of(0x08, 0x00))).toBeUndefined()
  })
})

test('a packet that only looks plain is waited for as long as its size says', () => {
  const garbage = seededRandomBytes('garbage')(2 + 0x0420)
  garbage.set([0x04, 0x20])
  const reader = authReader()
  expect(reader.push(garbage.slice(0, -1))).toBeUndefined()
  expect(reader.push(garbage.slice(-1))).toEqual(garbage)
})
