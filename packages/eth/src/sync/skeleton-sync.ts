// Follows a head: headers back from it, then the blocks on them forward, several peers at a time: geth's `downloader`.
import {
  type BlockExecutor,
  type BlockImporter,
  type Chain,
  decodeHeader,
  type HeadSource,
  headerHash,
  type InvalidBlock,
  type SyncEventMap,
  SyncedEvent,
  SyncFailEvent,
  type Synchroniser,
  type SyncProgress,
  type SyncTarget,
} from '@ethspan/chain'
import { asError, bytesToHex, type Clock, Emitter, EthspanError, equalBytes, type Logger } from '@ethspan/core'
import type { Store } from '@ethspan/node'
import { Doorbell } from '../doorbell.js'
import { MAX_BAD_BLOCKS, MAX_WINDOW_BYTES, RETRY_MS, SYNC_TICK_MS } from '../limits.js'
import type { PeerSet } from '../peers/peer-set.js'
import { BlockFetcher } from './block-fetcher.js'
import { BlockPipe } from './block-pipe.js'
import { HeaderFetcher } from './header-fetcher.js'
import { HeaderSync } from './header-sync.js'
import { Skeleton } from './skeleton.js'
import { type HashedHeader, SkeletonStore } from './skeleton-store.js'
import { SyncReport } from './sync-report.js'
import { TargetLookup } from './target-lookup.js'
import { checkToldHead } from './told-head.js'

export interface SkeletonSyncOptions {
  readonly chain: Chain
  readonly importer: BlockImporter
  /** Where blocks are executed: their receipts are not asked for. */
  readonly executor?: Pick<BlockExecutor, 'hasState'>
  readonly peers: PeerSet
  /** A part of the service's own, for the headers of a sync under way. */
  readonly store: Store
  /** Where more than the newest so many blocks are missing, the chain begins anew with the first of those. Default: all are fetched. */
  readonly keep?: number
  /** Bytes of blocks that may wait for those before them. Default {@link MAX_WINDOW_BYTES}. */
  readonly maxWaitingBytes?: number
  readonly clock: Clock
  readonly log: Logger
}

/** What is being fetched: a target whose header is known. */
interface Goal extends HashedHeader {
  readonly target: SyncTarget
}

/**
 * One loop that does all that changes something, woken by whatever happens: a target, an answer, a peer, an import that is
 * over. Requests run beside it, and so does the import of the blocks that are complete.
 */
export class SkeletonSync extends Emitter<SyncEventMap> implements Synchroniser {
  readonly #options: SkeletonSyncOptions
  readonly #bell: Doorbell
  readonly #skeleton: Skeleton
  readonly #headerFetcher: HeaderFetcher
  readonly #headers: HeaderSync
  readonly #blocks: BlockFetcher
  readonly #pipe: BlockPipe
  readonly #lookup: TargetLookup
  readonly #report: SyncReport
  /** Blocks that break the rules, as hex. */
  readonly #bad = new Set<string>()
  #lastSource: HeadSource | undefined
  /** Told, and not looked at yet. */
  #told: SyncTarget | undefined
  /** Its header is being looked for. */
  #sought: SyncTarget | undefined
  #goal: Goal | undefined
  #startingBlock = 0n
  /** The lowest header of the way that was there. */
  #wayFrom = 0n
  #stage: SyncProgress['stage'] = 'headers'
  #waitingFor: string | undefined
  /** What a request found wrong with a block. */
  #invalid: Error | undefined
  /** The skeleton is as the store has it. */
  #isOpen = false
  #pausedUntil = 0
  /** Said once. */
  #lastError: string | undefined

