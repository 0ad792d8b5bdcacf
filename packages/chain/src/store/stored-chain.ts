// The chain in a store: see layout.ts for what lies there.
import { bytesToHex, Emitter, EthspanError, equalBytes, type Logger } from '@ethspan/core'
import type { Block } from '../block/block.js'
import { decodeBody } from '../block/body.js'
import type { Hash } from '../block/fields.js'
import { decodeHeader } from '../block/header.js'
import type { ChainConfig, ChainForks } from '../config/chain-config.js'
import type { ChainSpec } from '../config/chain-spec.js'
import {
  type BlockId,
  type BlockToKeep,
  type Chain,
  type ChainEventMap,
  type ChainHead,
  HeadEvent,
  type TransactionPlace,
} from '../contract/chain.js'
import type { ChainDb } from './chain-db.js'
import { chainHead, headSteps, joinChain } from './head-steps.js'
import { type HotHeader, HotHeaders } from './hot-headers.js'
import {
  type BlockRecord,
  blockKey,
  type ChainState,
  type Change,
  canonicalKey,
  decodeNumber,
  decodePlace,
  decodeReceipts,
  encodeState,
  keepBlock,
  numberKey,
  STATE_KEY,
  transactionKey,
} from './layout.js'
import { dropPlaces, lowerMarks, nextPruneStep, type PruneStep } from './prune.js'

/** The blocks that a chain's state names. */
export interface Heads {
  readonly head: ChainHead
  readonly safe?: ChainHead
  readonly finalized?: ChainHead
}

export interface StoredChainOptions {
  /** Open. */
  readonly db: ChainDb
  readonly spec: ChainSpec
  readonly state: ChainState
  readonly heads: Heads
  readonly keep: number | undefined
  readonly log: Logger
}

export class StoredChain extends Emitter<ChainEventMap> implements Chain {
  readonly networkId: bigint
  readonly config: ChainConfig
  readonly forks: ChainForks
  readonly genesis: ChainHead
  readonly #db: ChainDb
  readonly #keep: number | undefined
  readonly #log: Logger
  readonly #hot = new HotHeaders()
  #state: ChainState
  #heads: Heads
  /** The last of the calls that write: they run one after the other. */
  #writing: Promise<unknown> = Promise.resolve()
  /** While a new head is on its way to the disk. */
  #moving: Promise<void> | undefined
  /** How often something was pruned. */
  #prunings = 0
  #isPruningLater = false
  #closing: Promise<void> | undefined
  #isClosed = false

  constructor({ db, spec, state, heads, keep, log }: StoredChainOptions) {
    super()
    this.networkId = spec.networkId
    this.config = spec.config
    this.forks = spec.forks
    this.genesis = chainHead(spec.genesis.hash, spec.genesis.header)
    this.#db = db
    this.#state = state
    this.#heads = heads
    this.#keep = keep
    this.#log = log
    // What a crash left, or an option that keeps fewer blocks than before.
    void this.#pruneLater()
  }

  // ---- reading ----

  head(): ChainHead {
    return this.#heads.head
  }

  safe(): ChainHead | undefined {
    return this.#heads.safe
  }

  finalized(): ChainHead | undefined {
    return this.#heads.finalized
  }

  earliest(): bigint {
    return this.#state.earliest
  }

