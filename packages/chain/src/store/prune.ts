// What a chain no longer needs, found in steps of bounded size. Each step says in the state how far it came, so that it goes on
// there after a crash.
import { equalBytes } from '@ethspan/core'
import { decodeBody } from '../block/body.js'
import type { Hash } from '../block/fields.js'
import { transactionHash } from '../block/transaction.js'
import type { BlockId, BlockToKeep } from '../contract/chain.js'
import { MAX_PRUNE_BLOCKS, MAX_STEP_CHANGES, SIDE_BRANCH_DEPTH } from '../limits.js'
import type { ChainDb } from './chain-db.js'
import {
  blockKey,
  type ChainState,
  type Change,
  canonicalKey,
  canonicalKeyNumber,
  canonicalRange,
  decodePlace,
  dropBlock,
  headerKeyId,
  headerRange,
  transactionKey,
} from './layout.js'

export interface PruneStep {
  readonly changes: readonly Change[]
  /** Blocks that are gone with it. */
  readonly dropped: readonly Hash[]
  readonly state: ChainState
}

/** Blocks off the canonical chain are looked for when there are so many numbers to look at: each look reads the store. */
const SIDE_STEP = 32n

/**
 * The next thing to prune; undefined where there is nothing. Only what lies in the store costs time, not the numbers between.
 * @param keep newest blocks to keep; undefined: all.
 */
export async function nextPruneStep(
  db: ChainDb,
  state: ChainState,
  keep: number | undefined,
): Promise<PruneStep | undefined> {
  const { head, tail, sides, earliest } = state
  if (state.stale > head.number) return pruneStale(db, state)
  const kept = keep === undefined ? 0n : head.number + 1n - BigInt(keep)
  const first = kept > earliest ? kept : earliest
  if (tail < first) return pruneTail(db, state, first)
  const settled = head.number - SIDE_BRANCH_DEPTH + 1n
  if (settled - sides >= SIDE_STEP) return pruneSides(db, state, settled)
  return undefined
}

/** Canonical numbers above the head, from the top down: of a chain that was left for a block below its head. Their blocks are side blocks now. */
async function pruneStale(db: ChainDb, state: ChainState): Promise<PruneStep> {
  const changes: Change[] = []
  const range = canonicalRange(state.head.number + 1n, state.stale + 1n)
  const keys = await db.keys(range, MAX_PRUNE_BLOCKS + 1, true)
  const hashes = await db.getMany(keys)
  let stale = 0n
  for (const [i, key] of keys.entries()) {
    const number = canonicalKeyNumber(key)
    if (i === MAX_PRUNE_BLOCKS || changes.length >= MAX_STEP_CHANGES) {
      stale = number
      break
    }
    changes.push({ key }, ...(await dropPlaces(db, { number, hash: hashes[i]! })))
  }
  return { changes, dropped: [], state: { ...state, stale } }
}

/** Everything before `first`, which is the first kept from the first step on. */
async function pruneTail(db: ChainDb, state: ChainState, first: bigint): Promise<PruneStep> {
  const changes: Change[] = []
  const dropped: Hash[] = []
  let tail = first
  for (const [i, { id, isCanonical }] of (await lookAt(db, state.tail, first)).entries()) {
    if (i === MAX_PRUNE_BLOCKS || changes.length >= MAX_STEP_CHANGES) {
      tail = id.number
      break
    }
    dropped.push(id.hash)
    changes.push(...dropBlock(id))
    if (isCanonical) changes.push({ key: canonicalKey(id.number) }, ...(await dropPlaces(db, id)))
  }
  const sides = tail > state.sides ? tail : state.sides
  return { changes, dropped, state: { ...state, tail, sides, earliest: first } }
}

/** Blocks off the canonical chain before `settled`. */
async function pruneSides(db: ChainDb, state: ChainState, settled: bigint): Promise<PruneStep> {
  const blocks = await lookAt(db, state.sides, settled)
  const gone = blocks.slice(0, MAX_PRUNE_BLOCKS).flatMap(({ id, isCanonical }) => (isCanonical ? [] : [id]))
  return {
    changes: gone.flatMap(dropBlock),
    dropped: gone.map(({ hash }) => hash),
    state: { ...state, sides: blocks[MAX_PRUNE_BLOCKS]?.id.number ?? settled },
  }
}

/** The blocks from one number up to and without another, canonical or not: as many as are pruned at once, and one that shows where to go on. */
async function lookAt(db: ChainDb, from: bigint, to: bigint): Promise<{ id: BlockId; isCanonical: boolean }[]> {
  const ids = (await db.keys(headerRange(from, to), MAX_PRUNE_BLOCKS + 1)).map(headerKeyId)
  const canonical = await db.getMany(ids.map(({ number }) => canonicalKey(number)))
  return ids.map((id, i) => {
    const hash = canonical[i]
    return { id, isCanonical: hash !== undefined && equalBytes(hash, id.hash) }
  })
}

/** Removes the places of a block's transactions, but for those that stand in another block by now. */
export async function dropPlaces(db: ChainDb, id: BlockId): Promise<Change[]> {
  const raw = await db.get(blockKey('body', id))
  if (raw === undefined) return []
  const keys = decodeBody(raw).transactions.map((transaction) => transactionKey(transactionHash(transaction)))
  const places = await db.getMany(keys)
  return keys.flatMap((key, i) => {
    const place = places[i]
    return place !== undefined && equalBytes(decodePlace(place).hash, id.hash) ? [{ key }] : []
  })
}

/** What comes below where pruning has been is looked for there again. */
export function lowerMarks(state: ChainState, blocks: readonly BlockToKeep[]): ChainState {
  const lowest = blocks.reduce((least, { header: { number } }) => min(least, number), state.head.number)
  const mark = lowest > 0n ? lowest : 1n
  if (mark >= state.tail && mark >= state.sides) return state
  return { ...state, tail: min(state.tail, mark), sides: min(state.sides, mark) }
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)
