// A chain without anybody who agrees on it: one node makes all blocks, at a steady pace. What geth does with `--dev`, whose
// simulated beacon is the model.
import {
  type Block,
  type BlockImporter,
  type BySender,
  type Chain,
  type Header,
  nextBaseFee,
  type TransactionPool,
} from '@ethspan/chain'
import {
  bytesToHex,
  type Clock,
  concatBytes,
  keccak256,
  type Logger,
  Serial,
  silentLogger,
  systemClock,
  type Timer,
} from '@ethspan/core'
import type { BlockPlan, Candidates } from '../block/build-block.js'
import { DEV_EPOCH_BLOCKS, DEV_PERIOD_MS } from '../limits.js'
import { BestFirst } from './best-first.js'

/** What makes blocks, but for when. `Execution` does. */
export interface BlockBuilder {
  buildBlock(parent: Header, plan: BlockPlan, candidates: Candidates): Promise<Block>
}

export interface DevChainOptions {
  readonly chain: Chain
  /** With an executor, over the same chain. */
  readonly importer: Pick<BlockImporter, 'importBlocks'>
  readonly execution: BlockBuilder
  /** Where the transactions come from. Default: blocks have none. */
  readonly pool?: Pick<TransactionPool, 'pending'>
  /** Default: the system's. */
  readonly clock?: Clock
  /** Milliseconds from block to block. Default {@link DEV_PERIOD_MS}. Blocks have times in seconds, each later than the one before. */
  readonly period?: number
  /** Default true; false: a block is left out while nothing waits. */
  readonly emptyBlocks?: boolean
  /** Who gets the tips, 20 bytes. Default: nobody, all zeros. */
  readonly coinbase?: Uint8Array
  /** Default: says nothing. */
  readonly log?: Logger
}

/**
 * Makes the blocks of a development chain: after the merge, with PREVRANDAO, without withdrawals, each the head as soon as it is
 * kept. With the same clock and the same pool it makes the same chain.
 */
export class DevChain {
  readonly #options: DevChainOptions & Required<Pick<DevChainOptions, 'clock' | 'period' | 'log'>>
  readonly #serial = new Serial()
  /** Of the next block, or of the one under way; undefined while it is stopped. */
  #timer: Timer | undefined

  constructor(options: DevChainOptions) {
    const { clock = systemClock, period = DEV_PERIOD_MS, log = silentLogger } = options
    this.#options = { ...options, clock, period, log }
  }

  /** Makes the first block now, and one each period from then on. Idempotent. */
  start(): void {
    if (this.#timer === undefined) this.#wait(0)
  }

  /** Resolves when no block is under way any more. Idempotent. */
  async stop(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    await this.#serial.run(async () => undefined)
  }

  /** Makes a block, whether or not anything waits. @throws what building, importing and keeping throws */
  seal(): Promise<Block> {
    return this.#serial.run(() => this.#seal(this.#options.pool?.pending() ?? new Map()))
  }

  #wait(ms: number): void {
    const { clock, period, log, emptyBlocks = true, pool } = this.#options
    const timer = clock.setTimeout(async () => {
      const begin = clock.now()
      if (emptyBlocks || pool?.pending().size !== 0) {
        await this.seal().catch((error) => log.warn('no block was made', { error }))
      }
      // It may have been stopped meanwhile, and started anew.
      if (this.#timer === timer) this.#wait(Math.max(0, period - (clock.now() - begin)))
    }, ms)
    this.#timer = timer
  }

  async #seal(pending: BySender): Promise<Block> {
    const { chain, log } = this.#options
    const block = await this.#make(pending).catch((error) => {
      if (pending.size === 0) throw error
      // Whatever it is that waits, the chain does not wait for it.
      log.warn('a block is made without transactions, because it failed with them', { error })
      return this.#make(new Map())
    })
    const { number } = block.header
    await chain.setHead(block.hash)
    const isEpoch = number % DEV_EPOCH_BLOCKS === 0n
    await chain.setFinality({ safe: block.hash, ...(isEpoch && { finalized: block.hash }) })
    log.debug('block made', { number, hash: `0x${bytesToHex(block.hash)}`, txs: block.body.transactions.length })
    return block
  }

  /** Makes a block and has it imported. */
  async #make(pending: BySender): Promise<Block> {
    const { chain, importer, execution, coinbase = new Uint8Array(20), clock } = this.#options
    const { header: parent, hash: parentHash } = chain.head()
    const now = BigInt(Math.floor(clock.wallTime() / 1000))
    const plan = {
      time: now > parent.time ? now : parent.time + 1n,
      coinbase,
      // Nobody draws lots here, but programs that ask for one get another each time.
      prevRandao: keccak256(concatBytes(parentHash, new TextEncoder().encode('prevrandao'))),
      parentBeaconRoot: new Uint8Array(32),
      slotNumber: (parent.slotNumber ?? parent.number) + 1n,
    }
    const candidates = new BestFirst(pending, nextBaseFee(parent, chain.config))
    const block = await execution.buildBlock(parent, plan, candidates)
    await importer.importBlocks([block])
    return block
  }
}
