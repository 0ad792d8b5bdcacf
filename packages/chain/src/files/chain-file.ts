// geth's files of blocks, as its commands `import` and `export` have them: blocks in RLP, one after the other, with nothing
// between them.
import { asError, EthspanError, invalidRlp, joinRlpList, splitRlpList } from '@ethspan/core'
import { decodeBody } from '../block/body.js'
import { decodeHeader, headerHash } from '../block/header.js'
import type { BlockToKeep } from '../contract/chain.js'
import { MAX_FILE_BLOCK_BYTES } from '../limits.js'
import { ChunkQueue } from './chunk-queue.js'

/** A block of a file, with its access list where the file has it, and where it stood there. */
export interface FileBlock extends BlockToKeep {
  /** Of its first byte, from the start of what was read. */
  readonly offset: number
  /** How many bytes it had there. */
  readonly size: number
}

/**
 * A block as it stands in a file: header, transactions, uncles, from Shanghai on withdrawals, and from Amsterdam on, where it is
 * known, the block access list, which blocks have nowhere else. Source: geth, `exportBlock`.
 */
export function chainFileBlock({ header, body, accessList }: Omit<BlockToKeep, 'hash'>): Uint8Array {
  const parts = [header.raw, ...splitRlpList(body.raw, 'block body', { min: 2, max: 3 })]
  // An access list has no place without withdrawals before it, and no fork has it without them.
  return joinRlpList(accessList === undefined || parts.length < ACCESS_LIST ? parts : [...parts, accessList])
}

/** Where the access list stands in a block. */
const ACCESS_LIST = 4

/**
 * The blocks of a file, in whatever pieces it is read; one block and one piece are in memory at a time. Blocks are read, not
 * verified: not even that one stands on the other.
 * @throws {EthspanError} ERR_INVALID_RLP for what is no such file, is damaged or was cut off: one line that says at which byte and
 * after which block, also in its fields `offset` and `after` (a bigint). All blocks before it were given. What `chunks` throws.
 */
export async function* readChainFile(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<FileBlock, void, undefined> {
  const queue = new ChunkQueue()
  let offset = 0
  let after: bigint | undefined
  for await (const chunk of chunks) {
    queue.push(chunk)
    for (;;) {
      const raw = at(offset, after, () => takeItem(queue))
      if (raw === undefined) break
      const block = at(offset, after, () => decodeBlock(raw))
      yield { ...block, offset, size: raw.length }
      offset += raw.length
      after = block.header.number
    }
  }
  if (queue.length === 0) return
  const size = itemSize(queue)
  const whole = size === undefined ? '' : ` of ${size}`
  throw faultAt(offset, after, `the file ends within a block: ${queue.length} bytes${whole} are there`)
}

/** The next item, once it is there whole. */
function takeItem(queue: ChunkQueue): Uint8Array | undefined {
  const size = itemSize(queue)
  if (size === undefined) return undefined
  if (size > MAX_FILE_BLOCK_BYTES)
    throw invalidRlp(`a block of ${size} bytes; at most ${MAX_FILE_BLOCK_BYTES} are read`)
  return queue.length < size ? undefined : queue.take(size)
}

const SHORT_LIST = 0xc0
const MAX_SHORT_LENGTH = 55

/** Bytes of the list that begins here, with its prefix (yellow paper, appendix B); undefined where that is not there whole. */
function itemSize(queue: ChunkQueue): number | undefined {
  if (queue.length === 0) return undefined
  const length = queue.at(0) - SHORT_LIST
  if (length < 0) throw invalidRlp('a block is a list, and none begins here')
  if (length <= MAX_SHORT_LENGTH) return 1 + length
  const digits = length - MAX_SHORT_LENGTH
  if (queue.length <= digits) return undefined
  let size = 0
  for (let i = 1; i <= digits; i++) size = size * 256 + queue.at(i)
  return 1 + digits + size
}

function decodeBlock(raw: Uint8Array): BlockToKeep {
  const parts = splitRlpList(raw, 'block', { min: 3, max: 5 })
  const header = decodeHeader(parts[0]!)
  const body = decodeBody(joinRlpList(parts.slice(1, ACCESS_LIST)))
  const accessList = parts[ACCESS_LIST]
  return { hash: headerHash(header), header, body, ...(accessList !== undefined && { accessList }) }
}

/** What `read` gives; its error, if it throws one, as that of a place in the file. */
function at<T>(offset: number, after: bigint | undefined, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw faultAt(offset, after, asError(error).message, error)
  }
}

function faultAt(offset: number, after: bigint | undefined, why: string, cause?: unknown): EthspanError {
  const place = after === undefined ? `byte ${offset}` : `byte ${offset}, after block ${after}`
  return new EthspanError('ERR_INVALID_RLP', `not a file of blocks at ${place}: ${why}`, {
    fields: { offset, ...(after !== undefined && { after }) },
    cause,
  })
}
