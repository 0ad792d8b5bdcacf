// `eth_feeHistory`: what gas cost in the last blocks. Geth: `Oracle.FeeHistory`.
import { decodeHeader } from '@ethspan/chain'
import { failed, prunedHistory } from '../errors.js'
import { hex, type Json, quantity } from '../format/hex.js'
import { FEE_CACHE_BLOCKS, MAX_FEE_HISTORY, MAX_PERCENTILES } from '../limits.js'
import { Lru } from '../lru.js'
import type { BlockNumber } from '../params/block.js'
import type { Backend } from './backend.js'
import { type BlockFees, blockFees, blockRewards } from './block-fees.js'
import { atNumber } from './blocks.js'

export interface FeeHistoryRequest {
  readonly blockCount: bigint
  readonly lastBlock: BlockNumber
  /** Ascending, from 0 to 100. */
  readonly percentiles: readonly number[]
}

type Fees = BlockFees & { readonly rewards: readonly bigint[] }

const NOTHING: Json = { oldestBlock: quantity(0), gasUsedRatio: null }

export class FeeHistory {
  readonly #backend: Backend
  /** By block hash and percentiles, so that a reorg leaves nothing wrong in it. */
  readonly #cache = new Lru<string, Fees>(FEE_CACHE_BLOCKS)

  constructor(backend: Backend) {
    this.#backend = backend
  }

  /** @throws {RpcError} -32000 in geth's words; 4444 where none of the blocks is kept */
  async ask({ blockCount, lastBlock, percentiles }: FeeHistoryRequest, signal: AbortSignal): Promise<Json> {
    if (blockCount < 1n) return NOTHING
    checkPercentiles(percentiles)
    const [last, count] = this.#range(lastBlock, blockCount > MAX_FEE_HISTORY ? BigInt(MAX_FEE_HISTORY) : blockCount)
    if (count === 0n) return NOTHING
    const oldest = last + 1n - count
    const fees: Fees[] = []
    for (let number = oldest; number <= last; number++) {
      signal.throwIfAborted()
      const ofBlock = await this.#feesOf(number, percentiles)
      // A reorg shortened the chain meanwhile.
      if (ofBlock === undefined) break
      fees.push(ofBlock)
    }
    return fees.length === 0 ? NOTHING : historyJson(oldest, fees, percentiles.length > 0)
  }

  #range(lastBlock: BlockNumber, count: bigint): readonly [last: bigint, count: bigint] {
    const head = this.#backend.chain.head().number
    if (typeof lastBlock === 'bigint' && lastBlock > head) {
      throw failed(`request beyond head block: requested ${lastBlock}, head ${head}`)
    }
    // No block is pending here, so of those asked for there is one less.
    const isPending = lastBlock === 'pending'
    const at = atNumber(this.#backend, isPending ? 'latest' : lastBlock)
    const last = typeof at === 'bigint' ? at : at.number
    const earliest = this.#backend.chain.earliest()
    if (last < earliest) throw prunedHistory()
    const kept = last + 1n - earliest
    const asked = isPending ? count - 1n : count
    return [last, asked > kept ? kept : asked]
  }

  async #feesOf(number: bigint, percentiles: readonly number[]): Promise<Fees | undefined> {
    const { chain } = this.#backend
    const hash = await chain.canonicalHash(number)
    if (hash === undefined) return undefined
    const key = `${hex(hash)} ${percentiles.join()}`
    const known = this.#cache.get(key)
    if (known !== undefined) return known
    const fees = await this.#compute(hash, percentiles)
    if (fees !== undefined) this.#cache.set(key, fees)
    return fees
  }

  async #compute(hash: Uint8Array, percentiles: readonly number[]): Promise<Fees | undefined> {
    const { chain } = this.#backend
    if (percentiles.length === 0) {
      const raw = await chain.header(hash)
      return raw === undefined ? undefined : { ...blockFees(this.#backend, decodeHeader(raw)), rewards: [] }
    }
    const block = await chain.block(hash)
    if (block === undefined) return undefined
    const rewards = await blockRewards(this.#backend, block, percentiles)
    return { ...blockFees(this.#backend, block.header), rewards }
  }
}

function checkPercentiles(percentiles: readonly number[]): void {
  const fail = (why: string) => failed(`invalid reward percentile: ${why}`)
  if (percentiles.length > MAX_PERCENTILES) throw fail(`over the query limit ${MAX_PERCENTILES}`)
  for (const [i, it] of percentiles.entries()) {
    if (it < 0 || it > 100) throw fail(it.toFixed(6))
    const before = percentiles[i - 1]
    if (before !== undefined && it <= before) throw fail(`#${i - 1}:${before.toFixed(6)} >= #${i}:${it.toFixed(6)}`)
  }
}

/** Base fees are told of one block more than the rest: the last one says what the next one's are. */
function historyJson(oldest: bigint, fees: readonly Fees[], withRewards: boolean): Json {
  const last = fees.at(-1)!
  return {
    oldestBlock: quantity(oldest),
    ...(withRewards ? { reward: fees.map(({ rewards }) => rewards.map(quantity)) } : {}),
    baseFeePerGas: [...fees.map(({ baseFee }) => baseFee), last.nextBaseFee].map(quantity),
    gasUsedRatio: fees.map(({ gasUsedRatio }) => gasUsedRatio),
    baseFeePerBlobGas: [...fees.map((it) => it.blobBaseFee), last.nextBlobBaseFee].map(quantity),
    blobGasUsedRatio: fees.map(({ blobGasUsedRatio }) => blobGasUsedRatio),
  }
}
