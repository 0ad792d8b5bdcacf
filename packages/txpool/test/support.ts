import {
  type Account,
  type Block,
  type Chain,
  type ChainSpec,
  chainCommon,
  type Header,
  type PoolAnswer,
  type StateReader,
  type Transaction,
  transactionHash,
} from '@ethspan/chain'
import {
  memoryChain,
  type TestBlock,
  testAddress,
  testBlocks,
  testKey,
  testSpec,
  testTransaction,
} from '@ethspan/chain/testing'
import { bytesToHex, keccak256 } from '@ethspan/core'
import { SimClock } from '@ethspan/core/testing'
import { TxPool, type TxPoolOptions } from '../src/index.js'

export const GWEI = 1_000_000_000n
export const ETHER = 10n ** 18n
const EMPTY_CODE_HASH = keccak256(new Uint8Array(0))

/** The sender of what `testKey(index)` signs, as the pool names it. */
export const senderKey = (index: number): string => bytesToHex(testAddress(index))

export interface TxOptions {
  readonly nonce?: number
  /** Whose key signs, see `testKey`. Default 0. */
  readonly from?: number
  readonly type?: 0 | 1 | 2
  /** Gwei. Default 2 and 1. */
  readonly fee?: number
  readonly tip?: number
  readonly gas?: bigint
  readonly value?: bigint
  /** Zero bytes of data. */
  readonly data?: number
  readonly to?: Uint8Array | null
  readonly chainId?: bigint
}

/** A signed transaction. */
export function tx(options: TxOptions = {}): Transaction {
  const { nonce = 0, from = 0, fee = 2, tip = Math.min(fee, 1), gas, data, ...rest } = options
  return testTransaction({
    ...rest,
    key: testKey(from),
    nonce: BigInt(nonce),
    maxFeePerGas: BigInt(Math.round(fee * 1e9)),
    maxPriorityFeePerGas: BigInt(Math.round(tip * 1e9)),
    ...(gas === undefined ? {} : { gasLimit: gas }),
    ...(data === undefined ? {} : { data: new Uint8Array(data) }),
  })
}

/** Accounts by sender, whatever the head. What the pool does not ask for fails. */
export class TestState implements Pick<StateReader, 'account' | 'hasState'> {
  readonly accounts = new Map<string, Partial<Account>>()
  /** How often an account was asked for. */
  reads = 0
  isThere = true

  async hasState(): Promise<boolean> {
    return this.isThere
  }

  async account(_header: Header, address: Uint8Array): Promise<Account | undefined> {
    this.reads++
    const account = this.accounts.get(bytesToHex(address))
    if (account === undefined) return undefined
    return { nonce: 0n, balance: 0n, codeHash: EMPTY_CODE_HASH, storageRoot: EMPTY_CODE_HASH, ...account }
  }

  /** Gives the account of `testKey(index)` this nonce, and a balance of 1000 ether unless told. */
  set(index: number, account: Partial<Account> = {}): void {
    this.accounts.set(senderKey(index), { balance: 1000n * ETHER, ...account })
  }
}

export interface TestPoolOptions extends Partial<Pick<TxPoolOptions, 'limits' | 'proofs'>> {
  readonly spec?: ChainSpec
  /** Default: none. */
  readonly state?: TestState
}

export interface MineOptions {
  /** Default: the head. */
  readonly parent?: Block
  /** By it two branches differ. */
  readonly extra?: string
  /** After the parent. Default 12. */
  readonly seconds?: number
  readonly gasLimit?: bigint
}

export interface TestPool {
  readonly pool: TxPool
  readonly chain: Chain
  readonly clock: SimClock
  /** Hashes of what was told since the last look, in order. */
  readonly told: { readonly added: string[]; readonly dropped: string[] }
  /** Puts a block with these transactions on top of another and makes it the head. */
  mine(transactions?: readonly Transaction[], options?: MineOptions): Promise<TestBlock>
}

export async function testPool({ spec = testSpec(), state, ...options }: TestPoolOptions = {}): Promise<TestPool> {
  const chain = await memoryChain({ spec })
  const clock = new SimClock()
  // The pool asks a state for nothing but accounts.
  const reader = state as unknown as StateReader | undefined
  const pool = new TxPool({ chain, common: chainCommon(spec.config), clock, state: reader, ...options })
  const told = { added: [] as string[], dropped: [] as string[] }
  pool.addEventListener('add', ({ transactions }) =>
    told.added.push(...transactions.map(({ hash }) => bytesToHex(hash))),
  )
  pool.addEventListener('drop', ({ transactions }) =>
    told.dropped.push(...transactions.map(({ hash }) => bytesToHex(hash))),
  )
  pool.start()
  const mine: TestPool['mine'] = async (transactions = [], { parent, extra, seconds = 12, gasLimit } = {}) => {
    const { hash, header, body } = parent ?? (await chain.block(chain.head().hash))!
    const [block] = await testBlocks({
      count: 1,
      spec,
      // A block takes the gas limit of what it stands on.
      parent: { hash, body, header: gasLimit === undefined ? header : { ...header, gasLimit } },
      transactions: () => transactions,
      secondsPerBlock: seconds,
      ...(extra === undefined ? {} : { extra }),
    })
    await chain.putBlocks([block!])
    await chain.setHead(block!.hash)
    await pool.idle()
    return block!
  }
  return { pool, chain, clock, told, mine }
}

/** The hash of a transaction, as `told` has it. */
export const hashOf = (transaction: Transaction): string => bytesToHex(transactionHash(transaction))

/** Of each answer what it comes down to: `added`, or why not. */
export const outcomes = (answers: readonly PoolAnswer[]): string[] =>
  answers.map((answer) => ('added' in answer ? 'added' : answer.refused))

/** What a pool holds, as nonces by sender's index. */
export function nonces(pool: TxPool, which: 'pending' | 'queued', senders = 10): Record<number, number[]> {
  const found: Record<number, number[]> = {}
  const bySender = pool[which]()
  for (let i = 0; i < senders; i++) {
    const list = bySender.get(senderKey(i))
    if (list !== undefined) found[i] = list.map((entry) => Number(entry.tx.nonce))
  }
  return found
}
