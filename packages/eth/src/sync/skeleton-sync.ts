// Follows a head: headers back from it, then the blocks on them forward, several peers at a time: geth's `downloader`.
import {
  type BlockExecutor,
  type BlockImporter,
  type Chain,
  type HeadSource,
  type SyncEventMap,
  SyncedEvent,
  SyncFailEvent,
  type Synchroniser,
  type SyncProgress,
} from '@ethspan/chain'
import { asError, bytesToHex, type Clock, Emitter, EthspanError, equalBytes, type Logger } from '@ethspan/core'
import type { Store } from '@ethspan/node'
import { Doorbell } from '../doorbell.js'
import { MAX_WINDOW_BYTES, RETRY_MS, SYNC_TICK_MS } from '../limits.js'
import type { PeerSet } from '../peers/peer-set.js'
import { BadBlocks, isInvalidBlock } from './bad-blocks.js'
import { BlockFetcher } from './block-fetcher.js'
import { BlockPipe } from './block-pipe.js'
import { HeaderFetcher } from './header-fetcher.js'
import { HeaderSync } from './header-sync.js'
import { Skeleton } from './skeleton.js'
import { type HashedHeader, SkeletonStore } from './skeleton-store.js'
import { SyncReport } from './sync-report.js'
import { type FollowTarget, type Goal, Targets } from './targets.js'
import { checkToldHead, mayBeginAnew, tooFarBack } from './told-head.js'

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

/**
 * One loop that does all that changes something, woken by whatever happens: a target, an answer, a peer, an import that is
 * over. Requests run beside it, and so does the import of the blocks that are complete.
 */
