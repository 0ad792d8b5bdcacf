// What `eth_subscribe` tells of: new heads, logs, transactions that wait.
import type { ChainHead, HeadEvent, PoolAddEvent } from '@ethspan/chain'
import type { ApiSubscription } from '@ethspan/node'
import { invalidParams, params } from '@ethspan/rpc'
import { failed, prunedHistory } from '../errors.js'
import { newHeadJson } from '../format/header.js'
import { hex } from '../format/hex.js'
import { transactionJson } from '../format/transaction.js'
import { type LogFilter, logFilter } from '../params/log-filter.js'
import { boolean, optional, required } from '../params/reader.js'
import type { Backend } from './backend.js'
import { LogFollower } from './log-follower.js'
import { checkFilter } from './log-search.js'

export function ethSubscriptions(backend: Backend): Readonly<Record<string, ApiSubscription>> {
  const { noParams, readParams } = params
  return {
    newHeads: (sent, notify, { signal }) => {
      noParams(sent)
      const tell = ({ added, head }: HeadEvent) => {
        // A chain that only became shorter has another head all the same.
        for (const { header, hash } of added.length === 0 ? [head] : added) notify(newHeadJson(header, hash))
      }
      backend.chain.addEventListener('head', tell, { signal })
    },
    logs: (sent, notify, { signal }) => {
      const [filter] = readParams<[LogFilter]>(sent, required(logFilter))
      checkFilter(backend, filter)
      const follower = new LogFollower(backend, { match: filter, wants: followed(backend, filter), notify, signal })
      backend.chain.addEventListener('head', (event) => follower.follow(event), { signal })
    },
    newPendingTransactions: (sent, notify, { signal }) => {
      const [full = false] = readParams<[boolean | undefined]>(sent, optional(boolean))
      if (backend.pool === undefined) throw failed('the node has no pool')
      const tell = ({ transactions }: PoolAddEvent) => {
        for (const it of transactions) notify(full ? transactionJson(it, undefined) : hex(it.hash))
      }
      backend.pool.addEventListener('add', tell, { signal })
    },
  }
}

type NumberRange = Pick<LogFilter, 'fromBlock' | 'toBlock'>

/**
 * Which blocks a filter follows, in geth's words and with what it refuses. Without a range it is all from now on.
 * @throws {RpcError} -32602, 4444
 */
function followed(
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
