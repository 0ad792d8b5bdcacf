// From the target back to a block that is in the chain, or as far as blocks are kept.
import {
  type BlockExecutor,
  type Chain,
  decodeHeader,
  type Hash,
  type Header,
  invalidBlock,
  verifyHeader,
} from '@ethspan/chain'
import { bytesToHex, EthspanError, equalBytes } from '@ethspan/core'
import type { HeaderFetcher } from './header-fetcher.js'
import type { Skeleton } from './skeleton.js'
import type { HashedHeader, Segment } from './skeleton-store.js'

export interface HeaderSyncOptions {
  readonly chain: Chain
  readonly skeleton: Skeleton
  readonly fetcher: HeaderFetcher
  /** The newest so many blocks are wanted, at least 1. Default: all. */
  readonly keep?: number
  /** Where blocks are executed, only one whose state is there can be built on. */
  readonly executor?: Pick<BlockExecutor, 'hasState'>
  /** Whether this block is known to break the rules. */
  readonly isBad: (hash: Hash) => boolean
}

/**
 * How far the headers are: `open` while some are missing; `whole` when all that are needed are there; `astray` where they do not
 * meet the chain, and it may not be begun anew.
 */
export type Way = 'open' | 'whole' | 'astray'

/** Blocks that can be fetched and imported in their order. */
export interface Path {
  readonly segment: Segment
  /** The first one stands on a block of the chain, or is to begin the chain anew. */
  readonly base: 'chain' | 'floor'
}

export class HeaderSync {
  readonly #options: HeaderSyncOptions
  /** The block that the chain begins anew with, where that is decided. */
  #floored: bigint | undefined

  constructor(options: HeaderSyncOptions) {
    this.#options = options
  }

  /** A new target. @throws {EthspanError} ERR_INVALID_BLOCK */
  async setTarget(target: HashedHeader): Promise<void> {
    const { skeleton, chain } = this.#options
    this.#checkKnownBad(target)
    const [parent] = await skeleton.headers(target.header.number - 1n, 1)
    if (parent !== undefined && equalBytes(parent.hash, target.header.parentHash)) {
      verifyHeader(target.header, parent.header, chain.config)
    }
    await skeleton.setTarget(target)
  }

