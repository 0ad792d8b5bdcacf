import type { Entry } from '../entry.js'
import { compareWorth, type Fees, type Worth, worthOf } from '../fees.js'

/** What is known of an account from the chain. */
export interface AccountFacts {
  /** The nonce of its next transaction. */
  readonly nonce: bigint
  /** Wei; undefined where no state says it. */
  readonly balance: bigint | undefined
  /** Whether code runs for it: a delegation (EIP-7702). */
  readonly hasCode: boolean
}

/**
 * The transactions of one sender by nonce, each nonce once. The first ones, without a gap, can be mined next and are pending,
 * the others are queued. What a transaction is worth to a block's maker is bounded by those before it.
 */
export class Account {
  /** 40 hex digits. */
  readonly key: string
  readonly #hasBlobs: boolean
  readonly #entries: Entry[] = []
  /** Of each entry, the least worth up to it. */
  readonly #worth: Worth[] = []
  /** Of each entry, what all up to it cost at most. */
  readonly #costs: bigint[] = []
  #facts: AccountFacts | undefined
  #pending = 0
  /** When the last transaction came, milliseconds by the pool's clock. */
  touchedAt = Number.NEGATIVE_INFINITY

  constructor(key: string, hasBlobs: boolean) {
    this.key = key
    this.#hasBlobs = hasBlobs
  }

  get size(): number {
    return this.#entries.length
  }

  /** How many are pending. */
  get pendingCount(): number {
    return this.#pending
  }

  get facts(): AccountFacts | undefined {
    return this.#facts
  }

  get pending(): readonly Entry[] {
    return this.#entries.slice(0, this.#pending)
  }

  get queued(): readonly Entry[] {
    return this.#entries.slice(this.#pending)
  }

  get all(): readonly Entry[] {
    return this.#entries
  }

  /** The one with the highest nonce, or as many before it as `before` says. */
  fromTail(before = 0): Entry | undefined {
    return this.#entries[this.#entries.length - 1 - before]
  }

  at(nonce: bigint): Entry | undefined {
    const i = this.#indexOf(nonce)
    return this.#entries[i]?.nonce === nonce ? this.#entries[i] : undefined
  }

  isPending(nonce: bigint): boolean {
    const i = this.#indexOf(nonce)
    return i < this.#pending && this.#entries[i]!.nonce === nonce
  }

  /** The nonce after the pending ones; where none are, what the chain says, if it is known. */
  get nextNonce(): bigint | undefined {
    const last = this.#entries[this.#pending - 1]
    return last === undefined ? this.#facts?.nonce : last.nonce + 1n
  }

  /** What the pending ones cost together at most, wei. */
  get pendingCost(): bigint {
    return this.#costs[this.#pending - 1] ?? 0n
  }

  /** Whether one with this nonce is pending once it is in. */
  wouldPend(nonce: bigint): boolean {
    const i = this.#indexOf(nonce)
    // Where the chain says nothing, the lowest nonce here counts as the next.
    const first = this.#facts?.nonce ?? (i === 0 ? nonce : this.#entries[0]!.nonce)
    return nonce - first === BigInt(i)
  }

  /** Its place among the others, from 0, once it is in. */
  placeOf(nonce: bigint): number {
    return this.#indexOf(nonce)
  }

  /** The worth of the entry `before` places from the tail. */
  worthFromTail(before = 0): Worth | undefined {
    return this.#worth[this.#worth.length - 1 - before]
  }

  /** What an entry is worth behind those before its nonce. */
  worthWith(entry: Entry, fees: Fees): Worth {
    const own = worthOf(entry, fees, this.#hasBlobs)
    const before = this.#worth[this.#indexOf(entry.nonce) - 1]
    return before === undefined || compareWorth(own, before) <= 0 ? own : before
  }

  /** Adds one, in place of another with its nonce, which is returned. */
  put(entry: Entry, fees: Fees): Entry | undefined {
    const i = this.#indexOf(entry.nonce)
    const old = this.#entries[i]?.nonce === entry.nonce ? this.#entries[i] : undefined
    this.#entries.splice(i, old === undefined ? 0 : 1, entry)
    this.touchedAt = Math.max(this.touchedAt, entry.since)
    this.#refresh(i, fees)
    return old
  }

  /** Takes out some of those that are here, all at once: one by one each would weigh anew what comes after it. */
  remove(gone: readonly Entry[], fees: Fees): void {
    const first = gone.reduce((least, { nonce }) => Math.min(least, this.#indexOf(nonce)), this.#entries.length)
    const isGone = new Set(gone)
    this.#entries.push(...this.#entries.splice(first).filter((entry) => !isGone.has(entry)))
    this.#refresh(first, fees)
  }

  /** Takes what the chain says now; undefined where it says nothing. */
  learn(facts: AccountFacts | undefined): void {
    const before = this.#facts
    this.#facts = facts
    if (facts?.nonce !== before?.nonce) this.#countPending(0)
  }

  /** Weighs all anew by other fees. */
  reweigh(fees: Fees): void {
    this.#refresh(0, fees)
  }

  /** Works the lists out anew from a place on. */
  #refresh(from: number, fees: Fees): void {
    this.#worth.length = this.#costs.length = from
    for (let i = from; i < this.#entries.length; i++) {
      const entry = this.#entries[i]!
      const own = worthOf(entry, fees, this.#hasBlobs)
      const before = this.#worth[i - 1]
      this.#worth.push(before === undefined || compareWorth(own, before) <= 0 ? own : before)
      this.#costs.push((this.#costs[i - 1] ?? 0n) + entry.cost)
    }
    this.#countPending(Math.min(from, this.#pending))
  }

  /** @param count how many of the first are pending for sure */
  #countPending(count: number): void {
    const last = this.#entries[count - 1]
    let next = last === undefined ? (this.#facts?.nonce ?? this.#entries[0]?.nonce) : last.nonce + 1n
    this.#pending = count
    while (this.#pending < this.#entries.length && this.#entries[this.#pending]!.nonce === next) {
      this.#pending++
      next++
    }
  }

  /** The first place whose nonce is not lower. */
  #indexOf(nonce: bigint): number {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#entries[middle]!.nonce < nonce) low = middle + 1
      else high = middle
    }
    return low
  }
}
