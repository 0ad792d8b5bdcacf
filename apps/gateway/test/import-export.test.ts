import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { BlockImporter, type Chain, chainFileBlock, type Header } from '@ethspan/chain'
import { memoryChain, type TestBlock, testBlocks, testSpec } from '@ethspan/chain/testing'
import { describe, expect, test } from 'vitest'
import { exportFile } from '../src/chain/export-blocks.js'
import { type ImportProgress, importFile } from '../src/chain/import-blocks.js'
import { temporaryFolder } from './support.js'

const never = new AbortController().signal
const genesisBlock = testSpec().genesis

/** A file with these blocks, as geth writes it. */
function fileOf(blocks: readonly Parameters<typeof chainFileBlock>[0][], pack = (bytes: Buffer) => bytes): string {
  const file = path.join(temporaryFolder(), 'chain.rlp')
  writeFileSync(file, pack(Buffer.concat(blocks.map((block) => chainFileBlock(block)))))
  return file
}

const into = (chain: Chain, signal = never) => ({ chain, importer: new BlockImporter({ chain }), signal })

const headOf = (chain: Chain) => ({ number: chain.head().number, hash: chain.head().hash })

const last = (blocks: readonly TestBlock[]) => {
  const { hash, header } = blocks.at(-1)!
  return { number: header.number, hash }
}

describe('import', () => {
  test('takes the blocks of a file, compressed or not, and its genesis block is no news', async () => {
    const blocks = await testBlocks({ count: 20 })
    for (const pack of [(bytes: Buffer) => bytes, gzipSync]) {
      const chain = await memoryChain()
      const done = await importFile(fileOf([genesisBlock, ...blocks], pack), into(chain))
      expect(done).toMatchObject({ blocks: 20, known: 1, transactions: 40, number: 20n })
      expect(headOf(chain)).toEqual(last(blocks))
    }
  })

  test('tells how far it is, in batches', async () => {
    const blocks = await testBlocks({ count: 300, transactions: 0 })
    const told: ImportProgress[] = []
    const file = fileOf(blocks)
    await importFile(file, { ...into(await memoryChain()), progress: (progress) => told.push(progress) })
    expect(told[0]).toMatchObject({ number: 16n, blocks: 16, part: expect.closeTo(16 / 300, 2) })
    expect(told.at(-1)).toMatchObject({ number: 300n, blocks: 300, part: 1 })
  })

  test('passes over what is there, so that a second run does what the first left', async () => {
    const blocks = await testBlocks({ count: 10 })
    const chain = await memoryChain({ blocks: blocks.slice(0, 6) })
    expect(await importFile(fileOf(blocks), into(chain))).toMatchObject({ blocks: 4, known: 6 })
    expect(await importFile(fileOf(blocks), into(chain))).toMatchObject({ blocks: 0, known: 10 })
    expect(headOf(chain)).toEqual(last(blocks))
  })

  test('takes blocks again after the last whose state is there, where they are executed', async () => {
    const blocks = await testBlocks({ count: 6 })
    const chain = await memoryChain({ blocks })
    const stateOf = (number: bigint) => async (header: Header) => header.number === number
    const run = async (number: bigint) => {
      const { blocks: taken, known } = await importFile(fileOf(blocks), {
        ...into(chain),
        executor: { hasState: stateOf(number) },
      })
      return { taken, known }
    }
    expect(await run(0n)).toEqual({ taken: 6, known: 0 })
    // States before it were dropped, which is no reason to execute their blocks again.
    expect(await run(4n)).toEqual({ taken: 2, known: 4 })
    expect(await run(6n)).toEqual({ taken: 0, known: 6 })
  })

  test('stops where the signal fires, with what was taken until then', async () => {
    const blocks = await testBlocks({ count: 60, transactions: 0 })
    const chain = await memoryChain()
    const stop = new AbortController()
    const done = await importFile(fileOf(blocks), { ...into(chain, stop.signal), progress: () => stop.abort() })
    expect(done).toMatchObject({ blocks: 16, number: 16n })
    expect(chain.head().number).toBe(16n)
    expect(await importFile(fileOf(blocks), into(chain))).toMatchObject({ blocks: 44, known: 16 })
  })

  test('moves the head to another branch where that is longer, and not where it is shorter', async () => {
    const ours = await testBlocks({ count: 5 })
    const other = await testBlocks({ count: 8, extra: 'another' })
    const chain = await memoryChain({ blocks: ours })
    await importFile(fileOf(other.slice(0, 4)), into(chain))
    expect(headOf(chain)).toEqual(last(ours))
    await importFile(fileOf(other), into(chain))
    expect(headOf(chain)).toEqual(last(other))
  })

  test('a file of another chain is told from its genesis block, in one line with its name and what to do', async () => {
    const file = fileOf([testSpec({ genesis: { timestamp: 1n } }).genesis])
    await expect(importFile(file, into(await memoryChain()))).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message: expect.stringMatching(
        /^\S+chain\.rlp: it is of another chain: its genesis block is 0x\w{64}, not 0x\w{64}$/,
      ),
      hint: expect.stringContaining('--genesis'),
    })
  })

  test('a block that breaks the rules is told, with the file; those before it are kept', async () => {
    const blocks = await testBlocks({ count: 4 })
    const [third] = await testBlocks({ count: 1, parent: blocks[1]!, secondsPerBlock: 0 })
    const chain = await memoryChain()
    const file = fileOf([...blocks.slice(0, 2), third!])
    await expect(importFile(file, into(chain))).rejects.toMatchObject({
      code: 'ERR_INVALID_BLOCK',
      message: expect.stringMatching(/^\S+chain\.rlp: /),
      fields: { file, number: 3n },
    })
    expect(headOf(chain)).toEqual(last(blocks.slice(0, 2)))
  })

  test('a file that ends within a block is told, and the blocks before are kept', async () => {
    const blocks = await testBlocks({ count: 4 })
    const chain = await memoryChain()
    const file = fileOf(blocks, (bytes) => bytes.subarray(0, -10))
    await expect(importFile(file, into(chain))).rejects.toMatchObject({ code: 'ERR_INVALID_RLP', fields: { file } })
    expect(chain.head().number).toBe(3n)
  })
})

