import { BLOB_TX_TYPE } from '@ethspan/chain'
import type { Entry } from '../entry.js'
import type { Fees } from '../fees.js'
import type { PoolLimits } from '../limits.js'
import { Account } from './account.js'
import { Authorities } from './authorities.js'
import { Compartment } from './compartment.js'

/** All that is in a pool: by hash, and by account in one of two compartments. An account is in one of them at a time. */
export class Contents {
  readonly plain: Compartment
  readonly blobs: Compartment
  readonly authorities = new Authorities()
  readonly #byKey = new Map<string, Entry>()

  constructor(limits: PoolLimits) {
    const { slots, bytes, accountSlots, accountQueue, queue, lifetime, accountBlobs, blobBytes } = limits
    this.plain = new Compartment(
      { slots, bytes, accountSlots, accountSize: slots, accountQueue, queue, lifetime },
      false,
    )
    this.blobs = new Compartment(
      {
        // Their bytes alone count.
        slots: Number.POSITIVE_INFINITY,
        bytes: blobBytes,
        accountSlots: accountBlobs,
        accountSize: accountBlobs,
        accountQueue: accountBlobs,
        queue: limits.blobQueue,
        lifetime: limits.blobLifetime,
      },
      true,
    )
  }

  get compartments(): readonly Compartment[] {
    return [this.plain, this.blobs]
  }

  get size(): number {
    return this.#byKey.size
  }

  get(key: string): Entry | undefined {
    return this.#byKey.get(key)
  }

  /** Account by account, each by nonce. */
  entries(): Entry[] {
    return this.compartments.flatMap(({ accounts }) => [...accounts.values()].flatMap(({ all }) => all))
  }

  compartmentOf({ type }: Pick<Entry, 'type'>): Compartment {
    return type === BLOB_TX_TYPE ? this.blobs : this.plain
  }

  /** An account that has transactions here. */
  account(key: string): Account | undefined {
    return this.plain.accounts.get(key) ?? this.blobs.accounts.get(key)
  }

  /** The account of a transaction that is to come: one without any is made, and is not kept before something is put into it. */
  accountFor(entry: Entry): Account {
    const compartment = this.compartmentOf(entry)
    return compartment.accounts.get(entry.senderKey) ?? new Account(entry.senderKey, compartment.hasBlobs)
  }

  /** Returns the one that it replaces. */
  put(entry: Entry, account: Account, fees: Fees): Entry | undefined {
    const old = this.compartmentOf(entry).put(entry, account, fees)
    if (old !== undefined) this.#forget(old)
    this.#byKey.set(entry.key, entry)
    this.authorities.add(entry)
    return old
  }

  /** Takes out all at once, which is cheaper than one by one. Those that are not here are passed over. */
  remove(entries: readonly Entry[], fees: Fees): void {
    const gone = entries.filter((entry) => this.#byKey.get(entry.key) === entry)
    for (const entry of gone) this.#forget(entry)
    for (const compartment of this.compartments) {
      compartment.remove(
        gone.filter((entry) => this.compartmentOf(entry) === compartment),
        fees,
      )
    }
  }

  #forget(entry: Entry): void {
    this.#byKey.delete(entry.key)
    this.authorities.remove(entry)
  }
}
