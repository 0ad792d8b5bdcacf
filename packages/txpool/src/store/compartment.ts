// One of the pool's two halves: transactions with blobs have their own room, as they are a hundred times larger than others.
import type { Entry } from '../entry.js'
import type { Fees } from '../fees.js'
import { LOCAL_SHARE, PEER_SHARE } from '../limits.js'
import { type Refusal, refusal } from '../refusal.js'
import type { Account } from './account.js'
import { compareRank, type Rank, Standing } from './rank.js'
import { Usage } from './usage.js'

export interface CompartmentLimits {
  readonly slots: number
  readonly bytes: number
  /** Pending transactions of one account that are not over its share. */
  readonly accountSlots: number
  /** Transactions of one account. */
  readonly accountSize: number
  /** Queued ones of one account, and of all. */
  readonly accountQueue: number
  readonly queue: number
  /** Milliseconds. */
  readonly lifetime: number
}

/** What an eviction looks at. */
interface Hunt {
  /** How many of each account's last transactions are to leave already. */
  readonly cut: Map<Account, number>
  readonly queuedOnly: boolean
  /** What is to come: nothing that it builds on may leave for it. */
  readonly newcomer?: Entry
}

interface Candidate {
  readonly account: Account
  readonly entry: Entry
  readonly rank: Rank
  readonly isQueued: boolean
}

export class Compartment {
  readonly hasBlobs: boolean
  readonly limits: CompartmentLimits
  readonly accounts = new Map<string, Account>()
  readonly #total = new Usage()
  readonly #local = new Usage()
  readonly #peers = new Map<string, Usage>()
  #pending = 0
  #count = 0

  constructor(limits: CompartmentLimits, hasBlobs: boolean) {
    this.limits = limits
    this.hasBlobs = hasBlobs
  }

  get pending(): number {
    return this.#pending
  }

  get queued(): number {
    return this.#count - this.#pending
  }

  get bytes(): number {
    return this.#total.bytes
  }

  get slots(): number {
    return this.#total.slots
  }

  /** What leaves so that `entry` can come to its account, in place of the one with its nonce if there is; or why it can't. */
  makeRoom(entry: Entry, account: Account, fees: Fees): Entry[] | Refusal {
    const old = account.at(entry.nonce)
    const rank = this.#rankOfNew(entry, account, fees)
    const isQueued = !account.wouldPend(entry.nonce)
    if (old === undefined && account.size >= this.limits.accountSize) {
      return refusal('account-limit', `account limit exceeded: pooled ${account.size} txs`)
    }
    const cut = new Map<Account, number>()
    const victims: Entry[] = []
    const queueIsFull = isQueued && old === undefined && account.size - account.pendingCount >= this.limits.accountQueue
    if (queueIsFull) {
      const last = account.fromTail()!
      if (last.nonce < entry.nonce) {
        return refusal('account-limit', `account limit exceeded: queued ${this.limits.accountQueue} txs`)
      }
      victims.push(last)
      cut.set(account, 1)
    }
    const left = new Usage()
    left.add(entry)
    for (const gone of old === undefined ? victims : [old, ...victims]) left.remove(gone)
    let queuedMore = isQueued && old === undefined ? 1 - victims.length : 0
    const fitsQueue = () => queuedMore <= 0 || this.queued + queuedMore <= this.limits.queue
    while (this.#total.exceeds(this.limits, 1, { slots: left.slots, size: left.bytes }) || !fitsQueue()) {
      const lowest = this.#lowest({ cut, queuedOnly: !fitsQueue(), newcomer: entry })
      if (lowest === undefined || compareRank(lowest.rank, rank) >= 0) return noRoom(rank, lowest?.rank)
      victims.push(lowest.entry)
      cut.set(lowest.account, (cut.get(lowest.account) ?? 0) + 1)
      left.remove(lowest.entry)
      if (lowest.isQueued) queuedMore--
    }
    return victims
  }

  /** What leaves because more waits than may: fewer can be mined next than before. */
  overflow(): Entry[] {
    const cut = new Map<Account, number>()
    const victims: Entry[] = []
    for (const account of this.accounts.values()) {
      const over = account.size - account.pendingCount - this.limits.accountQueue
      for (let i = 0; i < over; i++) victims.push(account.fromTail(i)!)
      if (over > 0) cut.set(account, over)
    }
    while (this.queued - victims.length > this.limits.queue) {
      const lowest = this.#lowest({ cut, queuedOnly: true })
      if (lowest === undefined) break
      victims.push(lowest.entry)
      cut.set(lowest.account, (cut.get(lowest.account) ?? 0) + 1)
    }
    return victims
  }

