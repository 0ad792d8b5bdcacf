// What a chain no longer needs, found in steps of bounded size. Each step says in the state how far it came, so that it goes on
// there after a crash.
import { equalBytes } from '@ethspan/core'
import { decodeBody } from '../block/body.js'
import type { Hash } from '../block/fields.js'
import { transactionHash } from '../block/transaction.js'
import type { BlockId } from '../contract/chain.js'
import { MAX_PRUNE_BLOCKS, MAX_STEP_CHANGES, SIDE_BRANCH_DEPTH } from '../limits.js'
import type { ChainDb } from './chain-db.js'
import {
  blockKey,
  type ChainState,
  type Change,
  canonicalKey,
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

/** Blocks off the canonical chain are looked for when there are so many numbers to look at: each look is an iterator. */
const SIDE_STEP = 32n

/**
 * The next thing to prune; undefined where there is nothing.
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
  let number = state.stale
  for (; number > state.head.number && changes.length < MAX_STEP_CHANGES; number--) {
    const hash = await db.get(canonicalKey(number))
    if (hash !== undefined) changes.push({ key: canonicalKey(number) }, ...(await dropPlaces(db, { number, hash })))
  }
  return { changes, dropped: [], state: { ...state, stale: number > state.head.number ? number : 0n } }
}

/** Everything before `first`. */
async function pruneTail(db: ChainDb, state: ChainState, first: bigint): Promise<PruneStep> {
  const { tail } = state
  let end = tail + BigInt(MAX_PRUNE_BLOCKS) < first ? tail + BigInt(MAX_PRUNE_BLOCKS) : first
  const changes: Change[] = []
  const dropped: Hash[] = []
  let last = tail
  for await (const key of db.keys(headerRange(tail, end))) {
    const id = headerKeyId(key)
    if (id.number > last && changes.length >= MAX_STEP_CHANGES) {
      end = id.number
      break
    }
    last = id.number
    dropped.push(id.hash)
    changes.push(...dropBlock(id))
    const canonical = await db.get(canonicalKey(id.number))
    if (canonical === undefined || !equalBytes(canonical, id.hash)) continue
    changes.push({ key: canonicalKey(id.number) }, ...(await dropPlaces(db, id)))
  }
  return { changes, dropped, state: { ...state, tail: end, earliest: end > state.earliest ? end : state.earliest } }
}

/** Blocks off the canonical chain before `settled`. */
async function pruneSides(db: ChainDb, state: ChainState, settled: bigint): Promise<PruneStep> {
  const { sides } = state
  const end = sides + BigInt(MAX_PRUNE_BLOCKS) < settled ? sides + BigInt(MAX_PRUNE_BLOCKS) : settled
  const changes: Change[] = []
  const dropped: Hash[] = []
  for await (const key of db.keys(headerRange(sides, end))) {
    const id = headerKeyId(key)
    const canonical = await db.get(canonicalKey(id.number))
    if (canonical !== undefined && equalBytes(canonical, id.hash)) continue
    dropped.push(id.hash)
    changes.push(...dropBlock(id))
  }
  return { changes, dropped, state: { ...state, sides: end } }
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
