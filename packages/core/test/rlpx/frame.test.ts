import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCrypto } from '#crypto'
import { bytesToHex, concatBytes } from '../../src/bytes.js'
import type { RunningKeccak } from '../../src/crypto/crypto.js'
import { FrameDecoder, FrameEncoder, frameLength, MAX_FRAME_SIZE } from '../../src/rlpx/frame.js'
import type { Secrets } from '../../src/rlpx/handshake.js'
import { FrameMac } from '../../src/rlpx/mac.js'
import { seededRandomBytes } from '../../src/testing/seeded-random.js'
import { hex } from './eip8-vectors.js'

const crypto = await createCrypto()

/** The secrets of one side; both sides get the same, each with states of its own. */
function secrets(): Secrets {
  const random = seededRandomBytes('secrets')
  const [aes, mac, remotePublicKey] = [random(32), random(32), random(64)]
  return { crypto, aes, mac, egressMac: crypto.runningKeccak(), ingressMac: crypto.runningKeccak(), remotePublicKey }
}

const encodeAll = (frames: readonly Uint8Array[]): Uint8Array[] => {
  const encoder = new FrameEncoder(secrets())
  return frames.map((data) => encoder.encode(data))
}

function decoderWith(...chunks: Uint8Array[]): FrameDecoder {
  const decoder = new FrameDecoder(secrets())
  for (const chunk of chunks) decoder.push(chunk)
  return decoder
}

function drain(decoder: FrameDecoder): Uint8Array[] {
  const frames: Uint8Array[] = []
  for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(frame)
  return frames
}

const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i * 13)
const invalidFrame = expect.objectContaining({ code: 'ERR_INVALID_FRAME' })
const tooBig = expect.objectContaining({ code: 'ERR_MESSAGE_TOO_BIG' })

describe("geth's golden frame", () => {
  const golden = hex(`
    00828ddae471818bb0bfa6b551d1cb42 01010101010101010101010101010101
    ba628a4ba590cb43f7848f41c4382885 01010101010101010101010101010101`)
  // geth's test replaces the running digest by a constant.
  const constant: RunningKeccak = { update() {}, digest: () => new Uint8Array(32).fill(1) }
  const key = crypto.keccak256(new Uint8Array())
  const goldenSecrets = { ...secrets(), aes: key, mac: key, egressMac: constant, ingressMac: constant }

  test('is what we write', () => {
    const frame = new FrameEncoder(goldenSecrets).encode(Uint8Array.of(8), hex('c401020304'))
    expect(bytesToHex(frame)).toBe(bytesToHex(golden))
  })

  test('is read', () => {
    const decoder = new FrameDecoder(goldenSecrets)
    decoder.push(golden)
    expect(decoder.next()).toEqual(hex('08c401020304'))
  })
})

