// One of the pool's two halves: transactions with blobs have their own room, as they are a hundred times larger than others.
import type { Entry } from '../entry.js'
import type { Fees } from '../fees.js'
import { LOCAL_SHARE, PEER_SHARE } from '../limits.js'
import { type Refusal, refusal } from '../refusal.js'
import type { Account } from './account.js'
import { type GroupOf, Order } from './order.js'
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
  readonly #order = new Order()
  /** Accounts of which more waits than when {@link overflow} was asked. */
  readonly #swollen = new Set<Account>()
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
    for (const account of this.#swollen) {
      const over = account.size - account.pendingCount - this.limits.accountQueue
      for (let i = 0; i < over; i++) victims.push(account.fromTail(i)!)
      if (over > 0) cut.set(account, over)
    }
    this.#swollen.clear()
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

  /** Takes out some of those that are here. */
  remove(entries: readonly Entry[], fees: Fees): void {
    const gone = new Map<string, Entry[]>()
    for (const entry of entries) {
      const some = gone.get(entry.senderKey)
      if (some === undefined) gone.set(entry.senderKey, [entry])
      else some.push(entry)
      this.#tally(entry, 'remove')
    }
    this.#count -= entries.length
    for (const [key, some] of gone) {
      const account = this.accounts.get(key)!
      this.change(account, () => account.remove(some, fees))
      if (account.size === 0) this.accounts.delete(key)
    }
  }

  /** Whatever changes an account goes through here: so it is known how many are pending, and who leaves first. */
  change<T>(account: Account, change: () => T): T {
    const { pendingCount: pending, size } = account
    const result = change()
    this.#pending += account.pendingCount - pending
    if (account.size - account.pendingCount > size - pending) this.#swollen.add(account)
    const [last, worth] = [account.fromTail(), account.worthFromTail()]
    if (last === undefined || worth === undefined) this.#order.remove(account)
    else this.#order.place(account, this.#groupOf(last, account), worth)
    return result
  }

  reweigh(fees: Fees): void {
    for (const account of this.accounts.values()) this.change(account, () => account.reweigh(fees))
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

  /** Accounts whose last transactions have the same standing now have it as long as none of them changes. */
  #groupOf({ isLocal, peer = '' }: Entry, { size, pendingCount }: Account): GroupOf {
    const isQueued = size > pendingCount
    const kind = isQueued ? Standing.Queued : size > this.limits.accountSlots ? Standing.OverShare : Standing.Pending
    return { name: `${kind} ${isLocal} ${peer}`, isQueued }
  }

  /** Of all accounts' last transactions the one to leave first. */
  #lowest(hunt: Hunt): Candidate | undefined {
    let lowest: Candidate | undefined
    const look = (account: Account): boolean => {
      const candidate = this.#candidate(account, hunt)
      if (candidate === undefined) return false
      if (lowest === undefined || compareRank(candidate.rank, lowest.rank) < 0) lowest = candidate
      return true
    }
    for (const account of hunt.cut.keys()) look(account)
    for (const { members, isQueued } of this.#order.groups()) {
      if (hunt.queuedOnly && !isQueued) continue
      // All of a group have one standing, so the first that may leave is the first to leave.
      for (const { account } of members) if (!hunt.cut.has(account) && look(account)) break
    }
    return lowest
  }

  /** What would leave of an account next. */
  #candidate(account: Account, { cut, queuedOnly, newcomer }: Hunt): Candidate | undefined {
    const before = cut.get(account) ?? 0
    const entry = account.fromTail(before)
    const worth = account.worthFromTail(before)
    if (entry === undefined || worth === undefined) return undefined
    if (newcomer?.senderKey === account.key && entry.nonce <= newcomer.nonce) return undefined
    const place = account.size - 1 - before
    const isQueued = place >= account.pendingCount
    if (queuedOnly && !isQueued) return undefined
    return { account, entry, rank: { standing: this.#standing(entry, place, account), worth }, isQueued }
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
