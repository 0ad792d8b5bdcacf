// What `eth_subscribe` tells of: new heads, logs, transactions that wait.
import type { HeadEvent, PoolAddEvent } from '@ethspan/chain'
import type { ApiSubscription } from '@ethspan/node'
import { params } from '@ethspan/rpc'
import { failed, limitExceeded } from '../errors.js'
import { newHeadJson } from '../format/header.js'
import { hex } from '../format/hex.js'
import { transactionJson } from '../format/transaction.js'
import { MAX_FILTER_VALUES } from '../limits.js'
import { countValues, type LogFilter, logFilter } from '../params/log-filter.js'
import { boolean, optional, required } from '../params/reader.js'
import type { Backend } from './backend.js'
import { FanOut } from './fan-out.js'
import { followedBlocks, newHeads } from './head-steps.js'
import { LogFollower } from './log-follower.js'
import { checkFilter } from './log-search.js'

export function ethSubscriptions(backend: Backend): Readonly<Record<string, ApiSubscription>> {
  const { noParams, readParams } = params
  /** Addresses and topics of all that follow logs. */
  let values = 0
  const hold = (filter: LogFilter, signal: AbortSignal) => {
    const count = countValues(filter)
    if (values + count > MAX_FILTER_VALUES) {
      throw limitExceeded(`too many addresses and topics in all subscriptions, want at most ${MAX_FILTER_VALUES}`)
    }
    values += count
    const release = () => {
      values -= count
    }
    signal.addEventListener('abort', release, { once: true })
  }
  const heads = new FanOut<HeadEvent>((tell, signal) => backend.chain.addEventListener('head', tell, { signal }))
  const pooled = new FanOut<PoolAddEvent>((tell, signal) => {
    if (backend.pool === undefined) throw failed('the node has no pool')
    backend.pool.addEventListener('add', tell, { signal })
  })
  return {
    newHeads: (sent, notify, { signal }) => {
      noParams(sent)
      const tell = (event: HeadEvent) => {
        for (const { header, hash } of newHeads(event)) notify(newHeadJson(header, hash))
      }
      heads.follow(tell, signal)
    },
    logs: (sent, notify, { signal }) => {
      const [filter] = readParams<[LogFilter]>(sent, required(logFilter))
      checkFilter(backend, filter)
      const wants = followedBlocks(backend, filter)
      hold(filter, signal)
      const follower = new LogFollower(backend, { match: filter, wants, notify, signal })
      heads.follow((event) => follower.follow(event), signal)
    },
    newPendingTransactions: (sent, notify, { signal }) => {
      const [full = false] = readParams<[boolean | undefined]>(sent, optional(boolean))
      const tell = ({ transactions }: PoolAddEvent) => {
        for (const it of transactions) notify(full ? transactionJson(it, undefined) : hex(it.hash))
      }
      pooled.follow(tell, signal)
    },
  }
}