describe('export', () => {
  test('writes what an import reads: the same file, byte by byte', async () => {
    const blocks = await testBlocks({ count: 30 })
    const chain = await memoryChain({ blocks })
    const folder = temporaryFolder()
    const [plain, again] = [path.join(folder, 'a.rlp'), path.join(folder, 'b.rlp')]
    expect(await exportFile(plain, { chain, signal: never })).toEqual({ first: 0n, last: 30n })
    expect(sha256(plain)).toBe(sha256(fileOf([genesisBlock, ...blocks])))
    const copy = await memoryChain()
    await importFile(plain, into(copy))
    await exportFile(again, { chain: copy, signal: never })
    expect(sha256(again)).toBe(sha256(plain))
  })

  test('writes access lists where they are known, from Amsterdam on', async () => {
    const spec = testSpec({ fork: 'amsterdam' })
    const blocks = await testBlocks({ count: 3, spec })
    const chain = await memoryChain({ spec, blocks })
    const file = path.join(temporaryFolder(), 'lists.rlp')
    await exportFile(file, { chain, first: 1n, signal: never })
    expect(sha256(file)).toBe(sha256(fileOf(blocks)))
    const copy = await memoryChain({ spec })
    await importFile(file, into(copy))
    expect(await copy.accessList(blocks[2]!.hash)).toEqual(blocks[2]!.accessList)
  })

  test('writes a range, and compresses it where the name says so', async () => {
    const blocks = await testBlocks({ count: 9 })
    const chain = await memoryChain({ blocks })
    const file = path.join(temporaryFolder(), 'some.rlp.gz')
    await exportFile(file, { chain, first: 3n, last: 5n, signal: never })
    const other = await memoryChain({ blocks: blocks.slice(0, 2) })
    expect(await importFile(file, into(other))).toMatchObject({ blocks: 3, number: 5n })
  })

  test.each([
    [{ first: 5n, last: 4n }, 'the first block, 5, is after the last, 4'],
    [{ last: 10n }, 'there is no block 10: the head is block 9'],
    [{ first: 0n }, 'block 0 is not kept any more: the first that is there is 6'],
  ])('%o is refused in one line', async (range, message) => {
    const chain = await memoryChain({ blocks: await testBlocks({ count: 9 }), keep: 4 })
    const file = path.join(temporaryFolder(), 'none.rlp')
    await expect(exportFile(file, { chain, ...range, signal: never })).rejects.toMatchObject({
      code: 'ERR_INVALID_OPTION',
      message,
    })
    expect(existsSync(file)).toBe(false)
  })

  test('leaves no file where the signal fires', async () => {
    const chain = await memoryChain({ blocks: await testBlocks({ count: 9 }) })
    const file = path.join(temporaryFolder(), 'none.rlp')
    const stop = new AbortController()
    expect(await exportFile(file, { chain, signal: stop.signal, progress: () => stop.abort() })).toBeUndefined()
    expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, false])
  })
})

const sha256 = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex')
