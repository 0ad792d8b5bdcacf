// Which fork a payload belongs to.
import { type ChainConfig, isForked, TIME_FORKS } from '@ethspan/chain'

/** From the merge on, in their order. */
export type PayloadFork =
  | 'paris'
  | 'shanghai'
  | 'cancun'
  | 'prague'
  | 'osaka'
  | `bpo${1 | 2 | 3 | 4 | 5}`
  | 'amsterdam'
  | 'bogota'
  | 'ubt'

export const CANCUN: readonly PayloadFork[] = ['cancun']
export const PRAGUE_TO_BPO2: readonly PayloadFork[] = ['prague', 'osaka', 'bpo1', 'bpo2']
export const CANCUN_TO_BPO2: readonly PayloadFork[] = [...CANCUN, ...PRAGUE_TO_BPO2]
/** Blob-parameter forks from the third on go with Amsterdam: so geth. */
export const FROM_AMSTERDAM: readonly PayloadFork[] = ['amsterdam', 'bpo3', 'bpo4', 'bpo5', 'bogota']

/** The newest fork at a time, seconds since 1970. Geth: `ChainConfig.LatestFork`, which does not know `ubt` either. */
export function forkAt(config: ChainConfig, time: bigint): PayloadFork {
  const place = { number: BigInt(config.londonBlock ?? 0), time }
  const newest = TIME_FORKS.findLast((fork) => fork !== 'ubtTime' && isForked(config, fork, place))
  return newest === undefined ? 'paris' : (newest.slice(0, -'Time'.length) as PayloadFork)
}
