// How a transaction that is right by itself comes into the pool: first what speaks against it, which changes nothing, then the
// change, at once.
import type { Changes } from './changes.js'
import { admissionFault } from './checks/admission.js'
import type { Entry } from './entry.js'
import type { ChainFacts } from './facts.js'
import type { Fees } from './fees.js'
import type { PoolLimits } from './limits.js'
import { isRefusal, type Refusal, refusal } from './refusal.js'
import type { Account } from './store/account.js'
import type { Contents } from './store/contents.js'

export interface PoolParts {
  readonly contents: Contents
  readonly facts: ChainFacts
  readonly limits: PoolLimits
}

/** How a transaction comes in. Good until the pool changes. */
export interface Place {
  readonly account: Account
  /** What leaves for it. */
  readonly victims: readonly Entry[]
}

export const ALREADY_KNOWN: Refusal = refusal('already-known', 'already known')

export async function findPlace(entry: Entry, parts: PoolParts, fees: Fees): Promise<Place | Refusal> {
  const { contents, facts, limits } = parts
  if (contents.get(entry.key) !== undefined) return ALREADY_KNOWN
  const account = contents.accountFor(entry)
  // Of those that are here the pool learns with each head.
  if (account.size === 0) account.learn(await facts.of(entry.senderKey))
  const fault = admissionFault(entry, account, contents, limits)
  if (fault !== undefined) return fault
  const victims = contents.compartmentOf(entry).makeRoom(entry, account, fees)
  return isRefusal(victims) ? victims : { account, victims }
}

/** Returns the transaction that it replaces. */
export function putInPlace(
  entry: Entry,
  { account, victims }: Place,
  { contents }: PoolParts,
  fees: Fees,
  changes: Changes,
): Entry | undefined {
  takeOut(victims, contents, fees, changes)
  const before = account.pendingCount
  const replaced = contents.put(entry, account, fees)
  if (replaced !== undefined) changes.drop(replaced)
  for (const ready of newlyPending(entry, account, before, replaced !== undefined)) changes.add(ready)
  return replaced
}

/** What leaves the pool, and is told so. */
export function takeOut(entries: readonly Entry[], contents: Contents, fees: Fees, changes: Changes): void {
  contents.remove(entries, fees)
  for (const entry of entries) changes.drop(entry)
}

/** What can be mined next only since `entry` came. */
function newlyPending(entry: Entry, account: Account, before: number, isReplacement: boolean): readonly Entry[] {
  const place = account.placeOf(entry.nonce)
  if (place >= account.pendingCount) return []
  // It closes a gap: what waited behind it is ready as well.
  if (place === before && !isReplacement) return account.pending.slice(before)
  return [entry]
}

/** Drops what waits for a nonce beyond what may, after a change by which fewer are pending. */
export function trimQueue({ contents }: PoolParts, fees: Fees, changes: Changes): void {
  for (const compartment of contents.compartments) takeOut(compartment.overflow(), contents, fees, changes)
}
