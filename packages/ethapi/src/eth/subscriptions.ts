// What `eth_subscribe` tells of: new heads, logs, transactions that wait.
import type { HeadEvent, PoolAddEvent } from '@ethspan/chain'
import type { ApiSubscription } from '@ethspan/node'
import { params } from '@ethspan/rpc'
import { failed } from '../errors.js'
import { newHeadJson } from '../format/header.js'
import { hex } from '../format/hex.js'
import { transactionJson } from '../format/transaction.js'
import { type LogFilter, logFilter } from '../params/log-filter.js'
import { boolean, optional, required } from '../params/reader.js'
import type { Backend } from './backend.js'
import { followedBlocks, newHeads } from './head-steps.js'
import { LogFollower } from './log-follower.js'
import { checkFilter } from './log-search.js'

export function ethSubscriptions(backend: Backend): Readonly<Record<string, ApiSubscription>> {
  const { noParams, readParams } = params
  return {
    newHeads: (sent, notify, { signal }) => {
      noParams(sent)
      const tell = (event: HeadEvent) => {
        for (const { header, hash } of newHeads(event)) notify(newHeadJson(header, hash))
      }
      backend.chain.addEventListener('head', tell, { signal })
    },
    logs: (sent, notify, { signal }) => {
      const [filter] = readParams<[LogFilter]>(sent, required(logFilter))
      checkFilter(backend, filter)
      const follower = new LogFollower(backend, {
        match: filter,
        wants: followedBlocks(backend, filter),
        notify,
        signal,
      })
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