  /** Returns the one that it replaces. */
  put(entry: Entry, account: Account, fees: Fees): Entry | undefined {
    this.accounts.set(account.key, account)
    const old = this.change(account, () => account.put(entry, fees))
    this.#count += old === undefined ? 1 : 0
    if (old !== undefined) this.#tally(old, 'remove')
    this.#tally(entry, 'add')
    return old
  }

  remove(entry: Entry, fees: Fees): void {
    const account = this.accounts.get(entry.senderKey)
    if (account?.at(entry.nonce) !== entry) return
    this.change(account, () => account.remove(entry, fees))
    this.#count--
    this.#tally(entry, 'remove')
    if (account.size === 0) this.accounts.delete(account.key)
  }

  /** Whatever changes an account goes through here: so the pool knows how many are pending. */
  change<T>(account: Account, change: () => T): T {
    const before = account.pendingCount
    const result = change()
    this.#pending += account.pendingCount - before
    return result
  }

  reweigh(fees: Fees): void {
    for (const account of this.accounts.values()) account.reweigh(fees)
  }

  /** What of an account waited too long. Where the chain does not say which nonces are used, nothing waits for ever. */
  expired(now: number): Entry[] {
    const before = now - this.limits.lifetime
    const gone: Entry[] = []
    for (const account of this.accounts.values()) {
      if (account.touchedAt <= before) gone.push(...account.queued)
      if (account.facts?.balance === undefined) gone.push(...account.pending.filter(({ since }) => since <= before))
    }
    return gone
  }

  #tally(entry: Entry, how: 'add' | 'remove'): void {
    this.#total[how](entry)
    if (entry.isLocal) this.#local[how](entry)
    if (entry.peer === undefined) return
    const usage = this.#peers.get(entry.peer) ?? new Usage()
    usage[how](entry)
    if (usage.isEmpty) this.#peers.delete(entry.peer)
    else this.#peers.set(entry.peer, usage)
  }

  #rankOfNew(entry: Entry, account: Account, fees: Fees): Rank {
    const worth = account.worthWith(entry, fees)
    const isLocal = entry.isLocal && !this.#local.exceeds(this.limits, LOCAL_SHARE, entry)
    if (isLocal) return { standing: Standing.Local, worth }
    if (!account.wouldPend(entry.nonce)) return { standing: Standing.Queued, worth }
    const ofPeer = entry.peer === undefined ? undefined : (this.#peers.get(entry.peer) ?? new Usage())
    const isOver =
      account.placeOf(entry.nonce) >= this.limits.accountSlots || ofPeer?.exceeds(this.limits, PEER_SHARE, entry)
    return { standing: isOver ? Standing.OverShare : Standing.Pending, worth }
  }

  #standing(entry: Entry, place: number, account: Account): Standing {
    if (entry.isLocal && !this.#local.exceeds(this.limits, LOCAL_SHARE)) return Standing.Local
    if (place >= account.pendingCount) return Standing.Queued
    if (place >= this.limits.accountSlots) return Standing.OverShare
    const ofPeer = entry.peer === undefined ? undefined : this.#peers.get(entry.peer)
    return ofPeer?.exceeds(this.limits, PEER_SHARE) ? Standing.OverShare : Standing.Pending
  }

  /** Of all accounts' last transactions the one to leave first. */
  #lowest({ cut, queuedOnly, newcomer }: Hunt): Candidate | undefined {
    let lowest: Candidate | undefined
    for (const account of this.accounts.values()) {
      const before = cut.get(account) ?? 0
      const entry = account.fromTail(before)
      const worth = account.worthFromTail(before)
      if (entry === undefined || worth === undefined) continue
      if (newcomer?.senderKey === account.key && entry.nonce <= newcomer.nonce) continue
      const place = account.size - 1 - before
      const isQueued = place >= account.pendingCount
      if (queuedOnly && !isQueued) continue
      const rank = { standing: this.#standing(entry, place, account), worth }
      if (lowest === undefined || compareRank(rank, lowest.rank) < 0) lowest = { account, entry, rank, isQueued }
    }
    return lowest
  }
}

/** geth's texts. */
function noRoom({ standing }: Rank, lowest: Rank | undefined): Refusal {
  if (lowest === undefined || standing === lowest.standing) return refusal('underpriced', 'transaction underpriced')
  if (standing === Standing.Queued) return refusal('capacity', 'future transaction tries to replace pending')
  return standing === Standing.OverShare
    ? refusal('capacity', 'txpool is full')
    : refusal('underpriced', 'transaction underpriced')
}
