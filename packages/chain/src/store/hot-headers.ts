import { bytesToHex } from '@ethspan/core'
import type { Hash } from '../block/fields.js'
import type { BlockId } from '../contract/chain.js'
import { HOT_HEADERS } from '../limits.js'
import { ownBytes } from './own-bytes.js'

export interface HotHeader {
  readonly number: bigint
  readonly raw: Uint8Array
}

/** The headers that were used last, at most {@link HOT_HEADERS}, and the canonical numbers of as many blocks up to the head. */
export class HotHeaders {
  readonly #headers = new Map<string, HotHeader>()
  readonly #canonical = new Map<bigint, Hash>()

  get(hash: Hash): HotHeader | undefined {
    const key = bytesToHex(hash)
    const header = this.#headers.get(key)
    // The map's order is that of their use.
    if (header !== undefined && this.#headers.delete(key)) this.#headers.set(key, header)
    return header
  }

  add(hash: Hash, header: HotHeader): void {
    const key = bytesToHex(hash)
    this.#headers.delete(key)
    // A view into a message would keep all of it.
    this.#headers.set(key, { number: header.number, raw: ownBytes(header.raw) })
    if (this.#headers.size > HOT_HEADERS) this.#headers.delete(this.#headers.keys().next().value!)
  }

  delete(hash: Hash): void {
    this.#headers.delete(bytesToHex(hash))
  }

  canonicalHash(number: bigint): Hash | undefined {
    return this.#canonical.get(number)
  }

  /** The canonical chain goes on with this block. */
  join({ number, hash }: BlockId): void {
    this.#canonical.set(number, hash)
    this.#canonical.delete(number - BigInt(HOT_HEADERS))
  }

  /** A block of the canonical chain was read. */
  remember({ number, hash }: BlockId, head: bigint): void {
    if (number > head - BigInt(HOT_HEADERS)) this.#canonical.set(number, hash)
  }

  /** The canonical chain has no block of this number any more. */
  leave(number: bigint): void {
    this.#canonical.delete(number)
  }

  /** The canonical chain is another one. */
  clearCanonical(): void {
    this.#canonical.clear()
  }
}
