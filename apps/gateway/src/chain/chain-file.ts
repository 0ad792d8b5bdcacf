// Files of blocks on disk, compressed or not. What is in them is told in @ethspan/chain.
import {
  closeSync,
  createReadStream,
  createWriteStream,
  existsSync,
  fstatSync,
  openSync,
  type ReadStream,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { pipeline as pipe, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import { asError, EthspanError } from '@ethspan/core'
import { systemErrorText, unwritableText } from '@ethspan/node/data-dir'

/** What a gzip file begins with (RFC 1952, section 2.3.1). */
const GZIP_MAGIC = [0x1f, 0x8b]
/** Bytes read at once. */
const CHUNK = 256 * 1024

/** A file of blocks that is being read. */
export interface OpenChainFile {
  /** Which part of the file the first `bytes` of its content are, 0 to 1; of a compressed one about, by what was read. */
  part(bytes: number): number
  /** What is in it, decompressed where its first bytes say so. */
  readonly chunks: AsyncIterable<Uint8Array>
}

/** @throws {EthspanError} ERR_INVALID_OPTION for the first of them that can't be read: before anything is opened or taken */
export function checkChainFiles(files: readonly string[]): void {
  for (const file of files) look(file)
}

/** @throws {EthspanError} ERR_INVALID_OPTION where it can't be read; so does what iterates over its chunks */
export function openChainFile(file: string): OpenChainFile {
  const { size, isGzip } = look(file)
  const source = createReadStream(file, { highWaterMark: CHUNK })
  const part = (bytes: number) => Math.min(1, (isGzip ? source.bytesRead : bytes) / Math.max(size, 1))
  return { part, chunks: read(file, source, isGzip) }
}

function look(file: string): { size: number; isGzip: boolean } {
  try {
    const descriptor = openSync(file, 'r')
    try {
      const first = new Uint8Array(GZIP_MAGIC.length)
      readSync(descriptor, first)
      return { size: fstatSync(descriptor).size, isGzip: GZIP_MAGIC.every((byte, at) => first[at] === byte) }
    } finally {
      closeSync(descriptor)
    }
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

async function* read(file: string, source: ReadStream, isGzip: boolean): AsyncIterable<Uint8Array> {
  try {
    // What fails on the way is thrown by the last of them, which is read here.
    yield* isGzip ? pipe(source, createGunzip({ chunkSize: CHUNK }), () => undefined) : source
  } catch (cause) {
    throw unreadable(file, cause)
  } finally {
    source.destroy()
  }
}

const unreadable = (file: string, cause: unknown) =>
  new EthspanError('ERR_INVALID_OPTION', `can't read ${file}: ${systemErrorText(cause)}`, { fields: { file }, cause })

/**
 * Writes a file of blocks, compressed where its name ends in `.gz`. It has its name once it is whole and on disk; nothing of it
 * stays where that fails. What is there already is never written over.
 * @throws {EthspanError} ERR_INVALID_OPTION where it can't be written; what `blocks` throws
 */
export async function writeChainFile(file: string, blocks: AsyncIterable<Uint8Array>): Promise<void> {
  if (existsSync(file)) throw unwritable(file, 'the file exists already')
  const part = `${file}.part`
  try {
    // Opened here: a stream opens its file later, which may be after what failed was cleared away.
    const fd = openSync(part, 'w')
    const packed = file.endsWith('.gz') ? [createGzip()] : []
    await pipeline([Readable.from(blocks), ...packed, createWriteStream(part, { fd, flush: true })])
    renameSync(part, file)
  } catch (error) {
    rmSync(part, { force: true })
    const isOfTheFile = 'syscall' in asError(error)
    throw isOfTheFile ? unwritable(file, unwritableText(error), error) : error
  }
}

const unwritable = (file: string, why: string, cause?: unknown) =>
  new EthspanError('ERR_INVALID_OPTION', `can't write ${file}: ${why}`, { fields: { file }, cause })
