// Writes blocks of a chain into a file, as geth's export does.
import { type ChainReader, chainFileBlock } from '@ethspan/chain'
import { abortError, EthspanError } from '@ethspan/core'
import { writeChainFile } from './chain-file.js'

/** Blocks between two reports of progress. */
const REPORT_BLOCKS = 64n

export interface ExportOptions {
  readonly chain: ChainReader
  /** Default: the first block whose body is there. */
  readonly first?: bigint
  /** Default: the head. */
  readonly last?: bigint
  /** Nothing of the file stays when it fires. */
  readonly signal: AbortSignal
  progress?(progress: ExportProgress): void
}

/** Both included. */
export interface BlockRange {
  readonly first: bigint
  readonly last: bigint
}

export interface ExportProgress extends BlockRange {
  readonly number: bigint
}

/**
 * Resolves with the range that was written; undefined where the signal fired before.
 * @throws {EthspanError} ERR_INVALID_OPTION for a range that is not there, or a file that can't be written
 */
export async function exportFile(file: string, options: ExportOptions): Promise<BlockRange | undefined> {
  const { chain, signal } = options
  const [earliest, head] = [chain.earliest(), chain.head().number]
  const { first = earliest, last = head } = options
  if (first > last) throw badRange(`the first block, ${first}, is after the last, ${last}`)
  if (last > head) throw badRange(`there is no block ${last}: the head is block ${head}`)
  if (first < earliest) throw badRange(`block ${first} is not kept any more: the first that is there is ${earliest}`)

  const blocks = async function* () {
    for (let number = first; number <= last; number++) {
      if (signal.aborted) throw abortError(signal)
      const block = await chain.block(number)
      if (block === undefined) throw new EthspanError('ERR_DATA_DIR', `block ${number} is not in the chain data`)
      yield chainFileBlock({ ...block, accessList: await chain.accessList(block.hash) })
      if ((number - first) % REPORT_BLOCKS === 0n) options.progress?.({ number, first, last })
    }
  }
  try {
    await writeChainFile(file, blocks())
  } catch (error) {
    if (signal.aborted) return undefined
    throw error
  }
  return { first, last }
}

const badRange = (why: string) => new EthspanError('ERR_INVALID_OPTION', why)
