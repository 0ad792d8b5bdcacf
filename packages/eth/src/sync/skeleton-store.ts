// Where the skeleton is kept, so that a restart goes on where the last run stopped.
import { decodeHeader, expectHash, expectUint64, HASH_BYTES, type Hash, type Header } from '@ethspan/chain'
import { concatBytes, decodeRlp, encodeRlp, expectList } from '@ethspan/core'
import type { Store } from '@ethspan/node'
import { MAX_SEGMENTS } from '../limits.js'

/** A way of linked headers that is kept: geth's `subchain`. */
export interface Segment {
  /** Number of the newest header, and the block's hash. */
  readonly head: bigint
  readonly headHash: Hash
  /** Number of the oldest header. */
  readonly tail: bigint
  /** Hash of the block below the oldest one: its header comes next. */
  readonly next: Hash
}

/** A header with its block's hash. */
export interface HashedHeader {
  readonly hash: Hash
  readonly header: Header
}

const SEGMENTS_KEY = 'segments'
/** Headers lie under their number, so that ranges of them lie together. */
const headerKey = (number: bigint): string => `header-${number.toString(16).padStart(16, '0')}`
const FIRST_HEADER = headerKey(0n)
const LAST_HEADER = headerKey(2n ** 64n - 1n)

export class SkeletonStore {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** The segments of the last run, newest first. What lies between them was left behind, and is removed. */
  async load(): Promise<Segment[]> {
    const raw = await this.#store.get(SEGMENTS_KEY)
    const segments = raw === undefined ? [] : readSegments(raw)
    let above = LAST_HEADER
    for (const { head, tail } of segments) {
      await this.#store.clear({ gt: headerKey(head), lte: above })
      above = headerKey(tail - 1n)
    }
    await this.#store.clear({ gte: FIRST_HEADER, lte: above })
    return segments
  }

  /** The header with this number, where a segment has it. */
  async header(number: bigint): Promise<HashedHeader | undefined> {
    const value = await this.#store.get(headerKey(number))
    return value && decodeValue(value)
  }

  /** The headers from `first` to `last`, as long as they are there. */
  async headers(first: bigint, last: bigint): Promise<HashedHeader[]> {
    const values = await this.#store.values({ gte: headerKey(first), lte: headerKey(last) }).all()
    return values.map(decodeValue)
  }

  /** Both at once: whatever happens to the process, segments tell of no header that is not there. */
  async write(segments: readonly Segment[], headers: readonly HashedHeader[] = []): Promise<void> {
    await this.#store.batch([
      ...headers.map(({ hash, header }) => ({
        type: 'put' as const,
        key: headerKey(header.number),
        // With its hash, which would take as long to compute again as all else that is done with it.
        value: concatBytes(hash, header.raw),
      })),
      { type: 'put', key: SEGMENTS_KEY, value: encodeSegments(segments) },
    ])
  }

  /** Removes headers that no segment has any more. */
  async clear(first: bigint, last: bigint): Promise<void> {
    if (first <= last) await this.#store.clear({ gte: headerKey(first), lte: headerKey(last) })
  }
}

const decodeValue = (value: Uint8Array): HashedHeader => ({
  hash: value.subarray(0, HASH_BYTES),
  header: decodeHeader(value.subarray(HASH_BYTES)),
})

const encodeSegments = (segments: readonly Segment[]): Uint8Array =>
  encodeRlp(segments.map(({ head, headHash, tail, next }) => [head, headHash, tail, next]))

/** What can't be read is fetched again. */
function readSegments(raw: Uint8Array): Segment[] {
  try {
    return decodeSegments(raw)
  } catch {
    return []
  }
}

function decodeSegments(raw: Uint8Array): Segment[] {
  return expectList(decodeRlp(raw), 'segments', { max: MAX_SEGMENTS }).map((item) => {
    const [head, headHash, tail, next] = expectList(item, 'segment', { min: 4, max: 4 })
    return {
      head: expectUint64(head, 'head'),
      headHash: Uint8Array.from(expectHash(headHash, 'hash of the head')),
      tail: expectUint64(tail, 'tail'),
      next: Uint8Array.from(expectHash(next, 'next hash')),
    }
  })
}
