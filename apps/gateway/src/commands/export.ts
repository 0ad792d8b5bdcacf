// `ethspan export`: the chain data's blocks into a file.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { EthspanError } from '@ethspan/core'
import { exportFile } from '../chain/export-blocks.js'
import { type ChainPlace, chainDataPath, withChainData } from '../chain/open-chain-data.js'
import type { Output } from './output.js'
import { Progress, type ProgressScreen } from './progress.js'

export interface Export extends ChainPlace {
  readonly file: string
  readonly first?: bigint
  readonly last?: bigint
}

/**
 * @returns whether the file is there: it is not where the signal fired
 * @throws {EthspanError} ERR_DATA_DIR, ERR_INVALID_OPTION
 */
export async function exportChain(
  { file, first, last, ...place }: Export,
  { out, ...screen }: Output & ProgressScreen,
  signal: AbortSignal,
): Promise<boolean> {
  // Opened, it would be made, and the file would have the genesis block alone.
  if (!existsSync(chainDataPath(path.resolve(place.dataDir)))) {
    throw new EthspanError('ERR_DATA_DIR', `there is no chain data in ${place.dataDir}`, {
      hint: 'Name the data directory of a node with --datadir.',
    })
  }
  return withChainData({ ...place, execute: false }, async ({ chain }) => {
    const progress = new Progress(screen, () => performance.now())
    const range = await exportFile(file, {
      chain,
      ...(first === undefined ? {} : { first }),
      ...(last === undefined ? {} : { last }),
      signal,
      progress: ({ number, first: from, last: to }) => {
        const blocks = Number(number - from) + 1
        progress.tell({ number, blocks, part: blocks / (Number(to - from) + 1) })
      },
    }).finally(() => progress.clear())
    if (range === undefined) {
      out(`Stopped before the end: there is no ${file}.\n`)
      return false
    }
    out(`Blocks ${range.first} to ${range.last} are in ${file}, written in ${progress.seconds.toFixed(1)} s.\n`)
    return true
  })
}
