// Which rules hold for a block.
import type { Header } from '../block/header.js'
import {
  BLOB_FORKS,
  BLOCK_FORKS,
  type BlobConfig,
  type BlockFork,
  type ChainConfig,
  type TimeFork,
} from './chain-config.js'

/** Where a block stands. */
export type BlockPlace = Pick<Header, 'number' | 'time'>

const blockForks: ReadonlySet<string> = new Set(BLOCK_FORKS)

/**
 * Whether a fork is active at a block. Forks by time need London (geth); Petersburg that is left out comes with Constantinople.
 */
export function isForked(config: ChainConfig, fork: BlockFork | TimeFork, { number, time }: BlockPlace): boolean {
  const at = config[fork] ?? (fork === 'petersburgBlock' ? config.constantinopleBlock : undefined)
  if (at === undefined) return false
  if (blockForks.has(fork)) return number >= BigInt(at)
  return time >= BigInt(at) && isForked(config, 'londonBlock', { number, time })
}

/**
 * Whether proof of stake is assumed at a block whose difficulty is not known. A header says it by its difficulty, which is 0.
 * Source: geth, `ChainConfig.IsPostMerge`.
 */
export const isPostMerge = (config: ChainConfig, place: BlockPlace): boolean =>
  config.terminalTotalDifficulty === 0n ||
  isForked(config, 'mergeNetsplitBlock', place) ||
  (config.shanghaiTime !== undefined && place.time >= BigInt(config.shanghaiTime))

/** The blob parameters of a block; undefined before Cancun. Source: geth, `latestBlobConfig`. */
export function blobConfigAt(config: ChainConfig, place: BlockPlace): BlobConfig | undefined {
  const fork = BLOB_FORKS.findLast(
    (name) => config.blobSchedule?.[name] !== undefined && isForked(config, `${name}Time`, place),
  )
  return fork && config.blobSchedule?.[fork]
}