export class SkeletonSync extends Emitter<SyncEventMap> implements Synchroniser {
  readonly #options: SkeletonSyncOptions
  readonly #bell: Doorbell
  readonly #targets: Targets
  readonly #skeleton: Skeleton
  readonly #headerFetcher: HeaderFetcher
  readonly #headers: HeaderSync
  readonly #blocks: BlockFetcher
  readonly #pipe: BlockPipe
  readonly #report: SyncReport
  readonly #bad = new BadBlocks()
  #lastSource: HeadSource | undefined
  #goal: Goal | undefined
  #startingBlock = 0n
  /** The lowest header of the way that was there. */
  #wayFrom = 0n
  #stage: SyncProgress['stage'] = 'headers'
  #waitingFor: string | undefined
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
    this.#targets = new Targets({ chain, peers, onChange })
    this.#skeleton = new Skeleton(new SkeletonStore(store), (from) => this.#pipe.cut(from))
    this.#headerFetcher = new HeaderFetcher({ peers, clock, onChange })
    this.#headers = new HeaderSync({
      chain,
      skeleton: this.#skeleton,
      fetcher: this.#headerFetcher,
      keep,
      executor,
      isBad: (hash) => this.#bad.has(hash),
    })
    this.#blocks = new BlockFetcher({
      peers,
      clock,
      needsReceipts: executor === undefined,
      maxBytes: maxWaitingBytes,
      onChange,
      onInvalid: (number, error) => this.#pipe.found(number, error),
    })
    this.#pipe = new BlockPipe({ chain, importer, skeleton: this.#skeleton, blocks: this.#blocks, onChange })
    this.#report = new SyncReport({ chain, clock, log })
  }

  /** What is followed now, with its header as soon as that is known. */
  get target(): FollowTarget | undefined {
    return this.#targets.newest ?? this.#goal?.target
  }

  /** Who set the last target; undefined before the first one. */
  get lastSource(): HeadSource | undefined {
    return this.#lastSource
  }

  setTarget(target: FollowTarget): void {
    this.#lastSource = target.source
    this.#targets.set(target)
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
    // Before another goal is taken up, as what came of an import is about this one.
    await this.#settle()
    await this.#takeTarget()
    const goal = this.#goal
    if (goal !== undefined) {
      if (await this.#isPassed(goal)) await this.#reached(goal)
      else await this.#approach(goal, signal)
    }
    this.#waitingFor = this.#findWaitingFor()
    this.#report.update(this.progress())
  }

  async #settle(): Promise<void> {
    try {
      await this.#pipe.settle()
    } catch (error) {
      const { top, lowest } = this.#skeleton
      if (!isInvalidBlock(error) || top === lowest) throw error
      // It is on the way to an older target. Where the goal stands on it as well, its own headers will lead to it.
      this.#bad.add(error)
      await this.#skeleton.dropLowest()
    }
  }

  async #approach(goal: Goal, signal: AbortSignal): Promise<void> {
    const { chain } = this.#options
    // After an error, or where somebody else has moved the head.
    if (!this.#leadsTo(goal)) await this.#headers.setTarget(goal)
    const way = await this.#headers.advance(mayBeginAnew(goal, chain))
    if (way === 'astray') {
      await this.#giveUp(goal, tooFarBack(goal, chain))
      return
    }
    this.#stage = way === 'whole' ? 'blocks' : 'headers'
    this.#noteWay()
    if (way === 'open') this.#headers.schedule()
    await this.#pipe.fill(await this.#headers.path())
    this.#pipe.start(signal)
    this.#blocks.schedule()
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
    const next = await this.#targets.next()
    // Until then the one before is followed on.
    if (next !== undefined) await this.#setGoal(next)
  }

  async #setGoal(goal: Goal): Promise<void> {
    const { chain, log } = this.#options
    const { hash, header, target } = goal
    const before = this.#goal
    if (before !== undefined && equalBytes(before.hash, hash)) {
      this.#goal = goal
      this.#targets.done()
      return
    }
    const isPassed = await this.#isPassed(goal)
    // What failed until here is tried again.
    this.#targets.done()
    if (isPassed) {
      log.debug('the chain has the target', { number: header.number, head: chain.head().number, source: target.source })
      // A peer that is behind says nothing against what is followed.
      if (before !== undefined && target.source === 'trusted-peer') this.emit(new SyncedEvent(target))
      else this.#goal = goal
      return
    }
    const refusal = this.#whyRefused(goal)
    if (refusal !== undefined) {
      this.#report.refused(goal, refusal)
      this.emit(new SyncFailEvent(target, refusal))
      return
    }
    this.#goal = goal
    if (before === undefined) {
      this.#startingBlock = chain.head().number
      this.#wayFrom = header.number
    }
    if (await this.#isKnown(goal)) return
    log.debug('sync target', { number: header.number, hash: `0x${bytesToHex(hash)}`, source: target.source })
  }

  /** Why a head that is only a peer's word is not followed. */
  #whyRefused(goal: Goal): Error | undefined {
    const { chain, clock, keep } = this.#options
    if (goal.target.source !== 'trusted-peer') return undefined
    try {
      checkToldHead(goal.header, { chain, clock, keep })
    } catch (error) {
      return asError(error)
    }
    const isKept = keep === undefined || goal.header.number >= chain.earliest()
    return isKept || mayBeginAnew(goal, chain) ? undefined : tooFarBack(goal, chain)
  }

  /** Whether the chain has it, or has dropped it: a checkpoint is never gone back to where only the newest blocks are kept. */
  async #isPassed({ hash, header, target }: Goal): Promise<boolean> {
    const { chain } = this.#options
    if (target.source === 'checkpoint' && header.number < chain.earliest()) return true
    if (header.number > chain.head().number) return false
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
    await this.#forget()
    this.#goal = undefined
    this.#pausedUntil = 0
    this.#lastError = undefined
    this.#report.synced(goal.header)
    this.emit(new SyncedEvent(goal.target))
  }

  // ---- what goes wrong ----

  async #onError(error: Error): Promise<void> {
    const { log, clock } = this.#options
    const goal = this.#goal
    if (goal !== undefined && isInvalidBlock(error)) {
      this.#bad.add(error, goal.hash)
      await this.#giveUp(goal, error)
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

  async #giveUp(goal: Goal, error: Error): Promise<void> {
    const { log } = this.#options
    this.#goal = undefined
    this.#report.failed(goal, error)
    await this.#forget().catch((cause: unknown) => log.error("can't clear the skeleton", { error: cause }))
    this.emit(new SyncFailEvent(goal.target, error))
    // Another may have been told in the meantime.
    this.#bell.ring()
  }

  async #forget(): Promise<void> {
    this.#headerFetcher.reset()
    this.#pipe.cut(0n)
    await this.#skeleton.reset()
  }

  #findWaitingFor(): string | undefined {
    const { waitsFor } = this.#targets
    if (waitsFor !== undefined) return waitsFor
    if (this.#goal === undefined) return undefined
    const { top } = this.#skeleton
    if (this.#stage === 'headers' && top !== undefined && this.#headerFetcher.isIdle) {
      return `a peer that has header ${top.tail - 1n}`
    }
    return this.#pipe.isImporting ? undefined : this.#blocks.waitsFor
  }
}
