// Blocks for tests: linked, with the header fields and fees of their forks, signed transactions, receipts, withdrawals, and
// the roots of all of them. Nothing is executed, so state roots are made up.
import { decodeRlp, encodeRlp, expectList, keccak256 } from '@ethspan/core'
import { accessListHash } from '../block/access-list.js'
import type { Block } from '../block/block.js'
import { type Body, decodeBody, encodeBody, type Withdrawal } from '../block/body.js'
import { EMPTY_REQUESTS_HASH, EMPTY_UNCLES_HASH } from '../block/empty.js'
import { decodeHeader, encodeHeader, headerHash } from '../block/header.js'
import { encodeLogs, encodeReceipt69, type Log, logsBloom, type Receipt } from '../block/receipt.js'
import { BLOB_TX_TYPE, type Transaction } from '../block/transaction.js'
import type { ChainConfig, TimeFork } from '../config/chain-config.js'
import type { ChainSpec } from '../config/chain-spec.js'
import { isForked } from '../config/rules.js'
import { nextBaseFee, nextExcessBlobGas } from '../verify/fees.js'
import { receiptsRoot, transactionsRoot, withdrawalsRoot } from '../verify/roots.js'
import { testSpec } from './test-spec.js'
import { type TestTransactionType, testKey, testTransaction } from './test-transactions.js'

/** A block with what its execution would have left behind. */
export interface TestBlock extends Block {
  /** Each as `encodeReceipt69` gives it. */
  readonly receipts: readonly Uint8Array[]
  /** RLP, from Amsterdam on. */
  readonly accessList?: Uint8Array
}

export interface TestBlocksOptions {
  readonly count: number
  /** Default: {@link testSpec} without options. */
  readonly spec?: ChainSpec
  /** What the first one stands on. Default: the genesis block. */
  readonly parent?: Block
  /**
   * How many transactions each block has, or those of each. Default 2. Of those made here the i-th of a block is of `testKey(i)`,
   * its nonce the block's number − 1, and types take turns; each but a legacy one leaves a log.
   */
  readonly transactions?: number | ((number: bigint) => readonly Transaction[])
  /** Of each block, from Shanghai. Default 1. */
  readonly withdrawals?: number
  /** Extra data of the headers, at most 32 bytes of UTF-8: by it two branches differ. Default none. */
  readonly extra?: string
  /** Default 12. */
  readonly secondsPerBlock?: number
}

const GAS_PER_BLOB = 131_072n
const GAS_PER_TX = 30_000n
const LOG_ADDRESS = new Uint8Array(20).fill(0xbb)
const COINBASE = new Uint8Array(20).fill(0xcb)

/** Valid blocks, all but their state roots. The same options make the same blocks. */
export async function testBlocks(options: TestBlocksOptions): Promise<TestBlock[]> {
  const spec = options.spec ?? testSpec()
  const blocks: TestBlock[] = []
  for (let i = 0; i < options.count; i++) {
    const parent = blocks.at(-1) ?? options.parent ?? spec.genesis
    blocks.push(await testBlock(spec.config, parent, options))
  }
  return blocks
}

