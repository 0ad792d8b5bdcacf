import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { initSync, compress_raw as referenceCompress, decompress_raw as referenceDecompress } from 'snappy-wasm'
import { beforeAll, expect, test } from 'vitest'
import { EthspanError } from '../../src/errors.js'
import { compressSnappy, decompressSnappy, snappyLength } from '../../src/snappy/snappy.js'
import { seededRandomBytes } from '../../src/testing/index.js'

/** The reference allocates what is announced and traps at 4 GiB: what announces more than this is not shown to it. */
const SHOWN_LIMIT = 1 << 20

beforeAll(() => {
  // Its default initialization fetches a URL, which Node does not do for files: give it the bytes.
  const main = createRequire(import.meta.url).resolve('snappy-wasm')
  initSync(readFileSync(new URL('../es/snappy_bg.wasm', pathToFileURL(main))))
})

const random = seededRandomBytes('differential')
const upTo = (max: number) => (random(4).reduce((sum, byte) => sum * 256 + byte, 0) % max) | 0

/** Inputs of every character: noise, few symbols, long repeats, repeats with noise between. */
function inputs(count: number, longest: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => {
    const length = upTo(i % 10 === 0 ? longest : 2000)
    const symbols = [256, 2, 4, 20][i % 4]!
    const period = 1 + upTo(i % 3 === 0 ? 70_000 : 90)
    const noise = random(Math.min(length, period))
    const out = new Uint8Array(length)
    for (let at = 0; at < length; at++) out[at] = noise[at % period]! % symbols
    for (let spots = upTo(5); spots > 0 && length > 0; spots--) out[upTo(length)] = upTo(256)
    return out
  })
}

test('each reads what the other wrote', () => {
  for (const input of inputs(200, 200_000)) {
    expect(Buffer.compare(referenceDecompress(compressSnappy(input)), input)).toBe(0)
    expect(Buffer.compare(decompressSnappy(referenceCompress(input), input.length), input)).toBe(0)
  }
})

test('compresses about as well as the reference', () => {
  const all = inputs(100, 200_000)
  const ours = all.reduce((sum, input) => sum + compressSnappy(input).length, 0)
  const theirs = all.reduce((sum, input) => sum + referenceCompress(input).length, 0)
  expect(ours / theirs).toBeLessThan(1.02)
})

test('accepts and refuses damaged blocks exactly as the reference, with the same bytes', () => {
  let refused = 0
  let accepted = 0
  for (const input of inputs(1000, 3000)) {
    const block = compressSnappy(input)
    for (let round = 0; round < 10; round++) {
      const damaged = damage(block)
      const announced = announcedLength(damaged)
      if (announced !== undefined && announced > SHOWN_LIMIT) {
        if (outcome(() => decompressSnappy(damaged, SHOWN_LIMIT)) !== 'refused') expect.unreachable('above the limit')
        continue
      }
      const ours = outcome(() => decompressSnappy(damaged, SHOWN_LIMIT))
      const theirs = outcome(() => referenceDecompress(damaged))
      if (ours !== theirs) expect.unreachable(differs(damaged, ours, theirs))
      if (ours === 'refused') refused++
      else accepted++
    }
  }
  expect(refused).toBeGreaterThan(5000)
  expect(accepted).toBeGreaterThan(500)
})

test('accepts and refuses made-up tag sequences exactly as the reference', () => {
  let refused = 0
  let accepted = 0
  for (let i = 0; i < 6000; i++) {
    const block = madeUp()
    const ours = outcome(() => decompressSnappy(block, SHOWN_LIMIT))
    const theirs = outcome(() => referenceDecompress(block))
    if (ours !== theirs) expect.unreachable(differs(block, ours, theirs))
    if (ours === 'refused') refused++
    else accepted++
  }
  expect(refused).toBeGreaterThan(1000)
  expect(accepted).toBeGreaterThan(1000)
})

/** One of: a flipped bit, a changed, missing, doubled or added byte, a cut, several changed bytes. */
function damage(block: Uint8Array): Uint8Array {
  const bytes = [...block]
  const at = upTo(bytes.length)
  const kind = upTo(8)
  if (kind === 0) bytes[at]! ^= 1 << upTo(8)
  else if (kind === 1) bytes[at] = upTo(256)
  else if (kind === 2) bytes.splice(at, 1)
  else if (kind === 3) bytes.splice(at, 0, bytes[at]!)
  else if (kind === 4) bytes.push(upTo(256))
  else if (kind === 5) bytes.length = at
  else if (kind === 6) for (let n = 0; n < 4; n++) bytes[upTo(bytes.length)] = upTo(256)
  else bytes[upTo(Math.min(6, bytes.length))] = upTo(256)
  return Uint8Array.from(bytes)
}

/** A few tags that mostly make sense, with an announced length that mostly fits: near the edge between valid and not. */
function madeUp(): Uint8Array {
  const body: number[] = []
  let length = 0
  for (let tags = 1 + upTo(6); tags > 0; tags--) {
    const kind = upTo(4)
    if (kind === 0 || length === 0) {
      const size = 1 + upTo(70)
      // The reference looks for four bytes after the tag of a literal whose length is written apart, even when fewer are
      // right. The format, its C++ and its Go reader have no such rule, and no writer makes such literals: not made here.
      const apart = size > 60 || (size > 3 && upTo(6) === 0)
      const wide = apart ? 1 + upTo(4) : 0
      body.push(wide === 0 ? (size - 1) << 2 : (59 + wide) << 2)
      for (let i = 0; i < wide; i++) body.push(i === 0 ? size - 1 : 0)
      body.push(...random(size))
      length += size
    } else {
      const offset = upTo(12) === 0 ? upTo(length + 3) : 1 + upTo(length)
      if (kind === 1) {
        const size = 4 + upTo(8)
        body.push(((offset >> 8) << 5) | ((size - 4) << 2) | 1, offset & 255)
        length += size
      } else {
        const size = 1 + upTo(64)
        body.push(((size - 1) << 2) | kind, offset & 255, offset >> 8)
        if (kind === 3) body.push(0, 0)
        length += size
      }
    }
  }
  const announced = Math.max(0, upTo(5) === 0 ? length + upTo(5) - 2 : length)
  const header = announced < 128 ? [announced] : [(announced & 127) | 128, announced >> 7]
  if (upTo(20) === 0) body.pop()
  return Uint8Array.from([...header, ...body])
}

function announcedLength(block: Uint8Array): number | undefined {
  try {
    return snappyLength(block)
  } catch (error) {
    expect(error).toBeInstanceOf(EthspanError)
    return undefined
  }
}

// Assertions by the ten thousand are slow, so only a difference becomes one.
const differs = (block: Uint8Array, ours: string, theirs: string) =>
  `${Buffer.from(block).toString('hex')}: ${ours}, the reference: ${theirs}`

function outcome(run: () => Uint8Array): string {
  try {
    return Buffer.from(run()).toString('hex')
  } catch (error) {
    // A trap of the reference, or a fault of ours, is a failure and not an answer.
    for (const fault of [WebAssembly.RuntimeError, RangeError, TypeError]) if (error instanceof fault) throw error
    return 'refused'
  }
}
