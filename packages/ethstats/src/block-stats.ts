// A block as ethstats tells it.
import {
  type Block,
  type ChainHead,
  type ChainReader,
  decodeHeader,
  type Header,
  headerHash,
  transactionHash,
} from '@ethspan/chain'
import { bytesToHex } from '@ethspan/core'
import { HISTORY_RANGE } from './limits.js'
import type { BlockStats } from './wire.js'

const hex = (bytes: Uint8Array): string => `0x${bytesToHex(bytes)}`

/** The head. Where the chain has its header only, it is told without transactions and uncles, as a light geth does. */
export async function headStats(chain: ChainReader, head: ChainHead): Promise<BlockStats> {
  const block = await chain.block(head.hash)
  return block === undefined ? bare(head.header, head.hash) : whole(block)
}

/**
 * The canonical blocks with these numbers, the first as the last, as geth orders them; none given, the newest ones. It stops
 * at the first that is not there.
 */
export async function historyStats(chain: ChainReader, numbers: readonly number[]): Promise<BlockStats[]> {
  const history: BlockStats[] = []
  for (const number of numbers.length > 0 ? numbers.slice(0, HISTORY_RANGE) : newest(chain)) {
    const stats = await blockStats(chain, BigInt(number))
    if (stats === undefined) break
    history.unshift(stats)
  }
  return history
}

async function blockStats(chain: ChainReader, number: bigint): Promise<BlockStats | undefined> {
  const block = await chain.block(number)
  if (block !== undefined) return whole(block)
  const raw = await chain.header(number)
  if (raw === undefined) return undefined
  const header = decodeHeader(raw)
  return bare(header, headerHash(header))
}

function newest(chain: ChainReader): number[] {
  const head = Number(chain.head().number)
  const count = Math.min(HISTORY_RANGE, head + 1)
  return Array.from({ length: count }, (_, i) => head - count + 1 + i)
}

const whole = ({ hash, header, body }: Block): BlockStats => ({
  ...bare(header, hash),
  transactions: body.transactions.map((transaction) => ({ hash: hex(transactionHash(transaction)) })),
  uncles: body.uncles.map((uncle) => ({
    number: `0x${uncle.number.toString(16)}`,
    hash: hex(headerHash(uncle)),
    parentHash: hex(uncle.parentHash),
    miner: hex(uncle.coinbase),
  })),
})

const bare = (header: Header, hash: Uint8Array): BlockStats => ({
  number: Number(header.number),
  hash: hex(hash),
  parentHash: hex(header.parentHash),
  timestamp: Number(header.time),
  miner: hex(header.coinbase),
  gasUsed: Number(header.gasUsed),
  gasLimit: Number(header.gasLimit),
  difficulty: header.difficulty.toString(),
  // Nobody knows it any more; geth says the same.
  totalDifficulty: '0',
  transactions: [],
  transactionsRoot: hex(header.txsRoot),
  stateRoot: hex(header.stateRoot),
  uncles: [],
})
