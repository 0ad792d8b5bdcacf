import { bytesToHex, concatBytes, EthspanError, encodeRlp } from '@ethspan/core'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { chainFileBlock, type FileBlock, readChainFile } from '../../src/index.js'
import { MAX_FILE_BLOCK_BYTES } from '../../src/limits.js'
import { type TestBlock, testBlocks, testSpec } from '../../src/testing/index.js'

/** Cuts bytes at these places. */
async function* pieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0
  for (const to of [...[...cuts].sort((a, b) => a - b), bytes.length]) {
    yield bytes.subarray(from, to)
    from = to
  }
}

/** The blocks that are read, and the error after them if there is one. */
async function readAll(chunks: AsyncIterable<Uint8Array>) {
  const blocks: FileBlock[] = []
  try {
    for await (const block of readChainFile(chunks)) blocks.push(block)
  } catch (error) {
    if (!(error instanceof EthspanError)) throw error
    return { blocks, error }
  }
  return { blocks, error: undefined }
}

const whole = (bytes: Uint8Array) => readAll(pieces(bytes, []))
const hashes = (blocks: readonly { readonly hash: Uint8Array }[]) => blocks.map(({ hash }) => bytesToHex(hash))

describe('a file of blocks', () => {
  let blocks: TestBlock[]
  let file: Uint8Array
  /** Where each block ends. */
  let ends: number[]
  beforeAll(async () => {
    const paris = await testBlocks({ spec: testSpec({ fork: 'paris' }), count: 2 })
    const osaka = await testBlocks({ count: 2, transactions: 4 })
    const amsterdam = await testBlocks({ spec: testSpec({ fork: 'amsterdam' }), count: 1 })
    blocks = [...paris, ...osaka, ...amsterdam]
    const encoded = blocks.map(chainFileBlock)
    file = concatBytes(...encoded)
    ends = encoded.map((_, i) => encoded.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0))
  })

  test('gives its blocks as they were written, and where they stand', async () => {
    const { blocks: read, error } = await whole(file)
    expect(error).toBe(undefined)
    expect(hashes(read)).toEqual(hashes(blocks))
    expect(read.map(({ body }) => bytesToHex(body.raw))).toEqual(blocks.map(({ body }) => bytesToHex(body.raw)))
    expect(read.map(({ offset, size }) => offset + size)).toEqual(ends)
    expect(bytesToHex(concatBytes(...read.map(chainFileBlock)))).toBe(bytesToHex(file))
  })

  test('has the access lists of blocks where they are known', async () => {
    const { blocks: read } = await whole(file)
    expect(read.map(({ accessList }) => accessList)).toEqual(blocks.map(({ accessList }) => accessList))
    expect(read.filter(({ accessList }) => accessList !== undefined).length).toBe(1)
    const { hash, header, body } = blocks.at(-1)!
    const { blocks: bare } = await whole(chainFileBlock({ header, body }))
    expect(hashes(bare)).toEqual(hashes([{ hash }]))
    expect(bare[0]!.accessList).toBe(undefined)
  })

  test('is read alike in whatever pieces it comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(file.length), { maxLength: 30 }), async (cuts) => {
        const { blocks: read, error } = await readAll(pieces(file, cuts))
        expect(error).toBe(undefined)
        expect(hashes(read)).toEqual(hashes(blocks))
      }),
      { numRuns: 200 },
    )
    const { blocks: bytewise } = await readAll(pieces(file, [...file.keys()]))
    expect(hashes(bytewise)).toEqual(hashes(blocks))
  })

  test('that is cut off gives all whole blocks, and says where it ends', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(file.length - 1),
        fc.array(fc.nat(file.length), { maxLength: 5 }),
        async (length, cuts) => {
          const inside = cuts.filter((cut) => cut < length)
          const { blocks: read, error } = await readAll(pieces(file.subarray(0, length), inside))
          const count = ends.filter((end) => end <= length).length
          expect(hashes(read)).toEqual(hashes(blocks.slice(0, count)))
          const offset = ends[count - 1] ?? 0
          if (offset === length) {
            expect(error).toBe(undefined)
            return
          }
          const after = count === 0 ? undefined : blocks[count - 1]!.header.number
          expect(error?.code).toBe('ERR_INVALID_RLP')
          expect(error?.fields).toEqual(after === undefined ? { offset } : { offset, after })
          expect(error?.message).toMatch(
            after === undefined
              ? /^not a file of blocks at byte 0: the file ends within a block: \d+ bytes( of \d+)? are there$/
              : /^not a file of blocks at byte \d+, after block \d+: the file ends within a block: \d+ bytes( of \d+)? are there$/,
          )
        },
      ),
      { numRuns: 300 },
    )
  })

  test('that is damaged gives what comes before the damage, or blocks with other hashes, but never breaks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const damaged = Uint8Array.from(file)
        damaged[at]! ^= flip
        const { blocks: read, error } = await whole(damaged)
        const before = ends.filter((end) => end <= at).length
        expect(hashes(read.slice(0, before))).toEqual(hashes(blocks.slice(0, before)))
        if (error !== undefined) expect(error.fields.offset).toBeTypeOf('number')
      }),
      { numRuns: 300 },
    )
  })

  test('says so at once where it is something else', async () => {
    const text = new TextEncoder().encode('{ "config": {} }')
    const { error } = await whole(text)
    expect(error?.message).toBe('not a file of blocks at byte 0: a block is a list, and none begins here')
    const list = await whole(encodeRlp([1, 2, 3]))
    expect(list.error?.message).toMatch(/^not a file of blocks at byte 0: header/)
  })

  test('refuses a block that claims to be huge before it waits for all of it', async () => {
    let asked = 0
    async function* endless() {
      yield Uint8Array.of(0xff, 0, 0, 0, 0, 0xff, 0, 0, 0)
      for (;;) {
        asked++
        yield new Uint8Array(1024)
      }
    }
    const { error } = await readAll(endless())
    expect(error?.message).toBe(
      `not a file of blocks at byte 0: a block of ${0xff000000 + 9} bytes; at most ${MAX_FILE_BLOCK_BYTES} are read`,
    )
    expect(asked).toBe(0)
  })

  test('without a byte has no block', async () => {
    expect(await whole(new Uint8Array(0))).toEqual({ blocks: [], error: undefined })
  })

  test('tells the failure of whoever reads it as it is', async () => {
    const failure = new Error('EIO')
    async function* failing() {
      yield file.subarray(0, ends[0])
      throw failure
    }
    const read: FileBlock[] = []
    const reading = (async () => {
      for await (const block of readChainFile(failing())) read.push(block)
    })()
    await expect(reading).rejects.toBe(failure)
    expect(read.length).toBe(1)
  })
})
