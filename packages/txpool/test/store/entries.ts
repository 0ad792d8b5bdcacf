// Entries for the tests of what keeps them: nothing in them is signed.
import type { Entry } from '../../src/entry.js'

let made = 0

export interface EntryOptions {
  readonly from?: string
  readonly nonce?: number
  /** Wei; the fee cap is 1000 unless told. */
  readonly tip?: number
  readonly fee?: number
  readonly blobFee?: number
  readonly slots?: number
  readonly size?: number
  readonly peer?: string
  readonly isLocal?: boolean
  readonly since?: number
  readonly cost?: number
}

/** With a hash of its own. */
export function entry(options: EntryOptions = {}): Entry {
  const { from = 'a', nonce = 0, tip = 1, fee = 1000, blobFee = 0, slots = 1, size = 100, cost = 10 } = options
  const partial: Omit<Entry, 'tx'> = {
    type: blobFee > 0 ? 3 : 2,
    bytes: new Uint8Array(0),
    hash: new Uint8Array(32),
    size,
    sender: new Uint8Array(20),
    isLocal: options.isLocal ?? false,
    feeCap: BigInt(fee),
    tipCap: BigInt(tip),
    blobFeeCap: BigInt(blobFee),
    key: `${from}:${nonce}#${made++}`,
    senderKey: from,
    nonce: BigInt(nonce),
    gas: 21_000n,
    cost: BigInt(cost),
    slots,
    authorities: [],
    encoded: new Uint8Array(0),
    peer: options.peer,
    since: options.since ?? 0,
  }
  // What keeps entries does not look at the transaction itself.
  return partial as Entry
}

export const FREE = { baseFee: 0n, blobFee: 0n }
