// The three kinds of filters: of blocks, of logs, of transactions that wait.
import type { HeadEvent, PoolAddEvent } from '@ethspan/chain'
import { RpcError } from '@ethspan/rpc'
import { failed } from '../errors.js'
import { type Hex, hex, type Json } from '../format/hex.js'
import type { LogJson } from '../format/receipt.js'
import { transactionJson } from '../format/transaction.js'
import { MAX_FILTER_BLOCKS, MAX_FILTER_TRANSACTIONS } from '../limits.js'
import type { LogFilter } from '../params/log-filter.js'
import type { Backend } from './backend.js'
import { Feed } from './feed.js'
import { FilterChanges } from './filter-changes.js'
import type { KeptFilter } from './filters.js'
import { followedBlocks, type LogStep, logSteps, newHeads } from './head-steps.js'
import { LogMatcher } from './log-match.js'
import { checkFilter, logsOfBlock } from './log-search.js'
import { minedTransaction, sentTransaction } from './transactions.js'

/** Makes filters. What happens is kept once, for all of a kind. */
export class FilterKinds {
  readonly #backend: Backend
  readonly #blocks: Feed<Hex>
  /** Blocks, whose logs are read when they are asked for: so what waits does not depend on how much they have in them. */
  readonly #logs: Feed<LogStep>
  readonly #transactions: Feed<Uint8Array>

  /** @param before called before anything that happens is kept */
  constructor(backend: Backend, before: () => void) {
    this.#backend = backend
    const ofHeads = <T>(steps: (event: HeadEvent) => readonly T[]) => {
      return new Feed<T>(MAX_FILTER_BLOCKS, (append, signal) => {
        const tell = (event: HeadEvent) => {
          before()
          append(steps(event))
        }
        backend.chain.addEventListener('head', tell, { signal })
      })
    }
    this.#blocks = ofHeads((event) => newHeads(event).map(({ hash }) => hex(hash)))
    this.#logs = ofHeads(logSteps)
    this.#transactions = new Feed(MAX_FILTER_TRANSACTIONS, (append, signal) => {
      if (backend.pool === undefined) throw failed('the node has no pool')
      const tell = ({ transactions }: PoolAddEvent) => {
        before()
        append(transactions.map(({ hash }) => hash))
      }
      backend.pool.addEventListener('add', tell, { signal })
    })
  }

  /** Gives the hashes of new blocks. */
  blocks(): KeptFilter {
    return new FilterChanges(this.#backend, this.#blocks.open(), (hash) => [hash])
  }

  /** Gives the hashes of transactions that can be mined next, or those themselves. @throws {RpcError} -32000 without a pool */
  transactions(full: boolean): KeptFilter {
    const tell = full ? (hash: Uint8Array) => this.#transaction(hash) : (hash: Uint8Array) => [hex(hash)]
    return new FilterChanges<Uint8Array>(this.#backend, this.#transactions.open(), tell)
  }

  /** As it was when it came, though it may be mined by now. What was dropped is not told. */
  async #transaction(hash: Uint8Array): Promise<Json[]> {
    const read = () => minedTransaction(this.#backend, hash, (block, at) => sentTransaction(this.#backend, block, at))
    const found = this.#backend.pool?.get(hash) ?? (await read())
    return found === undefined ? [] : [transactionJson(found, undefined)]
  }

  /** Gives the logs of new blocks, and takes back those of blocks that a reorg removed. @throws {RpcError} as `eth_subscribe` */
  logs(filter: LogFilter): KeptFilter {
    const backend = this.#backend
    checkFilter(backend, filter)
    const wants = followedBlocks(backend, filter)
    const matcher = new LogMatcher(filter)
    const tell = async ({ block, removed }: LogStep): Promise<LogJson[]> => {
      if (!wants(block)) return []
      try {
        return await logsOfBlock(backend, block, matcher, removed)
      } catch (error) {
        if (!(error instanceof RpcError)) throw error
        // Its body or its receipts are not here, and will not come.
        backend.log.warn('the logs of a block could not be told', { number: block.number, error })
        return []
      }
    }
    return new FilterChanges(backend, this.#logs.open(), tell, filter)
  }
}
