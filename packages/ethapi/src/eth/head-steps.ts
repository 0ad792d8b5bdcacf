// What a new head means for those who follow the chain.
import type { ChainHead, HeadEvent } from '@ethspan/chain'
import { invalidParams } from '@ethspan/rpc'
import { prunedHistory } from '../errors.js'
import type { LogFilter } from '../params/log-filter.js'
import type { Backend } from './backend.js'

/** The logs of a block come, or are taken back. */
export interface LogStep {
  readonly block: ChainHead
  readonly removed: boolean
}

/** The heads that are told of. A chain that only became shorter has another head all the same. */
export const newHeads = ({ added, head }: HeadEvent): readonly ChainHead[] => (added.length === 0 ? [head] : added)

/** First what is taken back, then what is new, both in the order of their numbers: as geth does it. */
export const logSteps = ({ removed, added }: HeadEvent): LogStep[] => [
  ...removed.map((block) => ({ block, removed: true })),
  ...added.map((block) => ({ block, removed: false })),
]

type NumberRange = Pick<LogFilter, 'fromBlock' | 'toBlock'>

/**
 * Which blocks a filter follows, in geth's words and with what it refuses. Without a range it is all from now on.
 * @throws {RpcError} -32602, 4444
 */
export function followedBlocks(
  { chain }: Backend,
  { fromBlock = 'latest', toBlock = 'latest' }: NumberRange,
): (block: ChainHead) => boolean {
  if (fromBlock === 'pending' || toBlock === 'pending') throw invalidParams('pending logs are not supported')
  const first = fromBlock === 'earliest' ? chain.earliest() : fromBlock
  if (first === 'latest' && toBlock === 'latest') return () => true
  if (typeof first !== 'bigint') throw invalidParams('invalid block range params')
  if (first < chain.earliest()) throw prunedHistory()
  if (toBlock === 'latest') return ({ number }) => number >= first
  if (typeof toBlock !== 'bigint' || toBlock < first) throw invalidParams('invalid block range params')
  return ({ number }) => number >= first && number <= toBlock
}
