// One block on its way: what is known of it, who was asked for the rest, and how large that may be.
import {
  type BlockToKeep,
  type Body,
  decodeBody,
  EMPTY_ROOT,
  EMPTY_UNCLES_HASH,
  encodeBody,
  encodeReceipt69,
  type Hash,
  type Header,
  type Receipt,
} from '@ethspan/chain'
import { equalBytes } from '@ethspan/core'
import { GAS_PER_RECEIPT_BYTE, MAX_MESSAGE_BYTES, SOFT_RESPONSE_BYTES } from '../limits.js'
import type { RatedPeer } from '../peers/rated-peer.js'
import type { HashedHeader } from './skeleton-store.js'

/** What a block lacks before it can be imported. */
export type Part = 'bodies' | 'receipts'

/** A request for parts of blocks. */
export interface Ask {
  readonly peer: RatedPeer
  readonly sentAt: number
}

/** Receipts of a block that come in parts, all from one peer, so that it is known who lied. */
export interface ReceiptParts {
  readonly peer: RatedPeer
  readonly receipts: readonly Receipt[]
  readonly bytes: number
  /** When the first of them was asked for. */
  readonly since: number
}

/** Room for what is not the data of logs: prefixes, and receipts without a log. */
const RECEIPTS_SLACK = 64 * 1024

export class BlockTask {
  readonly hash: Hash
  readonly header: Header
  body: Body | undefined
  receipts: readonly Uint8Array[] | undefined
  parts: ReceiptParts | undefined
  /** Who is working on it. */
  readonly asks: Partial<Record<Part, Ask>> = {}
  /** False once nobody waits for it any more. */
  isWanted = true
  readonly #needsReceipts: boolean
  #receiptBytes = 0

  constructor({ hash, header }: HashedHeader, { needsReceipts }: { readonly needsReceipts: boolean }) {
    this.hash = hash
    this.header = header
    this.#needsReceipts = needsReceipts
    this.body = emptyBody(header)
    // What a header says to be nothing need not be asked for.
    if (equalBytes(header.receiptsRoot, EMPTY_ROOT)) this.receipts = []
  }

  get number(): bigint {
    return this.header.number
  }

  lacks(part: Part): boolean {
    return part === 'bodies' ? this.body === undefined : this.#needsReceipts && this.receipts === undefined
  }

  get isComplete(): boolean {
    return !this.lacks('bodies') && !this.lacks('receipts')
  }

  /** What is held of it. */
  get bytes(): number {
    return (this.body?.raw.length ?? 0) + this.#receiptBytes + (this.parts?.bytes ?? 0)
  }

  /** More than the block's receipts can have, whatever is in them. */
  get maxReceiptBytes(): number {
    return Number(this.header.gasUsed / GAS_PER_RECEIPT_BYTE) + RECEIPTS_SLACK
  }

  /**
   * Whether a peer of this version can be asked for its receipts. Before eth/70 those of a block come whole, and an answer
   * that takes one more when it is nearly full must still fit a message: so a heavy one is asked for `alone`, or not at all.
   */
  receiptsBy(version: number): 'among others' | 'alone' | 'never' {
    if (version >= 70 || this.maxReceiptBytes <= MAX_MESSAGE_BYTES - SOFT_RESPONSE_BYTES) return 'among others'
    return this.maxReceiptBytes <= MAX_MESSAGE_BYTES ? 'alone' : 'never'
  }

  setReceipts(receipts: readonly Receipt[]): void {
    const encoded = receipts.map(encodeReceipt69)
    this.receipts = encoded
    this.#receiptBytes = encoded.reduce((sum, { length }) => sum + length, 0)
    this.parts = undefined
  }

  /** To be called once it is complete. */
  toBlock(): BlockToKeep {
    const { hash, header, body, receipts } = this
    if (body === undefined) throw new Error(`block ${header.number} has no body yet`)
    return { hash, header, body, ...(receipts === undefined ? {} : { receipts }) }
  }
}

/** The body of a block without anything in it. */
function emptyBody({ txsRoot, ommersHash, withdrawalsRoot }: Header): Body | undefined {
  const isEmpty = [txsRoot, withdrawalsRoot ?? EMPTY_ROOT].every((root) => equalBytes(root, EMPTY_ROOT))
  if (!isEmpty || !equalBytes(ommersHash, EMPTY_UNCLES_HASH)) return undefined
  const withdrawals = withdrawalsRoot === undefined ? {} : { withdrawals: [] }
  return decodeBody(encodeBody({ transactions: [], uncles: [], ...withdrawals }))
}