async function testBlock(
  config: ChainConfig,
  { hash: parentHash, header: parent }: Block,
  { transactions: told = 2, withdrawals: payouts = 1, extra = '', secondsPerBlock = 12 }: TestBlocksOptions,
): Promise<TestBlock> {
  const number = parent.number + 1n
  const time = parent.time + BigInt(secondsPerBlock)
  const isActive = (fork: TimeFork) => isForked(config, fork, { number, time })
  const baseFeePerGas = nextBaseFee(parent, config)
  const transactions =
    typeof told === 'function' ? told(number) : madeTransactions(config, number, baseFeePerGas, told, isActive)
  const receipts = transactions.map((transaction, i) => receiptOf(transaction, i, number))
  const body: Body = decodeBody(
    encodeBody({
      transactions,
      uncles: [],
      ...(isActive('shanghaiTime') && { withdrawals: paidOut(number, payouts) }),
    }),
  )
  const accessList = isActive('amsterdamTime') ? encodeRlp([[COINBASE, [], [], [[0, number]], [], []]]) : undefined
  const raw = encodeHeader({
    parentHash,
    ommersHash: EMPTY_UNCLES_HASH,
    coinbase: COINBASE,
    stateRoot: keccak256(encodeRlp(['state', parentHash, extra])),
    txsRoot: await transactionsRoot(body.transactions),
    receiptsRoot: await receiptsRoot(receipts.map(({ receipt }) => receipt)),
    bloom: logsBloom(receipts.flatMap(({ logs }) => logs)),
    difficulty: 0n,
    number,
    gasLimit: parent.gasLimit,
    gasUsed: GAS_PER_TX * BigInt(transactions.length),
    time,
    extraData: new TextEncoder().encode(extra),
    mixDigest: keccak256(encodeRlp(['randao', number])),
    nonce: new Uint8Array(8),
    baseFeePerGas,
    ...(isActive('shanghaiTime') && { withdrawalsRoot: await withdrawalsRoot(body.withdrawalsRaw ?? []) }),
    ...(isActive('cancunTime') && {
      blobGasUsed: GAS_PER_BLOB * BigInt(transactions.reduce((sum, transaction) => sum + blobCount(transaction), 0)),
      excessBlobGas: nextExcessBlobGas(parent, config, time),
      parentBeaconRoot: keccak256(encodeRlp(['beacon', number])),
    }),
    ...(isActive('pragueTime') && { requestsHash: EMPTY_REQUESTS_HASH }),
    ...(accessList !== undefined && {
      blockAccessListHash: accessListHash(accessList),
      slotNumber: (parent.slotNumber ?? parent.number) + 1n,
    }),
  })
  return {
    hash: headerHash({ raw }),
    header: decodeHeader(raw),
    body,
    receipts: receipts.map(({ receipt }) => encodeReceipt69(receipt)),
    ...(accessList !== undefined && { accessList }),
  }
}

function madeTransactions(
  config: ChainConfig,
  number: bigint,
  baseFee: bigint,
  count: number,
  isActive: (fork: TimeFork) => boolean,
): Transaction[] {
  const types: TestTransactionType[] = [2, 0, 1]
  if (isActive('cancunTime')) types.push(BLOB_TX_TYPE)
  if (isActive('pragueTime')) types.push(4)
  let blobs = 0
  return Array.from({ length: count }, (_, i) => {
    const rotated = types[(i + Number(number)) % types.length]!
    // One with a blob is enough for a block: so there are never more than its forks allow.
    const type = rotated === BLOB_TX_TYPE && blobs++ > 0 ? 2 : rotated
    return testTransaction({
      type,
      key: testKey(i),
      chainId: BigInt(config.chainId ?? 0),
      nonce: number - 1n,
      maxFeePerGas: 2n * baseFee + 1_000_000_000n,
    })
  })
}

function receiptOf({ type }: Transaction, index: number, number: bigint): { receipt: Receipt; logs: Log[] } {
  const topic = keccak256(encodeRlp(['log', number, index]))
  const logs = type === 0 ? [] : [{ address: LOG_ADDRESS, topics: [topic], data: encodeRlp(number) }]
  const cumulativeGasUsed = GAS_PER_TX * BigInt(index + 1)
  return { receipt: { type, postStateOrStatus: Uint8Array.of(1), cumulativeGasUsed, logs: encodeLogs(logs) }, logs }
}

const paidOut = (number: bigint, count: number): Withdrawal[] =>
  Array.from({ length: count }, (_, i) => ({
    index: (number - 1n) * BigInt(count) + BigInt(i),
    validatorIndex: BigInt(i),
    address: COINBASE,
    amount: 1_000n + number,
  }))

/** Of a transaction as blocks have it; its blobs' hashes are the eleventh field (EIP-4844). */
function blobCount({ type, bytes }: Transaction): number {
  if (type !== BLOB_TX_TYPE) return 0
  return expectList(expectList(decodeRlp(bytes.subarray(1)), 'blob transaction')[10]!, 'blob hashes').length
}