  /**
   * Takes up the headers that have come.
   * @param mayBeginAnew whether the chain may be begun anew, where only the newest blocks are kept
   * @throws {EthspanError} ERR_INVALID_BLOCK for headers that break the rules: then the target does, whoever served them.
   */
  async advance(mayBeginAnew: boolean): Promise<Way> {
    const { skeleton, fetcher } = this.#options
    await this.#passOver()
    for (;;) {
      const { top } = skeleton
      if (top === undefined) return 'whole'
      const isLinked = await this.#standsOnChain(top)
      if (isLinked || this.#reachesFloor(top)) {
        if (isLinked) await this.#verifyLink(top)
        else if (top.tail !== this.#floored && !mayBeginAnew) return 'astray'
        await skeleton.dropBelow()
        if (!isLinked && top.tail !== this.#floored) await this.#beginAtFloor(top)
        fetcher.reset()
        return 'whole'
      }
      const headers = fetcher.take(top.tail - 1n, top.next)
      if (headers === undefined) return 'open'
      await this.#accept(headers)
    }
  }

  /** What can be imported by now: the lowest part of the way, also while the way to a newer target is being fetched. */
  async path(): Promise<Path | undefined> {
    const { lowest } = this.#options.skeleton
    if (lowest === undefined) return undefined
    if (await this.#standsOnChain(lowest)) return { segment: lowest, base: 'chain' }
    return lowest.tail === this.#floored ? { segment: lowest, base: 'floor' } : undefined
  }

  /** Asks for what is missing. */
  schedule(): void {
    const { skeleton, fetcher } = this.#options
    const { top, below } = skeleton
    if (top === undefined) return
    fetcher.schedule({ number: top.tail - 1n, hash: top.next, bottom: this.#bottom(top, below) })
  }

  /** Where the way is expected to meet an older one, or the chain. */
  #bottom(top: Segment, below: Segment | undefined): bigint {
    const meeting = (below?.head ?? this.#options.chain.head().number) + 1n
    const floor = this.#floor(top)
    return meeting > floor ? meeting : floor
  }

  /** The lowest block that is wanted. */
  #floor({ head }: Segment): bigint {
    const { keep } = this.#options
    const floor = keep === undefined ? 1n : head - BigInt(keep) + 1n
    return floor > 1n ? floor : 1n
  }

  #reachesFloor(segment: Segment): boolean {
    if (this.#options.keep === undefined) return false
    return segment.tail === this.#floored || segment.tail <= this.#floor(segment)
  }

  /** The floor rises with the target, but where the chain begins anew stays where it is once that is decided. */
  async #beginAtFloor(top: Segment): Promise<void> {
    const floor = this.#floor(top)
    await this.#options.skeleton.consume(floor - 1n)
    this.#floored = floor
  }

  /** Blocks that came into the chain in another way, or just before the process ended. */
  async #passOver(): Promise<void> {
    const { skeleton, chain } = this.#options
    const { lowest } = skeleton
    const head = chain.head().number
    if (lowest === undefined || head < lowest.tail) return
    const [known] = await skeleton.headers(head < lowest.head ? head : lowest.head, 1)
    if (known !== undefined && (await this.#isInChain(known.header.number, known.hash))) {
      await skeleton.consume(known.header.number)
    }
  }

  async #standsOnChain({ tail, next }: Segment): Promise<boolean> {
    return this.#isInChain(tail - 1n, next)
  }

  /** Whether blocks can be put on this one. */
  async #isInChain(number: bigint, hash: Hash): Promise<boolean> {
    const { chain, executor } = this.#options
    if (number < chain.earliest() || number > chain.head().number) return false
    const canonical = await chain.canonicalHash(number)
    if (canonical === undefined || !equalBytes(canonical, hash)) return false
    if (executor === undefined) return true
    const raw = await chain.header(hash)
    return raw !== undefined && executor.hasState(decodeHeader(raw))
  }

  /** The lowest header of the way against its parent in the chain. */
  async #verifyLink({ tail, next }: Segment): Promise<void> {
    const { skeleton, chain } = this.#options
    const parent = await chain.header(next)
    if (parent !== undefined) verifyHeader(await skeleton.header(tail), decodeHeader(parent), chain.config)
  }

  async #accept(headers: readonly HashedHeader[]): Promise<void> {
    const { skeleton, chain } = this.#options
    const { below } = skeleton
    const accepted: HashedHeader[] = []
    let child: Header = await skeleton.tailHeader()
    for (const { hash, header } of headers) {
      if (await this.#isInChain(header.number, hash)) break
      this.#checkKnownBad({ hash, header })
      verifyHeader(child, header, chain.config)
      if (header.number === 0n) throw foreign(child)
      accepted.push({ hash, header })
      child = header
      if (below === undefined || header.number !== below.head + 1n) continue
      if (!equalBytes(header.parentHash, below.headHash)) continue
      verifyHeader(header, await skeleton.header(below.head), chain.config)
      break
    }
    await skeleton.prepend(accepted)
    if (child.number === 1n && !equalBytes(child.parentHash, chain.genesis.hash)) throw foreign(child)
  }

  #checkKnownBad({ hash, header }: HashedHeader): void {
    if (!this.#options.isBad(hash)) return
    throw invalidBlock(header, 'hash', 'is known to break the rules')
  }
}

function foreign({ number, parentHash }: Header): EthspanError {
  const message = `block ${number} is of a chain with another genesis block`
  return new EthspanError('ERR_INVALID_BLOCK', message, {
    fields: { number, hash: `0x${bytesToHex(parentHash)}`, field: 'parentHash' },
  })
}
