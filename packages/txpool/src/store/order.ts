import { compareWorth, type Worth } from '../fees.js'
import type { Account } from './account.js'

/** Accounts whose last transactions all have the same standing, whatever that is by now. */
export interface Group {
  /** Their last transactions wait for a nonce. */
  readonly isQueued: boolean
  /** What is worth least comes first; of what is worth the same, what came first. */
  readonly members: readonly Member[]
}

interface Member {
  readonly account: Account
  readonly worth: Worth
}

/** Where an account belongs: see {@link Order.place}. */
export interface GroupOf {
  /** The same for all of a group. */
  readonly name: string
  readonly isQueued: boolean
}

interface Place {
  readonly group: GroupOf & { readonly members: Member[] }
  readonly member: Member
}

/** The accounts of a compartment in the order in which their last transactions leave: a full pool asks for it with each that comes. */
export class Order {
  readonly #groups = new Map<string, Place['group']>()
  readonly #places = new Map<Account, Place>()

  groups(): Iterable<Group> {
    return this.#groups.values()
  }

  /** Puts an account where it belongs by now, with what its last transaction is worth. */
  place(account: Account, { name, isQueued }: GroupOf, worth: Worth): void {
    const old = this.#places.get(account)
    if (old?.group.name === name && compareWorth(old.member.worth, worth) === 0) return
    this.remove(account)
    const group = this.#groups.get(name) ?? { name, isQueued, members: [] }
    this.#groups.set(name, group)
    const member = { account, worth }
    group.members.splice(firstAbove(group.members, worth, 0), 0, member)
    this.#places.set(account, { group, member })
  }

  remove(account: Account): void {
    const place = this.#places.get(account)
    if (place === undefined) return
    this.#places.delete(account)
    const { group, member } = place
    group.members.splice(group.members.indexOf(member, firstAbove(group.members, member.worth, -1)), 1)
    if (group.members.length === 0) this.#groups.delete(group.name)
  }
}

/** The first place of what is worth more; with −1 of what is worth as much. */
function firstAbove(members: readonly Member[], worth: Worth, most: -1 | 0): number {
  let low = 0
  let high = members.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (compareWorth(members[middle]!.worth, worth) <= most) low = middle + 1
    else high = middle
  }
  return low
}
