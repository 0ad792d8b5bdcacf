import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concatBytes, equalBytes } from '../../src/bytes.js'
import { ByteQueue } from '../../src/rlpx/byte-queue.js'

const queueOf = (...chunks: Uint8Array[]): ByteQueue => {
  const queue = new ByteQueue()
  for (const chunk of chunks) queue.push(chunk)
  return queue
}

test('gives back any bytes in any portions', () => {
  const source = Uint8Array.from({ length: 40_000 }, (_, i) => i * 31 + (i >> 8))
  const length = fc.oneof(fc.nat({ max: 5 }), fc.integer({ min: 200, max: 600 }))
  const step = fc.record({ push: length, take: fc.nat({ max: 400 }), peek: fc.nat({ max: 400 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new ByteQueue()
      let end = 0
      let start = 0
      const taken: { out: Uint8Array; at: number }[] = []
      for (const { push, take, peek } of steps) {
        queue.push(source.slice(end, end + push))
        end += push
        const peeked = Math.min(peek, end - start)
        expect(equalBytes(queue.peek(peeked), source.subarray(start, start + peeked))).toBe(true)
        const out = queue.take(Math.min(take, end - start))
        taken.push({ out, at: start })
        start += out.length
        expect(queue.length).toBe(end - start)
      }
      expect(equalBytes(concatBytes(...queue.takeAll()), source.subarray(start, end))).toBe(true)
      // Compared at the end, since what was handed out must not change under its owner.
      for (const { out, at } of taken) expect(equalBytes(out, source.subarray(at, at + out.length))).toBe(true)
    }),
  )
})

test('takes a view where one chunk holds the bytes', () => {
  const chunk = new Uint8Array(1000)
  const queue = queueOf(chunk)
  expect(queue.take(10).buffer).toBe(chunk.buffer)
  expect(queue.take(990).buffer).toBe(chunk.buffer)
})

test('gathers single bytes, so that they cost about what they weigh', () => {
  const queue = new ByteQueue()
  for (let i = 0; i < 100_000; i++) queue.push(Uint8Array.of(i))
  const chunks = queue.takeAll()
  expect(chunks.length).toBeLessThan(100)
  expect(concatBytes(...chunks)).toEqual(Uint8Array.from({ length: 100_000 }, (_, i) => i))
})

test('holds no more than twice what waits, also when it never runs empty', () => {
  const queue = queueOf(new Uint8Array(300))
  for (let i = 0; i < 1000; i++) {
    queue.push(new Uint8Array(300))
    queue.take(300)
  }
  expect(queue.length).toBe(300)
  expect(queue.takeAll()).toHaveLength(1)
})

test('is empty after takeAll and goes on', () => {
  const queue = queueOf(Uint8Array.of(1), Uint8Array.of(2))
  queue.takeAll()
  expect(queue.length).toBe(0)
  queue.push(Uint8Array.of(3))
  expect(queue.take(1)).toEqual(Uint8Array.of(3))
})

test('refuses to take more than there is', () => {
  expect(() => queueOf(Uint8Array.of(1)).take(2)).toThrow(RangeError)
})