test('frames of any length come through any chunks', () => {
  const frame = fc.uint8Array({ minLength: 1, maxLength: 300 })
  fc.assert(
    fc.property(
      fc.array(frame, { minLength: 1, maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
      (frames, lengths) => {
        const wire = concatBytes(...encodeAll(frames))
        const decoder = decoderWith()
        const decoded: Uint8Array[] = []
        for (let at = 0, i = 0; at < wire.length; i++) {
          const length = lengths[i % lengths.length]!
          decoder.push(wire.slice(at, at + length))
          at += length
          decoded.push(...drain(decoder))
        }
        expect(decoded).toEqual(frames)
        expect(decoder.buffered).toBe(0)
      },
    ),
  )
})

test('many frames in one chunk come one by one', () => {
  const frames = [pattern(1), pattern(16), pattern(17), pattern(1000)]
  expect(drain(decoderWith(concatBytes(...encodeAll(frames))))).toEqual(frames)
})

test('head and tail make the same frame as both joined', () => {
  const joined = new FrameEncoder(secrets()).encode(pattern(100))
  expect(new FrameEncoder(secrets()).encode(pattern(100).slice(0, 3), pattern(100).slice(3))).toEqual(joined)
  expect(joined).toHaveLength(frameLength(100))
})

test('every single bit that is changed is noticed, and nothing wrong comes out', () => {
  const frames = [pattern(1), pattern(16), pattern(37)]
  const encoded = encodeAll(frames)
  const wire = concatBytes(...encoded)
  for (let bit = 0; bit < wire.length * 8; bit++) {
    const changed = Uint8Array.from(wire)
    changed[bit >> 3]! ^= 1 << (bit & 7)
    const decoder = decoderWith(changed)
    const decoded: Uint8Array[] = []
    const read = () => {
      for (;;) decoded.push(decoder.next()!)
    }
    expect(read, `bit ${bit}`).toThrow(invalidFrame)
    let whole = 0
    for (let end = encoded[0]!.length; end <= bit >> 3; end += encoded[++whole]!.length);
    expect(decoded).toEqual(frames.slice(0, whole))
  }
})

test('frames that are swapped, repeated or left out are refused', () => {
  const [a, b, c] = encodeAll([pattern(40), pattern(40), pattern(40)]) as [Uint8Array, Uint8Array, Uint8Array]
  for (const order of [
    [b, a],
    [a, a],
    [a, c],
  ]) {
    expect(() => drain(decoderWith(...order))).toThrow(invalidFrame)
  }
})

test('a stream that ends early is waited for', () => {
  const wire = concatBytes(...encodeAll([pattern(5), pattern(50)]))
  for (let length = 0; length < wire.length; length++) {
    expect(drain(decoderWith(wire.slice(0, length)))).toHaveLength(length < frameLength(5) ? 0 : 1)
  }
})

test('after a failure the stream is dead: same error, nothing kept', () => {
  const wire = concatBytes(...encodeAll([pattern(5)]))
  wire[0]! ^= 1
  const decoder = decoderWith(wire)
  expect(() => decoder.next()).toThrow(invalidFrame)
  decoder.push(concatBytes(...encodeAll([pattern(5)])))
  expect(decoder.buffered).toBe(0)
  expect(() => decoder.next()).toThrow(invalidFrame)
})

test('a frame past the limit is refused on its header alone', () => {
  const [frame] = encodeAll([pattern(101)]) as [Uint8Array]
  const decoder = decoderWith(frame.slice(0, 32))
  decoder.maxFrameSize = 100
  expect(() => decoder.next()).toThrow(tooBig)
  const raised = decoderWith(frame)
  raised.maxFrameSize = 101
  expect(raised.next()).toHaveLength(101)
})

test('the largest frame goes through, one byte more is refused and changes nothing', () => {
  const encoder = new FrameEncoder(secrets())
  expect(() => encoder.encode(Uint8Array.of(1), new Uint8Array(MAX_FRAME_SIZE))).toThrow(tooBig)
  const decoder = decoderWith(encoder.encode(Uint8Array.of(1), new Uint8Array(MAX_FRAME_SIZE - 1)))
  expect(decoder.next()).toHaveLength(MAX_FRAME_SIZE)
})

describe('a frame without data', () => {
  test('is not written', () => {
    expect(() => new FrameEncoder(secrets()).encode(new Uint8Array())).toThrow(invalidFrame)
  })

  test('is refused on its header, though that is authentic', () => {
    const { aes, mac, egressMac } = secrets()
    const header = crypto.aesCtr(aes, new Uint8Array(16)).process(hex('000000c2808000000000000000000000'))
    const headerMac = new FrameMac(crypto, egressMac, mac).header(header)
    expect(() => decoderWith(header, headerMac).next()).toThrow(invalidFrame)
  })
})

test('a frame costs three digests', () => {
  let digests = 0
  const { egressMac, ...others } = secrets()
  const counted: RunningKeccak = {
    update: (data) => egressMac.update(data),
    digest() {
      digests++
      return egressMac.digest()
    },
  }
  const encoder = new FrameEncoder({ ...others, egressMac: counted })
  const before = digests
  for (let i = 0; i < 10; i++) encoder.encode(pattern(10))
  expect(digests - before).toBe(30)
})
