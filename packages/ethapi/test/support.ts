import {
  type BySender,
  type Chain,
  type ChainReader,
  chainCommon,
  commonAt,
  encodeTransaction,
  PoolAddEvent,
  type PoolAnswer,
  type PoolEventMap,
  type PooledTransaction,
  readTransaction,
  type SyncEventMap,
  type Synchroniser,
  type SyncProgress,
  type SyncTarget,
  senderOf,
  type Transaction,
  type TransactionPool,
  transactionHash,
} from '@ethspan/chain'
import { memoryChain, type TestBlock, type TestBlocksOptions, testBlocks, testSpec } from '@ethspan/chain/testing'
import { bytesToHex, Emitter, type Logger, silentLogger } from '@ethspan/core'
import { settle } from '@ethspan/core/testing'
import { inProcess, type RpcClient } from '@ethspan/rpc'
import { onTestFinished } from 'vitest'
import { type EthApiOptions, ethApis } from '../src/index.js'

export const hexOf = (bytes: Uint8Array): string => `0x${bytesToHex(bytes)}`

/** A chain of blocks for tests, and a client that asks about it. */
export async function startApi({
  blocks: options = { count: 5 },
  ...api
}: Omit<Partial<EthApiOptions>, 'chain'> & { readonly blocks?: TestBlocksOptions } = {}): Promise<{
  readonly chain: Chain
  readonly blocks: readonly TestBlock[]
  readonly client: RpcClient
}> {
  const spec = options.spec ?? testSpec()
  const blocks = await testBlocks({ spec, ...options })
  const chain = await memoryChain({ spec, blocks })
  onTestFinished(() => chain.close())
  return { chain, blocks, client: clientOf({ chain, ...api }) }
}

/** A client of the namespaces eth and txpool. */
export function clientOf(options: EthApiOptions): RpcClient {
  const client = inProcess(ethApis(options))
  onTestFinished(() => client.close())
  return client
}

/** Puts blocks on the chain, and makes the last one its head. */
export async function extend(chain: Chain, options: TestBlocksOptions): Promise<readonly TestBlock[]> {
  const blocks = await testBlocks(options)
  await chain.putBlocks(blocks)
  await chain.setHead(blocks.at(-1)!.hash)
  await settle()
  return blocks
}

/** The chain with some of its methods replaced. */
export function readerOf(chain: ChainReader, instead: Partial<ChainReader>): ChainReader {
  return new Proxy(chain, {
    get(target, name: keyof ChainReader) {
      const value = instead[name] ?? target[name]
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** How a call fails: what its answer says. */
export async function failureOf(promise: Promise<unknown>): Promise<{ code: number; message: string; data?: unknown }> {
  try {
    const result = await promise
    throw new Error(`it did not fail, but gave ${JSON.stringify(result)}`)
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error
    const { code, data } = error as Error & { code: number; data?: unknown }
    return { code, message: error.message, ...(data === undefined ? {} : { data }) }
  }
}

/** A pool that takes everything, or refuses as it is told. */
export class FakePool extends Emitter<PoolEventMap> implements TransactionPool {
  readonly #pending: PooledTransaction[] = []
  readonly #queued: PooledTransaction[] = []
  /** What it answers instead of taking one. */
  refusal: Extract<PoolAnswer, { refused: unknown }> | undefined
  /** Of the calls of `add`. */
  readonly asked: unknown[] = []

  async add(transactions: readonly Transaction[], options?: unknown): Promise<PoolAnswer[]> {
    this.asked.push(options)
    if (this.refusal !== undefined) return transactions.map(() => this.refusal!)
    const added = transactions.map((it) => this.pool(it))
    this.emit(new PoolAddEvent(added))
    return added.map((it) => ({ added: it }))
  }

  /** Puts one in, silently. */
  pool(transaction: Transaction, isQueued = false): PooledTransaction {
    const rules = commonAt(chainCommon(testSpec().config), { number: 1n, time: 2_000_000_000n })
    const tx = readTransaction(transaction, rules)
    const size = transaction.bytes.length
    const pooled = { ...transaction, tx, size, hash: transactionHash(transaction), sender: senderOf(tx), isLocal: true }
    ;(isQueued ? this.#queued : this.#pending).push(pooled)
    return pooled
  }

  tell(event: PoolAddEvent): void {
    this.emit(event)
  }

  has = (hash: Uint8Array) => this.get(hash) !== undefined
  get = (hash: Uint8Array) => [...this.#pending, ...this.#queued].find((it) => bytesToHex(it.hash) === bytesToHex(hash))
  transaction = (hash: Uint8Array) => {
    const pooled = this.get(hash)
    return pooled && encodeTransaction(pooled)
  }
  pending = () => bySender(this.#pending)
  queued = () => bySender(this.#queued)
  counts = () => ({ pending: this.#pending.length, queued: this.#queued.length, bytes: 0 })
  nextNonce = (sender: Uint8Array) => {
    const last = this.pending().get(bytesToHex(sender))?.at(-1)
    return last === undefined ? undefined : last.tx.nonce + 1n
  }
}

function bySender(transactions: readonly PooledTransaction[]): BySender {
  const lists = new Map<string, PooledTransaction[]>()
  for (const it of transactions) {
    const key = bytesToHex(it.sender)
    lists.set(key, [...(lists.get(key) ?? []), it])
  }
  return lists
}

/** A synchroniser that only remembers what it is told. */
export class FakeSync extends Emitter<SyncEventMap> implements Synchroniser {
  readonly targets: SyncTarget[] = []
  current: SyncProgress | undefined
  setTarget = (target: SyncTarget) => {
    this.targets.push(target)
  }
  progress = () => this.current
  tell(event: SyncEventMap[keyof SyncEventMap]): void {
    this.emit(event)
  }
}

/** A logger that keeps what is said at level warn and info. */
export function listener(): Logger & { readonly lines: string[] } {
  const lines: string[] = []
  const say = (message: string) => {
    lines.push(message)
  }
  return { ...silentLogger, lines, info: say, warn: say, error: say }
}
