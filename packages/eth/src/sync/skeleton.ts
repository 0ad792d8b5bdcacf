// The way of headers from the target back: geth's `skeleton`. Each header is vouched for by the one above it, and so by the target.
import { decodeHeader, type Hash, type Header } from '@ethspan/chain'
import { equalBytes } from '@ethspan/core'
import { MAX_SEGMENTS } from '../limits.js'
import type { HashedHeader, Segment, SkeletonStore } from './skeleton-store.js'

export class Skeleton {
  readonly #store: SkeletonStore
  /** Called where headers from this number on are no part of the way any more, or others. */
  readonly #onCut: (from: bigint) => void
  /** Newest first, apart from each other. The first leads to the target. */
  #segments: Segment[] = []
  /** The oldest header of the first segment. */
  #tailHeader: Header | undefined

  constructor(store: SkeletonStore, onCut: (from: bigint) => void) {
    this.#store = store
    this.#onCut = onCut
  }

  /** Takes up what the last run left. */
  async open(): Promise<void> {
    this.#segments = await this.#store.load()
    this.#tailHeader = undefined
  }

  /** Leads to the target; undefined where there is none. */
  get top(): Segment | undefined {
    return this.#segments[0]
  }

  /** The way of an older target below it, where there is one. */
  get below(): Segment | undefined {
    return this.#segments[1]
  }

  /** The lowest segment, which may be the top. */
  get lowest(): Segment | undefined {
    return this.#segments.at(-1)
  }

  /** The oldest header of the top: the next one below must be its parent. */
  async tailHeader(): Promise<Header> {
    this.#tailHeader ??= await this.header(this.#top.tail)
    return this.#tailHeader
  }

  /** @throws {Error} where no segment has it, which is an error of the caller's */
  async header(number: bigint): Promise<Header> {
    return (await this.#hashed(number)).header
  }

  /** Headers from `first` on, ascending, at most `count` of them. All are of one segment. */
  async headers(first: bigint, count: number): Promise<HashedHeader[]> {
    const segment = this.#segments.find(({ head, tail }) => tail <= first && first <= head)
    if (segment === undefined || count <= 0) return []
    const end = first + BigInt(count) - 1n
    return this.#store.headers(first, end < segment.head ? end : segment.head)
  }

  /** A new target: extends the way to the last one where it can, else begins a way of its own. */
  async setTarget({ hash, header }: HashedHeader): Promise<void> {
    const { number, parentHash } = header
    if (await this.#has(number, hash)) {
      await this.#cutAbove(number)
      return
    }
    await this.#cutAbove(number - 1n)
    const [top, ...older] = this.#segments
    if (top !== undefined && top.head === number - 1n && equalBytes(top.headHash, parentHash)) {
      this.#segments = [{ ...top, head: number, headHash: hash }, ...older]
    } else {
      const next = Uint8Array.from(parentHash)
      const fresh = { head: number, headHash: Uint8Array.from(hash), tail: number, next }
      this.#segments = [fresh, ...this.#segments]
      this.#tailHeader = decodeHeader(Uint8Array.from(header.raw))
    }
    await this.#keep(MAX_SEGMENTS, [{ hash, header }])
  }

  /** Headers below the top's tail, descending: the first one is the one it wants next, each other the parent of the one before. */
  async prepend(headers: readonly HashedHeader[]): Promise<void> {
    const last = headers.at(-1)
    if (last === undefined) return
    const top = this.#top
    const { number: tail, parentHash } = last.header
    // Below the new tail nothing changes. What an older way has above it is overwritten, unless they are one.
    await this.#cutBelowTop(tail)
    this.#segments = [{ ...top, tail, next: Uint8Array.from(parentHash) }, ...this.#segments.slice(1)]
    this.#tailHeader = decodeHeader(Uint8Array.from(last.header.raw))
    await this.#store.write(this.#segments, headers)
    await this.#join()
  }

  /** Blocks up to this one are in the chain: their headers are done with. Removes a segment without headers left. */
  async consume(number: bigint): Promise<void> {
    const segment = this.lowest
    if (segment === undefined || number < segment.tail) return
    const others = this.#segments.slice(0, -1)
    if (number >= segment.head) this.#segments = others
    else {
      const { parentHash } = await this.header(number + 1n)
      this.#segments = [...others, { ...segment, tail: number + 1n, next: Uint8Array.from(parentHash) }]
    }
    this.#tailHeader = undefined
    await this.#store.write(this.#segments)
    await this.#store.clear(segment.tail, number < segment.head ? number : segment.head)
  }

  /** The top is all that is needed: ways of older targets below it lead nowhere. */
  async dropBelow(): Promise<void> {
    if (this.#segments.length > 1) await this.#keep(1)
  }

  /** The way of the oldest target leads nowhere. Not to be called for the top. */
  async dropLowest(): Promise<void> {
    await this.#keep(this.#segments.length - 1)
  }

  /** Forgets all. */
  async reset(): Promise<void> {
    const { lowest } = this
    if (lowest === undefined) return
    const { head } = this.#top
    this.#segments = []
    this.#tailHeader = undefined
    this.#onCut(lowest.tail)
    await this.#store.write([])
    await this.#store.clear(lowest.tail, head)
  }

  get #top(): Segment {
    const top = this.#segments[0]
    if (top === undefined) throw new Error('the skeleton has no target')
    return top
  }

  async #hashed(number: bigint): Promise<HashedHeader> {
    const found = await this.#store.header(number)
    if (found === undefined) throw new Error(`the skeleton has no header ${number}`)
    return found
  }

