// Searches the chain for logs.
import { decodeHeader, headerHash, transactionHash } from '@ethspan/chain'
import { equalBytes } from '@ethspan/core'
import { invalidParams } from '@ethspan/rpc'
import { failed, limitExceeded, prunedHistory } from '../errors.js'
import { type LogJson, logJson } from '../format/receipt.js'
import { MAX_SEARCHES } from '../limits.js'
import type { BlockNumber } from '../params/block.js'
import type { LogFilter } from '../params/log-filter.js'
import type { Backend } from './backend.js'
import { type FoundHeader, findHeader } from './blocks.js'
import { LogMatcher } from './log-match.js'
import { receiptsInBlock } from './receipts.js'

/** The canonical chain changed under a search. */
const REORGANISED = Symbol('reorganised')

/**
 * The logs that match, in the order of the chain.
 * @throws {RpcError} -32602 for a range that there is not or that is too long; -32005 for too many logs, or too much time;
 * 4444 for blocks that are given away; -32000
 */
export async function searchLogs(backend: Backend, filter: LogFilter, signal: AbortSignal): Promise<LogJson[]> {
  checkFilter(backend, filter)
  const matcher = new LogMatcher(filter)
  if (filter.blockHash !== undefined) {
    const found = await findHeader(backend, { hash: filter.blockHash, requireCanonical: false })
    if (found === undefined) throw failed('unknown block')
    return logsOfBlock(backend, found, matcher)
  }
  const search = new RangeSearch(backend, matcher, signal)
  for (let searches = 0; searches < MAX_SEARCHES; searches++) {
    const logs = await search.run(filter.fromBlock ?? 'latest', filter.toBlock ?? 'latest')
    if (logs !== REORGANISED) return logs
  }
  throw failed('the chain was reorganised again and again while it was searched')
}

/** Refuses a filter with too many values. @throws {RpcError} -32000 */
export function checkFilter({ limits }: Backend, { addresses, topics }: LogFilter): void {
  if ([addresses, ...topics].every(({ length }) => length <= limits.logQuery)) return
  throw failed('exceed max addresses or topics per search position')
}

/** The matching logs of one block. `removed` marks those of a block that is not canonical any more. */
export async function logsOfBlock(
  backend: Backend,
  { header, hash }: FoundHeader,
  matcher: LogMatcher,
  removed = false,
): Promise<LogJson[]> {
  if (!matcher.mayMatch(header.bloom)) return []
  const block = await backend.chain.block(hash)
  if (block === undefined) throw prunedHistory()
  const receipts = await receiptsInBlock(backend, block)
  return receipts.flatMap(({ logs, logsBefore }, transactionIndex) => {
    const matching = [...logs.entries()].filter(([, log]) => matcher.matches(log))
    if (matching.length === 0) return []
    const place = {
      blockHash: hash,
      blockNumber: header.number,
      time: header.time,
      transactionHash: transactionHash(block.body.transactions[transactionIndex]!),
      transactionIndex,
      removed,
    }
    return matching.map(([i, log]) => logJson(log, { ...place, logIndex: logsBefore + i }))
  })
}

class RangeSearch {
  readonly #backend: Backend
  readonly #matcher: LogMatcher
  readonly #signal: AbortSignal
  readonly #deadline: number

  constructor(backend: Backend, matcher: LogMatcher, signal: AbortSignal) {
    this.#backend = backend
    this.#matcher = matcher
    this.#signal = signal
    this.#deadline = backend.clock.now() + backend.limits.logTime
  }

  async run(from: BlockNumber, to: BlockNumber): Promise<LogJson[] | typeof REORGANISED> {
    const { chain, limits } = this.#backend
    const head = chain.head()
    const [first, last] = this.#range(from, to, head.number)
    const logs: LogJson[] = []
    let data = 0
    let parent: Uint8Array | undefined
    for (let number = first; number <= last; number++) {
      this.#checkTime()
      const raw = await chain.header(number)
      if (raw === undefined) return REORGANISED
      const header = decodeHeader(raw)
      if (parent !== undefined && !equalBytes(header.parentHash, parent)) return REORGANISED
      parent = headerHash(header)
      for (const log of await logsOfBlock(this.#backend, { header, hash: parent }, this.#matcher)) {
        logs.push(log)
        data += log.data.length
      }
      if (logs.length > limits.logs) throw limitExceeded(`query returned more than ${limits.logs} results`)
      if (data > limits.logData) throw limitExceeded(`query returned more than ${limits.logData} characters of data`)
    }
    const found = await chain.canonicalHash(last)
    return found !== undefined && parent !== undefined && equalBytes(found, parent) ? logs : REORGANISED
  }

  /** In geth's words, and what it refuses. */
  #range(from: BlockNumber, to: BlockNumber, head: bigint): readonly [first: bigint, last: bigint] {
    const { chain, limits } = this.#backend
    if (from === 'pending' || to === 'pending') throw invalidParams('pending logs are not supported')
    const number = (of: Exclude<BlockNumber, 'pending'>): bigint => {
      if (typeof of === 'bigint') return of
      if (of === 'latest') return head
      if (of === 'earliest') return chain.earliest()
      const block = of === 'safe' ? chain.safe() : chain.finalized()
      if (block === undefined) throw failed(`${of} header not found`)
      return block.number
    }
    const [first, last] = [number(from), number(to)]
    if (first > last) throw invalidParams('invalid block range params')
    if (first < chain.earliest()) throw prunedHistory()
    if (last > head) throw invalidParams('block range extends beyond current head block')
    if (last - first > BigInt(limits.range)) throw invalidParams(`exceed maximum block range ${limits.range}`)
    return [first, last]
  }

  #checkTime(): void {
    this.#signal.throwIfAborted()
    if (this.#backend.clock.now() <= this.#deadline) return
    const { logTime } = this.#backend.limits
    throw limitExceeded(`query took longer than ${logTime} ms: ask for fewer blocks`)
  }
}
