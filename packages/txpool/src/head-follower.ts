// A new head: what was mined leaves, every account is looked at anew, and what a reorg took out of blocks comes back.
import { readTransaction, senderOf, type Transaction } from '@ethspan/chain'
import { bytesToHex, hexToBytes } from '@ethspan/core'
import type { ChainChanges } from './chain-changes.js'
import type { Changes } from './changes.js'
import { readCandidate } from './checks/read.js'
import type { Rules } from './checks/rules.js'
import type { Entry } from './entry.js'
import { findPlace, type PoolParts, putInPlace, takeOut } from './insert.js'
import { MAX_SENDER_BLOCKS, STATE_READS } from './limits.js'
import { isRefusal } from './refusal.js'
import type { Account, AccountFacts } from './store/account.js'
import { Limbo } from './store/limbo.js'
import type { Turns } from './turns.js'

export interface NewHead {
  readonly rules: Rules
  /** Another fork than before. */
  readonly isFork: boolean
  readonly found: ChainChanges
  /** By the pool's clock, milliseconds. */
  readonly now: number
}

export class HeadFollower {
  readonly #parts: PoolParts
  readonly #limbo = new Limbo()

  constructor(parts: PoolParts) {
    this.#parts = parts
  }

  /** Takes in a head that `facts` knows already. */
  async follow(head: NewHead, changes: Changes, turns: Turns): Promise<void> {
    const before = this.#pendingKeys()
    const lost = await this.#readLost(head, turns)
    await this.#takeOutMined(head, changes, turns)
    if (head.isFork) await this.#checkAnew(head.rules, changes, turns)
    await this.#lookAtAccounts(head.rules, changes)
    for (const [key, entry] of this.#pendingKeys()) if (!before.has(key)) changes.add(entry)
    for (const entry of lost) await this.#bringBack(entry, head.rules, changes)
  }

  #pendingKeys(): Map<string, Entry> {
    const accounts = this.#parts.contents.compartments.flatMap((compartment) => [...compartment.accounts.values()])
    return new Map(accounts.flatMap(({ pending }) => pending.map((entry) => [entry.key, entry])))
  }

  /** What a reorg took out of blocks, as it would come in now. Of those with blobs only what is in limbo still has them. */
  async #readLost({ found, rules, now }: NewHead, turns: Turns): Promise<Entry[]> {
    const entries: Entry[] = []
    for (const [key, tx] of found.lost) {
      const known = this.#limbo.take(key)
      const origin = {
        isLocal: known?.isLocal ?? false,
        peer: undefined,
        since: now,
        minTip: 0n,
        sender: known?.sender,
      }
      const candidate = readCandidate(known ?? tx, hexToBytes(key), rules, origin)
      if (!isRefusal(candidate)) {
        this.#parts.facts.lost(candidate.entry.senderKey, candidate.entry.nonce)
        entries.push(candidate.entry)
      }
      await turns.pause()
    }
    return entries
  }

  async #takeOutMined({ found, rules }: NewHead, changes: Changes, turns: Turns): Promise<void> {
    const { contents, facts } = this.#parts
    // The state says more than senders and nonces of blocks do.
    const learns = !(await facts.hasState())
    const gone: Entry[] = []
    for (const [key, tx] of found.mined) {
      const entry = contents.get(key)
      if (entry !== undefined) {
        gone.push(entry)
        this.#limbo.add(entry)
        if (learns) facts.mined(entry.senderKey, entry.nonce)
      } else if (learns && found.blocks <= MAX_SENDER_BLOCKS) {
        this.#learnNonce(tx, rules)
        await turns.pause()
      }
    }
    takeOut(gone, contents, rules.fees, changes)
  }

  #learnNonce(tx: Transaction, { common }: Rules): void {
    try {
      const read = readTransaction(tx, common)
      this.#parts.facts.mined(bytesToHex(senderOf(read)), read.nonce)
    } catch {
      // Mined by rules that are not those of the head: it teaches nothing.
    }
  }

  /** By another fork's rules. */
  async #checkAnew(rules: Rules, changes: Changes, turns: Turns): Promise<void> {
    const { contents } = this.#parts
    const before = contents.entries()
    const after: Entry[] = []
    for (const entry of before) {
      const { isLocal, peer, since, sender } = entry
      const candidate = readCandidate(entry, entry.hash, rules, { isLocal, peer, since, minTip: 0n, sender })
      if (isRefusal(candidate)) changes.drop(entry)
      else after.push(candidate.entry)
      await turns.pause()
    }
    // At once, so that nobody sees the pool empty; in the order of their nonces, so that each comes to its account's end.
    contents.remove(before, rules.fees)
    for (const entry of after) contents.put(entry, contents.accountFor(entry), rules.fees)
  }

  async #lookAtAccounts(rules: Rules, changes: Changes): Promise<void> {
    const { contents, facts } = this.#parts
    for (const compartment of contents.compartments) {
      const accounts = [...compartment.accounts.values()]
      for (let i = 0; i < accounts.length; i += STATE_READS) {
        const some = accounts.slice(i, i + STATE_READS)
        const known = await Promise.all(some.map(({ key }) => facts.of(key)))
        for (const [j, account] of some.entries()) {
          takeOut(outlived(account, known[j], rules), contents, rules.fees, changes)
          compartment.change(account, () => account.learn(known[j]))
        }
      }
      compartment.reweigh(rules.fees)
    }
  }

  async #bringBack(entry: Entry, { fees }: Rules, changes: Changes): Promise<void> {
    const place = await findPlace(entry, this.#parts, fees)
    if (!isRefusal(place)) putInPlace(entry, place, this.#parts, fees, changes)
  }
}

/** What can't be mined any more: its nonce is used, or it asks for more than its sender or a block has. Source: geth, `list.Filter`. */
function outlived(account: Account, facts: AccountFacts | undefined, { gasLimit }: Rules): Entry[] {
  const { nonce = 0n, balance } = facts ?? {}
  return account.all.filter(
    (entry) => entry.nonce < nonce || entry.gas > gasLimit || (balance !== undefined && entry.cost > balance),
  )
}
