// A development chain in memory, with a pool that is a list.
import type { TypedTransaction } from '@ethereumjs/tx'
import {
  type Block,
  BlockImporter,
  type BySender,
  type Chain,
  type ChainSpec,
  chainCommon,
  commonAt,
  decodeHeader,
  type Hash,
  type Header,
  type PooledTransaction,
  readTransaction,
  senderOf,
  type Transaction,
  transactionHash,
} from '@ethspan/chain'
import { memoryChain, type TestTransactionOptions, testTransaction } from '@ethspan/chain/testing'
import { bytesToHex } from '@ethspan/core'
import { SimClock } from '@ethspan/core/testing'
import type { Store } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { DevChain, devSpec, type Execution, faucetKey, openExecution } from '../src/index.js'

/** Pending transactions, by sender and in the order given. */
export class ListPool {
  readonly #spec: ChainSpec
  #waiting: PooledTransaction[] = []

  constructor(spec: ChainSpec) {
    this.#spec = spec
  }

  add(...transactions: readonly Transaction[]): void {
    const common = commonAt(chainCommon(this.#spec.config), { number: 1n, time: 1n })
    for (const transaction of transactions) {
      const tx: TypedTransaction = readTransaction(transaction, common)
      const { type, bytes } = transaction
      const hash = transactionHash(transaction)
      this.#waiting.push({ type, bytes, hash, size: bytes.length, sender: senderOf(tx), tx, isLocal: true })
    }
  }

  clear(): void {
    this.#waiting = []
  }

  pending(): BySender {
    const lists = new Map<string, PooledTransaction[]>()
    for (const waiting of this.#waiting) {
      const sender = bytesToHex(waiting.sender)
      lists.set(sender, [...(lists.get(sender) ?? []), waiting])
    }
    return lists
  }
}

export interface TestChain {
  readonly spec: ChainSpec
  readonly chain: Chain
  readonly execution: Execution
  readonly importer: BlockImporter
  readonly pool: ListPool
  readonly clock: SimClock
  readonly dev: DevChain
  /** Makes a block of these transactions, the head of the chain from then on. */
  mine(...transactions: readonly Transaction[]): Promise<Block>
}

export interface TestChainOptions {
  readonly amsterdam?: boolean
  readonly keepStates?: number
  readonly states?: Store
}

export async function testChain({ amsterdam = false, keepStates, states }: TestChainOptions = {}): Promise<TestChain> {
  const spec = await devSpec({ amsterdam })
  const chain = await memoryChain({ spec })
  const clock = new SimClock()
  const store = states ?? memoryStore()
  const execution = await openExecution({ store, spec, chain, clock, ...(keepStates && { keepStates }) })
  const importer = new BlockImporter({ chain, executor: execution })
  const pool = new ListPool(spec)
  const dev = new DevChain({ chain, importer, execution, pool, clock })
  return {
    spec,
    chain,
    execution,
    importer,
    pool,
    clock,
    dev,
    async mine(...transactions) {
      pool.clear()
      pool.add(...transactions)
      return dev.seal()
    },
  }
}

/** A transaction of the faucet's. */
export const faucetTransaction = (options: Omit<TestTransactionOptions, 'key'>): Transaction =>
  testTransaction({ key: faucetKey, maxFeePerGas: 10n ** 10n, ...options })

export async function headerAt(chain: Chain, at: bigint | Hash): Promise<Header> {
  return decodeHeader((await chain.header(at))!)
}