  async #has(number: bigint, hash: Hash): Promise<boolean> {
    const [header] = await this.headers(number, 1)
    return header !== undefined && equalBytes(header.hash, hash)
  }

  /** Writes the newest so many segments, together with headers of theirs, and gives up the others. */
  async #keep(count: number, headers: readonly HashedHeader[] = []): Promise<void> {
    const dropped = this.#segments.slice(count)
    this.#segments = this.#segments.slice(0, count)
    await this.#store.write(this.#segments, headers)
    for (const { head, tail } of dropped) {
      this.#onCut(tail)
      await this.#store.clear(tail, head)
    }
  }

  /** Removes what is above `number`, of all segments. */
  async #cutAbove(number: bigint): Promise<void> {
    const highest = this.#segments[0]?.head
    if (highest === undefined || highest <= number) return
    this.#onCut(number + 1n)
    const kept = this.#segments.filter(({ tail }) => tail <= number)
    const [first, ...others] = kept
    if (first !== undefined && first.head > number) {
      this.#segments = [{ ...first, head: number, headHash: (await this.#hashed(number)).hash }, ...others]
    } else this.#segments = kept
    this.#tailHeader = undefined
    await this.#store.write(this.#segments)
    await this.#store.clear(number + 1n, highest)
  }

  /** Removes of the older ways what reaches up to `number` and above: the top is about to have those. */
  async #cutBelowTop(number: bigint): Promise<void> {
    const [top, ...older] = this.#segments
    const kept: Segment[] = []
    for (const segment of older) {
      if (segment.head < number) kept.push(segment)
      else {
        this.#onCut(segment.tail > number ? segment.tail : number)
        if (segment.tail >= number) continue
        const { parentHash } = await this.header(number)
        kept.push({ ...segment, head: number - 1n, headHash: Uint8Array.from(parentHash) })
      }
    }
    this.#segments = [top!, ...kept]
  }

  /** Makes one of the top and the way below it where they meet in the same block. */
  async #join(): Promise<void> {
    const [top, below, ...older] = this.#segments
    if (top === undefined || below === undefined || below.head !== top.tail - 1n) return
    if (!equalBytes(below.headHash, top.next)) return
    this.#segments = [{ ...top, tail: below.tail, next: below.next }, ...older]
    this.#tailHeader = undefined
    await this.#store.write(this.#segments)
  }
}