  async canonicalHash(number: bigint): Promise<Hash | undefined> {
    // Known without the store, and canonical on every branch.
    if (number === 0n) return this.genesis.hash
    this.#checkOpen()
    for (;;) {
      const { head } = this.#heads
      const isThere = number <= head.number && number >= this.#state.earliest
      const hash = isThere ? (this.#hot.canonicalHash(number) ?? (await this.#db.get(canonicalKey(number)))) : undefined
      // What is read while the head moves may be of the old chain or of the new one. All that is told goes with `head()`.
      if (this.#moving === undefined && head === this.#heads.head) {
        if (hash !== undefined) this.#hot.remember({ number, hash }, head.number)
        return hash
      }
      await this.#moving?.catch(() => undefined)
    }
  }

  async header(at: bigint | Hash): Promise<Uint8Array | undefined> {
    if (typeof at !== 'bigint') return (await this.#header(at))?.raw
    const hash = await this.canonicalHash(at)
    return hash && (await this.#header(hash, at))?.raw
  }

  async body(hash: Hash): Promise<Uint8Array | undefined> {
    return this.#record('body', hash)
  }

  async receipts(hash: Hash): Promise<readonly Uint8Array[] | undefined> {
    const bytes = await this.#record('receipts', hash)
    return bytes && decodeReceipts(bytes)
  }

  async accessList(hash: Hash): Promise<Uint8Array | undefined> {
    return this.#record('accessList', hash)
  }

  async block(at: bigint | Hash): Promise<Block | undefined> {
    const hash = typeof at === 'bigint' ? await this.canonicalHash(at) : at
    const header = hash && (await this.header(hash))
    const body = header && (await this.body(hash))
    return body && { hash, header: decodeHeader(header), body: decodeBody(body) }
  }

  async transactionPlace(hash: Hash): Promise<TransactionPlace | undefined> {
    this.#checkOpen()
    for (;;) {
      const { head } = this.#heads
      const bytes = await this.#db.get(transactionKey(hash))
      const place = bytes && decodePlace(bytes)
      const canonical = place && (await this.canonicalHash(place.number))
      if (canonical && equalBytes(canonical, place.hash)) return place
      // Where the head moved meanwhile it may be in another block now.
      if (this.#moving === undefined && head === this.#heads.head) return undefined
      await this.#moving?.catch(() => undefined)
    }
  }

  async #header(hash: Hash, known?: bigint): Promise<HotHeader | undefined> {
    this.#checkOpen()
    const hot = this.#hot.get(hash)
    if (hot !== undefined) return hot
    const prunings = this.#prunings
    const number = known ?? (await this.#number(hash))
    const raw = number === undefined ? undefined : await this.#db.get(blockKey('header', { number, hash }))
    if (number === undefined || raw === undefined) return undefined
    const header = { number, raw }
    // It may be gone by now, and must not seem to be there.
    if (prunings === this.#prunings) this.#hot.add(hash, header)
    return header
  }

  async #record(record: BlockRecord, hash: Hash): Promise<Uint8Array | undefined> {
    this.#checkOpen()
    const number = this.#hot.get(hash)?.number ?? (await this.#number(hash))
    return number === undefined ? undefined : this.#db.get(blockKey(record, { number, hash }))
  }

  async #number(hash: Hash): Promise<bigint | undefined> {
    const bytes = await this.#db.get(numberKey(hash))
    return bytes && decodeNumber(bytes)
  }

  // ---- writing ----

  putBlocks(blocks: readonly BlockToKeep[]): Promise<void> {
    return this.#write(async () => {
      if (blocks.length === 0) return
      const changes = blocks.flatMap(keepBlock)
      const state = lowerMarks(this.#state, blocks)
      if (state !== this.#state) changes.push(stateChange(state))
      await this.#db.write(changes)
      this.#state = state
      for (const { hash, header } of blocks) this.#hot.add(hash, { number: header.number, raw: header.raw })
    })
  }

  setHead(hash: Hash): Promise<void> {
    return this.#write(async () => {
      if (equalBytes(hash, this.#state.head.hash)) return
      await this.#pruneStale()
      const way = await this.#wayTo(hash)
      for await (const { changes, head, added, removed } of headSteps({ ...way, db: this.#db, from: this.head() })) {
        // What was said of a block that is no longer canonical is no longer true.
        const still = (mark: ChainHead | undefined) =>
          removed.some(({ number }) => number === mark?.number) ? undefined : mark
        const heads = { head, safe: still(this.safe()), finalized: still(this.finalized()) }
        await this.#commit(changes, this.#state, heads, () => {
          for (const { number } of removed) this.#hot.leave(number)
          for (const block of added) this.#hot.join(block)
        })
        this.emit(new HeadEvent(head, added, removed))
      }
      if (await this.#prune(PRUNE_STEPS)) void this.#pruneLater()
    })
  }

  rebase(block: BlockToKeep): Promise<void> {
    return this.#write(async () => {
      await this.#pruneStale()
      const old = this.head()
      const head = chainHead(block.hash, block.header)
      const { number } = head
      const replaced = await this.#db.get(canonicalKey(number))
      const changes = replaced === undefined ? [] : await dropPlaces(this.#db, { number, hash: replaced })
      changes.push(...keepBlock(block), ...joinChain(head, block.body))
      const stale = old.number > number ? old.number : 0n
      const state = { ...lowerMarks(this.#state, [block]), earliest: number, stale }
      await this.#commit(changes, state, { head }, () => {
        this.#hot.clearCanonical()
        this.#hot.join(head)
      })
      if (!equalBytes(old.hash, head.hash)) this.emit(new HeadEvent(head, [head], []))
      if (await this.#prune(PRUNE_STEPS)) void this.#pruneLater()
    })
  }

  setFinality({ safe, finalized }: { readonly safe?: Hash; readonly finalized?: Hash }): Promise<void> {
    return this.#write(async () => {
      const mark = async (hash: Hash, what: string): Promise<ChainHead> => {
        const known = await this.#header(hash)
        const canonical = known && (await this.canonicalHash(known.number))
        if (canonical && equalBytes(canonical, hash)) return chainHead(hash, decodeHeader(known.raw))
        const why = known === undefined ? 'is not known' : 'is not on the canonical chain'
        throw new EthspanError('ERR_STATE', `block 0x${bytesToHex(hash)} can't be ${what}: it ${why}`)
      }
      const { head, ...told } = this.#heads
      const heads = {
        head,
        safe: safe === undefined ? told.safe : await mark(safe, 'safe'),
        finalized: finalized === undefined ? told.finalized : await mark(finalized, 'finalized'),
      }
      await this.#commit([], this.#state, heads, () => undefined)
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#writing.then(() => {
      this.#isClosed = true
      return this.#db.close()
    })
    return this.#closing
  }

  /** Headers in memory would be told still. */
  #checkOpen(): void {
    if (this.#isClosed) throw closed()
  }

  /** One call after the other. */
  async #write<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw closed()
    const done = this.#writing.then(work)
    this.#writing = done.catch(() => undefined)
    return done
  }

  /** From a block down to the canonical chain. */
  async #wayTo(hash: Hash): Promise<{ base: bigint; branch: BlockId[] }> {
    const refused = (why: string) =>
      new EthspanError('ERR_STATE', `block 0x${bytesToHex(hash)} can't be the head: ${why}`)
    const branch: BlockId[] = []
    for (let at = hash; ; ) {
      const known = await this.#header(at)
      if (known === undefined) {
        throw refused(branch.length === 0 ? 'it is not known' : `its ancestor 0x${bytesToHex(at)} is not known`)
      }
      const { number, raw } = known
      if (number < this.#state.earliest)
        throw refused(`it does not stand on block ${this.#state.earliest}, the first kept`)
      const canonical = await this.canonicalHash(number)
      if (canonical && equalBytes(canonical, at)) return { base: number, branch: branch.reverse() }
      branch.push({ number, hash: at })
      at = decodeHeader(raw).parentHash
    }
  }

  async #commit(changes: readonly Change[], state: ChainState, heads: Heads, onDisk: () => void): Promise<void> {
    const { head, safe, finalized } = heads
    const next = {
      ...state,
      head: { number: head.number, hash: head.hash },
      safe: safe?.hash,
      finalized: finalized?.hash,
    }
    this.#moving = this.#db.write([...changes, stateChange(next)])
    try {
      await this.#moving
    } finally {
      this.#moving = undefined
    }
    this.#state = next
    this.#heads = heads
    onDisk()
  }

