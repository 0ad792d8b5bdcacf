// What the rules of many chains have in common.
import { BLOCK_FORKS, type BlobConfig, type BlobFork, type BlockFork } from './chain-config.js'

/** Blobs of every public network so far. Source: geth, `params.DefaultBlobSchedule`. */
export const PUBLIC_BLOB_SCHEDULE = {
  cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3338477 },
  prague: { target: 6, max: 9, baseFeeUpdateFraction: 5007716 },
  bpo1: { target: 10, max: 15, baseFeeUpdateFraction: 8346193 },
  bpo2: { target: 14, max: 21, baseFeeUpdateFraction: 11684671 },
} as const satisfies { readonly [fork in BlobFork]?: BlobConfig }

/** The forks of a chain that has all rules up to `last` from its genesis block on. The DAO's fork is mainnet's alone. */
export function forksFromGenesis(last: BlockFork): Readonly<Partial<Record<BlockFork, 0>>> {
  const names = BLOCK_FORKS.slice(0, BLOCK_FORKS.indexOf(last) + 1)
  return Object.fromEntries(names.filter((name) => name !== 'daoForkBlock').map((name) => [name, 0]))
}
