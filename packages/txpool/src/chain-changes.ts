// What new heads mean for a pool: which transactions are in blocks now, and which are not any more.
import {
  type ChainHead,
  type ChainReader,
  decodeBody,
  type HeadEvent,
  type Transaction,
  transactionHash,
} from '@ethspan/chain'
import { bytesToHex } from '@ethspan/core'
import { MAX_MINED_BLOCKS, MAX_REORG_BLOCKS } from './limits.js'
import type { Turns } from './turns.js'

/** By hash, 64 hex digits. */
export type Transactions = ReadonlyMap<string, Transaction>

export interface ChainChanges {
  readonly mined: Transactions
  /** In blocks that a reorg took away, and in none of those that it brought. */
  readonly lost: Transactions
  /** How many blocks came. */
  readonly blocks: number
}

/** The events' outcome taken together: what came and went again counts for nothing. */
export async function readChanges(
  chain: Pick<ChainReader, 'body'>,
  events: readonly HeadEvent[],
  turns: Turns,
): Promise<ChainChanges> {
  const added = new Map<string, ChainHead>()
  const removed = new Map<string, ChainHead>()
  for (const event of events) {
    for (const block of event.removed)
      if (!added.delete(bytesToHex(block.hash))) removed.set(bytesToHex(block.hash), block)
    for (const block of event.added)
      if (!removed.delete(bytesToHex(block.hash))) added.set(bytesToHex(block.hash), block)
  }
  const mined = await transactionsOf(chain, [...added.values()].slice(-MAX_MINED_BLOCKS), turns)
  const lost = await transactionsOf(chain, removed.size > MAX_REORG_BLOCKS ? [] : [...removed.values()], turns)
  for (const key of mined.keys()) lost.delete(key)
  return { mined, lost, blocks: added.size }
}

async function transactionsOf(
  chain: Pick<ChainReader, 'body'>,
  blocks: readonly ChainHead[],
  turns: Turns,
): Promise<Map<string, Transaction>> {
  const found = new Map<string, Transaction>()
  for (const { hash } of blocks) {
    const body = await chain.body(hash)
    // A chain that keeps the newest blocks alone may have dropped it by now.
    if (body === undefined) continue
    for (const tx of decodeBody(body).transactions) found.set(bytesToHex(transactionHash(tx)), tx)
    await turns.pause()
  }
  return found
}