  /** A head above would make the old chain's numbers canonical again. */
  async #pruneStale(): Promise<void> {
    while (this.#state.stale > this.#state.head.number) {
      const step = await nextPruneStep(this.#db, this.#state, this.#keep)
      await this.#pruned(step!)
    }
  }

  /** Frees what is no longer needed, for so many steps; says whether there is more. Failing at it harms nobody: the next head tries again. */
  async #prune(steps: number): Promise<boolean> {
    try {
      for (let i = 0; i < steps && this.#closing === undefined; i++) {
        const step = await nextPruneStep(this.#db, this.#state, this.#keep)
        if (step === undefined) return false
        await this.#pruned(step)
      }
      return true
    } catch (error) {
      this.#log.warn("can't prune the chain", { error })
      return false
    }
  }

  /** All that is left, a step at a time, so that nobody who writes waits for all of them. */
  async #pruneLater(): Promise<void> {
    if (this.#isPruningLater) return
    this.#isPruningLater = true
    while (this.#closing === undefined && (await this.#write(() => this.#prune(1)))) {}
    this.#isPruningLater = false
  }

  async #pruned({ changes, dropped, state }: PruneStep): Promise<void> {
    // How far it looked in vain is written with the next change.
    if (changes.length > 0) await this.#db.write([...changes, stateChange(state)])
    this.#state = state
    this.#prunings++
    for (const hash of dropped) this.#hot.delete(hash)
  }
}

/** Steps of pruning for which a new head waits: more than it makes necessary, as a rule. */
const PRUNE_STEPS = 16

const closed = () => new EthspanError('ERR_CLOSED', 'the chain is closed')

const stateChange = (state: ChainState): Change => ({ key: STATE_KEY, value: encodeState(state) })
