// Reads files of blocks into a chain: what is there already is passed over, so that whoever was interrupted begins anew.
import {
  type Block,
  type BlockExecutor,
  type BlockImporter,
  type Chain,
  decodeHeader,
  type FileBlock,
  readChainFile,
} from '@ethspan/chain'
import { asError, bytesToHex, EthspanError, equalBytes } from '@ethspan/core'
import { openChainFile } from './chain-file.js'

/**
 * Blocks taken together: they are on disk at once, and the head moves by them. As many as take {@link BATCH_MS}, so that whoever
 * watches sees it move, and whoever stops it waits no longer. geth: `importBatchSize`, 2500.
 */
const MIN_BATCH = 16
const MAX_BATCH = 1_024
const BATCH_MS = 500
/** Transactions taken together, so that a batch of full blocks is no larger than one of small ones. */
const BATCH_TRANSACTIONS = 10_000
/** Blocks that are passed over between two reports. */
const KNOWN_BLOCKS = 256

/** How far it is. */
export interface ImportProgress {
  readonly file: string
  /** Of the last block that was taken or passed over. */
  readonly number: bigint
  /** Taken so far, of this file. */
  readonly blocks: number
  readonly transactions: number
  /** Passed over, because the chain has them. */
  readonly known: number
  /** Of the file, 0 to 1. */
  readonly part: number
}

export interface ImportOptions {
  readonly chain: Chain
  readonly importer: Pick<BlockImporter, 'importBlocks'>
  /** Where blocks are executed: those after the last whose state is there are taken again. */
  readonly executor?: Pick<BlockExecutor, 'hasState'>
  /** Fires when to stop. What was taken until then stays, and `importFile` resolves. */
  readonly signal: AbortSignal
  progress?(progress: ImportProgress): void
}

/**
 * Imports the blocks of one file, and moves the head where they lead further than the chain does.
 * @throws {EthspanError} ERR_INVALID_OPTION for a file that can't be read, or is of another chain; ERR_INVALID_BLOCK,
 * ERR_INVALID_RLP, ERR_DATA_DIR. What came before the block that it is about is kept.
 */
export async function importFile(file: string, options: ImportOptions): Promise<ImportProgress> {
  const { chain, importer, signal, progress } = options
  const source = openChainFile(file)
  const upTo = await lastWhole(options)
  let [number, blocks, transactions, known] = [0n, 0, 0, 0]
  let batch: FileBlock[] = []
  let size = 0
  let batchSize = MIN_BATCH
  /** Where the last block ended, as far as it was taken. */
  let end = 0

  const told = () => ({ file, number, blocks, transactions, known, part: source.part(end) })
  const take = async () => {
    const given = batch
    ;[batch, size] = [[], 0]
    if (given.length === 0) return
    const begin = performance.now()
    try {
      await importer.importBlocks(given, { signal })
    } finally {
      // Where one is refused, or the signal fires, those before it are there.
      const taken = given.slice(0, await moveHead(chain, given))
      const last = taken.at(-1)
      number = last?.header.number ?? number
      end = last === undefined ? end : last.offset + last.size
      blocks += taken.length
      transactions += taken.reduce((sum, { body }) => sum + body.transactions.length, 0)
    }
    const pace = (given.length * BATCH_MS) / Math.max(performance.now() - begin, 1)
    batchSize = Math.min(Math.max(Math.round(pace), MIN_BATCH), MAX_BATCH)
    progress?.(told())
  }

  try {
    for await (const block of readChainFile(source.chunks)) {
      if (signal.aborted) break
      if (await isKnown(block, upTo, chain)) {
        // Told now and then, as are those that are taken.
        known++
        number = block.header.number
        end = block.offset + block.size
        if (known % KNOWN_BLOCKS === 0) progress?.(told())
        continue
      }
      batch.push(block)
      size += block.body.transactions.length
      if (batch.length >= batchSize || size >= BATCH_TRANSACTIONS) await take()
    }
    if (!signal.aborted) await take()
  } catch (error) {
    if (signal.aborted) return told()
    await take()
    throw ofFile(file, error)
  }
  return told()
}

/** Makes the last of these blocks that is there the head, unless the head is further than that. Returns how many are there. */
async function moveHead(chain: Chain, blocks: readonly Block[]): Promise<number> {
  for (let count = blocks.length; count > 0; count--) {
    const { hash, header } = blocks[count - 1]!
    if ((await chain.header(hash)) === undefined) continue
    if (header.number > chain.head().number) await chain.setHead(hash)
    return count
  }
  return 0
}

/**
 * The last block of the chain that there is nothing to learn of: where blocks are executed, the last whose state is there.
 * States of blocks before it may be dropped already, and are not missed.
 */
async function lastWhole({ chain, executor }: ImportOptions): Promise<bigint> {
  let { number } = chain.head()
  if (executor === undefined) return number
  for (; number > 0n; number--) {
    const raw = await chain.header(number)
    if (raw !== undefined && (await executor.hasState(decodeHeader(raw)))) break
  }
  return number
}

/** Whether the chain has this block, and nothing is missing of it. */
async function isKnown({ hash, header }: Block, upTo: bigint, chain: Chain): Promise<boolean> {
  if (header.number === 0n && !equalBytes(hash, chain.genesis.hash)) {
    const [its, ours] = [hash, chain.genesis.hash].map((bytes) => `0x${bytesToHex(bytes)}`)
    throw new EthspanError('ERR_INVALID_OPTION', `it is of another chain: its genesis block is ${its}, not ${ours}`, {
      hint: 'Name its genesis.json with --genesis.',
    })
  }
  if (header.number > upTo) return false
  const canonical = await chain.canonicalHash(header.number)
  return canonical !== undefined && equalBytes(canonical, hash)
}

/** The same error, with the file that it is about. */
function ofFile(file: string, error: unknown): unknown {
  if (!(error instanceof EthspanError) || error.fields.file === file || error.code === 'ERR_DATA_DIR') return error
  const { code, message, fields, hint } = error
  return new EthspanError(code, `${file}: ${message}`, {
    fields: { ...fields, file },
    cause: asError(error),
    ...(hint === undefined ? {} : { hint }),
  })
}
