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
import { bytesToHex, concatBytes, encodeRlp, hexToBytes, keccak256, sign } from '@ethspan/core'
import { SimClock } from '@ethspan/core/testing'
import type { Store } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { DevChain, devSpec, type Execution, faucetAddress, faucetKey, openExecution } from '../src/index.js'

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
  /** Default: the development chain's. */
  readonly spec?: ChainSpec
}

export async function testChain(options: TestChainOptions = {}): Promise<TestChain> {
  const { amsterdam = false, keepStates, states } = options
  const spec = options.spec ?? (await devSpec({ amsterdam }))
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

/** Code that deploys `runtime`, of less than 256 bytes: hexadecimal digits. */
export function deploying(runtime: string): Uint8Array {
  const length = (runtime.length / 2).toString(16).padStart(2, '0')
  return hexToBytes(`60${length}600c60003960${length}6000f3${runtime}`)
}

/** Where a contract of the faucet's lies. */
export const faucetContract = (nonce: bigint): Uint8Array => keccak256(encodeRlp([faucetAddress, nonce])).subarray(12)

/** 32 bytes. */
export function word(value: bigint | number): Uint8Array {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setBigUint64(24, BigInt(value))
  return bytes
}

/** Programs, as hexadecimal digits. */
export const CODE = {
  /** Stores the first word of its input in slot 0 and logs it with topic 0xaa. */
  store: '600035600055600035600052 60aa60206000a100'.replace(' ', ''),
  /** Returns slot 0. */
  load: '60005460005260206000f3',
  /** Fails and returns the word 0xff. */
  revert: '60ff60005260206000fd',
  /** Returns the hash of the block whose number is its input. */
  blockHash: '6000354060005260206000f3',
  /** Never ends. */
  loop: '5b600056',
  /** Returns who calls. */
  caller: '3360005260206000f3',
}

/** A transaction of the faucet's by which `authority`, a private key, gets the code of `address` (EIP-7702). */
export function delegation(options: {
  readonly nonce: bigint
  readonly authority: Uint8Array
  readonly address: Uint8Array
  readonly to: Uint8Array
  readonly data: Uint8Array
}): Transaction {
  const { nonce, authority, address, to, data } = options
  const chainId = 1337n
  const leave = [chainId, address, 0n]
  const authorization = [...leave, ...signature(concatBytes(Uint8Array.of(5), encodeRlp(leave)), authority)]
  const gas = [10n ** 9n, 10n ** 10n, 1_000_000n]
  const fields = [chainId, nonce, ...gas, to, 0n, data, [], [authorization]]
  const prefix = Uint8Array.of(4)
  const signed = [...fields, ...signature(concatBytes(prefix, encodeRlp(fields)), faucetKey)]
  return { type: 4, bytes: concatBytes(prefix, encodeRlp(signed)) }
}

/** Parity, r and s. */
function signature(bytes: Uint8Array, key: Uint8Array): bigint[] {
  const signed = sign(keccak256(bytes), key)
  const number = (from: number, to: number) => BigInt(`0x${bytesToHex(signed.subarray(from, to))}`)
  return [number(64, 65), number(0, 32), number(32, 64)]
}

export async function headerAt(chain: Chain, at: bigint | Hash): Promise<Header> {
  return decodeHeader((await chain.header(at))!)
}
