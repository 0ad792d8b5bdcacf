// `ethspan import`: blocks from files into the chain data.
import { bytesToHex } from '@ethspan/core'
import { checkChainFiles } from '../chain/chain-file.js'
import { importFile } from '../chain/import-blocks.js'
import { type ChainPlace, withChainData } from '../chain/open-chain-data.js'
import type { Output } from './output.js'
import { Progress, type ProgressScreen } from './progress.js'

export interface Import extends ChainPlace {
  readonly files: readonly string[]
}

/**
 * Reads one file after the other until all are read, or the signal fires.
 * @returns whether all were read
 * @throws {EthspanError} ERR_DATA_DIR, ERR_INVALID_OPTION, ERR_INVALID_BLOCK, ERR_INVALID_RLP; what came before is kept
 */
export async function importChain(
  { files, ...place }: Import,
  { out, ...screen }: Output & ProgressScreen,
  signal: AbortSignal,
): Promise<boolean> {
  checkChainFiles(files)
  return withChainData(place, async ({ chain, importer, execution }) => {
    const progress = new Progress(screen, () => performance.now())
    let [taken, known] = [0, 0]
    try {
      for (const file of files) {
        if (signal.aborted) break
        const done = await importFile(file, {
          chain,
          importer,
          ...(execution === undefined ? {} : { executor: execution }),
          signal,
          progress: ({ number, blocks, known, part }) => progress.tell({ number, blocks: blocks + known, part }),
        })
        taken += done.blocks
        known += done.known
      }
    } finally {
      progress.clear()
    }
    const { number, hash } = chain.head()
    const seconds = progress.seconds
    const speed = Math.round(taken / Math.max(seconds, 0.001))
    out(`${blocks(taken)} imported in ${seconds.toFixed(1)} s (${speed}/s), ${known} known already.\n`)
    out(`The head is block ${number}, 0x${bytesToHex(hash)}.\n`)
    if (signal.aborted) out('Stopped before the end: the same command goes on from here.\n')
    return !signal.aborted
  })
}

const blocks = (count: number) => `${count} ${count === 1 ? 'block' : 'blocks'}`
