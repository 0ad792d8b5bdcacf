import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { openChainFile, writeChainFile } from '../src/chain/chain-file.js'
import { temporaryFolder } from './support.js'

/** No two blocks of it alike, so that compressing it leaves much. */
const bytes = Uint8Array.from({ length: 700_000 }, (_, at) => Math.imul(at, 2_654_435_761) >>> 13)

async function all(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  return Buffer.concat(parts)
}

async function* blocks(): AsyncIterable<Uint8Array> {
  yield bytes.subarray(0, 300_000)
  yield bytes.subarray(300_000)
}

test.each(['plain', 'gzip'])('a %s file is read as what is in it, whatever it is called', async (form) => {
  const file = path.join(temporaryFolder(), 'blocks')
  writeFileSync(file, form === 'gzip' ? gzipSync(bytes) : bytes)
  const source = openChainFile(file)
  expect((await all(source.chunks)).equals(bytes)).toBe(true)
  expect(source.part(bytes.length)).toBe(1)
})

test('a compressed file that ends in the middle fails in one line with its name', async () => {
  const file = path.join(temporaryFolder(), 'blocks.gz')
  writeFileSync(file, gzipSync(bytes).subarray(0, 5_000))
  await expect(all(openChainFile(file).chunks)).rejects.toMatchObject({
    code: 'ERR_INVALID_OPTION',
    message: `can't read ${file}: unexpected end of file`,
  })
})

test('a file that is not there, and a folder, fail in one line with their names', async () => {
  const folder = temporaryFolder()
  const missing = path.join(folder, 'none')
  expect(() => openChainFile(missing)).toThrow(`can't read ${missing}: it does not exist`)
  expect(() => openChainFile(folder)).toThrow(`can't read ${folder}: it is a directory`)
})

test('a file is written whole, compressed where its name says so', async () => {
  const folder = temporaryFolder()
  const [plain, packed] = [path.join(folder, 'a.rlp'), path.join(folder, 'a.rlp.gz')]
  await writeChainFile(plain, blocks())
  await writeChainFile(packed, blocks())
  expect(readFileSync(plain).equals(bytes)).toBe(true)
  expect(gunzipSync(readFileSync(packed)).equals(bytes)).toBe(true)
  expect(readdirSync(folder).sort()).toEqual(['a.rlp', 'a.rlp.gz'])
})

test('a file that is there is left as it is', async () => {
  const file = path.join(temporaryFolder(), 'a.rlp')
  writeFileSync(file, 'precious')
  await expect(writeChainFile(file, blocks())).rejects.toThrow(`can't write ${file}: the file exists already`)
  expect(readFileSync(file, 'utf8')).toBe('precious')
})

test('nothing stays of a file whose blocks fail, and their error is told', async () => {
  const folder = temporaryFolder()
  const failing = async function* () {
    yield bytes
    throw new Error('a block is missing')
  }
  await expect(writeChainFile(path.join(folder, 'a.rlp'), failing())).rejects.toThrow('a block is missing')
  expect(readdirSync(folder)).toEqual([])
})

test('a folder that is not there fails in one line', async () => {
  const file = path.join(temporaryFolder(), 'none', 'a.rlp')
  await expect(writeChainFile(file, blocks())).rejects.toThrow(`can't write ${file}: its folder does not exist`)
  expect(existsSync(file)).toBe(false)
})