  constructor(options: SkeletonSyncOptions) {
    super()
    this.#options = options
    const { chain, importer, executor, peers, store, keep, clock, log } = options
    const { maxWaitingBytes = MAX_WINDOW_BYTES } = options
    this.#bell = new Doorbell(clock)
    const onChange = () => this.#bell.ring()
    this.#skeleton = new Skeleton(new SkeletonStore(store), (from) => this.#pipe.cut(from))
    this.#headerFetcher = new HeaderFetcher({ peers, clock, onChange })
    this.#headers = new HeaderSync({
      chain,
      skeleton: this.#skeleton,
      fetcher: this.#headerFetcher,
      keep,
      executor,
      isBad: (hash) => this.#bad.has(bytesToHex(hash)),
    })
    this.#blocks = new BlockFetcher({
      peers,
      clock,
      needsReceipts: executor === undefined,
      maxBytes: maxWaitingBytes,
      onChange,
      onInvalid: (error) => {
        this.#invalid ??= error
        onChange()
      },
    })
    this.#pipe = new BlockPipe({ chain, importer, skeleton: this.#skeleton, blocks: this.#blocks, onChange })
    this.#lookup = new TargetLookup({ peers, onChange })
    this.#report = new SyncReport({ chain, clock, log })
  }

  /** What is followed now. */
  get target(): SyncTarget | undefined {
    return this.#told ?? this.#sought ?? this.#goal?.target
  }

  /** Who set the last target; undefined before the first one. */
  get lastSource(): HeadSource | undefined {
    return this.#lastSource
  }

  setTarget(target: SyncTarget): void {
    this.#told = target
    this.#lastSource = target.source
    this.#bell.ring()
  }

  progress(): SyncProgress | undefined {
    if (this.target === undefined) return undefined
    const highestBlock = this.#goal?.header.number
    return {
      startingBlock: this.#startingBlock,
      currentBlock: this.#options.chain.head().number,
      highestBlock,
      stage: this.#stage,
      headers: highestBlock === undefined ? 0n : highestBlock - this.#wayFrom + 1n,
      ...(this.#waitingFor === undefined ? {} : { waitingFor: this.#waitingFor }),
    }
  }

  /** Bytes of blocks that wait for those before them. */
  get waitingBytes(): number {
    return this.#blocks.bytes
  }

  /** Follows targets until the signal fires, and resolves when nothing of it runs any more. */
  async run(signal: AbortSignal): Promise<void> {
    const { peers, clock } = this.#options
    const ring = () => this.#bell.ring()
    for (const type of ['join', 'leave', 'change'] as const) peers.addEventListener(type, ring, { signal })
    while (!signal.aborted) {
      try {
        if (clock.now() >= this.#pausedUntil) {
          if (!this.#isOpen) await this.#skeleton.open()
          this.#isOpen = true
          await this.#step(signal)
        }
      } catch (error) {
        if (!signal.aborted) await this.#onError(asError(error))
      }
      // While there is nothing to fetch, nothing is late.
      await this.#bell.wait(signal, this.target === undefined ? undefined : SYNC_TICK_MS)
    }
    await this.#pipe.idle()
  }

  async #step(signal: AbortSignal): Promise<void> {
    await this.#takeTarget()
    if (this.#invalid !== undefined) {
      const error = this.#invalid
      this.#invalid = undefined
      throw error
    }
    const goal = this.#goal
    if (goal !== undefined) {
      await this.#pipe.settle()
      if (equalBytes(this.#options.chain.head().hash, goal.hash)) await this.#reached(goal)
      else {
        // After an error, or where somebody else has moved the head.
        if (!this.#leadsTo(goal)) await this.#headers.setTarget(goal)
        const isLinked = await this.#headers.advance()
        this.#stage = isLinked ? 'blocks' : 'headers'
        this.#noteWay()
        if (!isLinked) this.#headers.schedule()
        await this.#pipe.fill(await this.#headers.path())
        this.#pipe.start(signal)
        this.#blocks.schedule()
      }
    }
    this.#waitingFor = this.#findWaitingFor()
    this.#report.update(this.progress())
  }

  #leadsTo({ hash }: Goal): boolean {
    const { top } = this.#skeleton
    return top !== undefined && equalBytes(top.headHash, hash)
  }

  #noteWay(): void {
    const tail = this.#skeleton.top?.tail
    if (tail !== undefined && tail < this.#wayFrom) this.#wayFrom = tail
  }

  // ---- targets ----

  async #takeTarget(): Promise<void> {
    if (this.#told !== undefined) {
      this.#sought = this.#told
      this.#told = undefined
    }
    const target = this.#sought
    if (target === undefined) return
    const found = await this.#targetHeader(target)
    // Until then the one before is followed on.
    if (found === undefined || this.#told !== undefined) return
    this.#sought = undefined
    await this.#setGoal({ ...found, target })
  }

  async #targetHeader({ hash, header }: SyncTarget): Promise<HashedHeader | undefined> {
    if (header !== undefined && equalBytes(headerHash(header), hash)) return { hash, header }
    const raw = await this.#options.chain.header(hash)
    return raw === undefined ? this.#lookup.find(hash) : { hash, header: decodeHeader(raw) }
  }

  async #setGoal(goal: Goal): Promise<void> {
    const { chain, log, clock, keep } = this.#options
    const { hash, header, target } = goal
    const before = this.#goal
    if (before !== undefined && equalBytes(before.hash, hash)) {
      this.#goal = goal
      return
    }
    this.#goal = undefined
    if (await this.#isPassed(goal)) {
      log.debug('the chain has the target', { number: header.number, head: chain.head().number, source: target.source })
      await this.#reached(goal)
      return
    }
    this.#goal = goal
    if (target.source === 'trusted-peer') checkToldHead(header, { chain, clock, keep })
    if (before === undefined) {
      this.#startingBlock = chain.head().number
      this.#wayFrom = header.number
    }
    if (await this.#isKnown(goal)) return
    log.debug('sync target', { number: header.number, hash: `0x${bytesToHex(hash)}`, source: target.source })
  }

  /** Whether the chain has it, or has dropped it: a checkpoint is never gone back to where only the newest blocks are kept. */
  async #isPassed({ hash, header, target }: Goal): Promise<boolean> {
    const { chain } = this.#options
    if (target.source === 'checkpoint' && header.number < chain.earliest()) return true
    const canonical = await chain.canonicalHash(header.number)
    return canonical !== undefined && equalBytes(canonical, hash)
  }

  /** Whether it is there, on a branch that stands on the chain: then it is the head now. */
  async #isKnown({ hash, header }: HashedHeader): Promise<boolean> {
    const { chain, executor } = this.#options
    if ((await chain.body(hash)) === undefined) return false
    if (executor !== undefined && !(await executor.hasState(header))) return false
    try {
      await chain.setHead(hash)
      this.#bell.ring()
      return true
    } catch (error) {
      if (error instanceof EthspanError && error.code === 'ERR_STATE') return false
      throw error
    }
  }

  async #reached(goal: Goal): Promise<void> {
    this.#goal = undefined
    this.#pausedUntil = 0
    this.#lastError = undefined
    await this.#forget()
    this.#report.synced(goal.header)
    this.emit(new SyncedEvent(goal.target))
  }

  // ---- what goes wrong ----

  async #onError(error: Error): Promise<void> {
    const { log, clock } = this.#options
    const goal = this.#goal
    if (goal !== undefined && error instanceof EthspanError && error.code === 'ERR_INVALID_BLOCK') {
      this.#goal = undefined
      const { hash } = error.fields as Partial<InvalidBlock>
      for (const bad of [hash?.slice(2), bytesToHex(goal.hash)]) if (bad !== undefined) this.#bad.add(bad)
      while (this.#bad.size > MAX_BAD_BLOCKS) this.#bad.delete(this.#bad.values().next().value!)
      log.warn(`the sync target breaks the rules of its chain: ${error.message}`, {
        target: `0x${bytesToHex(goal.hash)}`,
        source: goal.target.source,
      })
      await this.#forget().catch((cause: unknown) => log.error("can't clear the skeleton", { error: cause }))
      this.emit(new SyncFailEvent(goal.target, error))
      return
    }
    // The store can't be written, or the chain was changed under the blocks on their way: all that waits is asked for again.
    const say = error.message === this.#lastError ? log.debug : log.error
    say.call(log, `sync stops, and tries again every ${RETRY_MS / 1000} s: ${error.message}`, { error })
    this.#lastError = error.message
    this.#pipe.cut(0n)
    this.#isOpen = false
    this.#pausedUntil = clock.now() + RETRY_MS
  }

  async #forget(): Promise<void> {
    this.#headerFetcher.reset()
    this.#pipe.cut(0n)
    await this.#skeleton.reset()
  }

  #findWaitingFor(): string | undefined {
    if (this.#sought !== undefined && !this.#lookup.isBusy) {
      return `a peer that has the header of the target 0x${bytesToHex(this.#sought.hash)}`
    }
    if (this.#goal === undefined) return undefined
    const { top } = this.#skeleton
    if (this.#stage === 'headers' && top !== undefined && this.#headerFetcher.isIdle) {
      return `a peer that has header ${top.tail - 1n}`
    }
    return this.#pipe.isImporting ? undefined : this.#blocks.waitsFor
  }
}
