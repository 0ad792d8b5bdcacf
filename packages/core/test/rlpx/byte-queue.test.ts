import fc from 'fast-check'
import { expect, test } from 'vitest'
import { concatBytes } from '../../src/bytes.js'
import { ByteQueue } from '../../src/rlpx/byte-queue.js'

const queueOf = (...chunks: Uint8Array[]): ByteQueue => {
  const queue = new ByteQueue()
  for (const chunk of chunks) queue.push(chunk)
  return queue
}

test('gives back any bytes in any portions', () => {
  const chunk = fc.oneof(
    fc.uint8Array({ maxLength: 5 }),
    fc.uint8Array({ minLength: 200, maxLength: 600, size: 'max' }),
  )
  const step = fc.record({ chunk, take: fc.nat({ max: 400 }), peek: fc.nat({ max: 400 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
      const queue = new ByteQueue()
      let model = new Uint8Array()
      const taken: { out: Uint8Array; copy: Uint8Array }[] = []
      for (const { chunk, take, peek } of steps) {
        queue.push(Uint8Array.from(chunk))
        model = Uint8Array.from([...model, ...chunk])
        const peeked = Math.min(peek, model.length)
        expect(queue.peek(peeked)).toEqual(model.subarray(0, peeked))
        const count = Math.min(take, model.length)
        const out = queue.take(count)
        expect(out).toEqual(model.subarray(0, count))
        taken.push({ out, copy: Uint8Array.from(out) })
        model = model.slice(count)
        expect(queue.length).toBe(model.length)
      }
      expect(concatBytes(...queue.takeAll())).toEqual(model)
      // What was handed out never changes under its owner.
      for (const { out, copy } of taken) expect(out).toEqual(copy)
    }),
    { numRuns: 30 },
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
