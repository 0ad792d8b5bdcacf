import type { Common } from '@ethereumjs/common'
import {
  type BySender,
  type ChainReader,
  type Hash,
  HeadEvent,
  PoolAddEvent,
  type PoolAddOptions,
  type PoolAnswer,
  PoolDropEvent,
  type PoolEventMap,
  type PooledTransaction,
  type StateReader,
  type Transaction,
  type TransactionPool,
} from '@ethspan/chain'
import {
  asError,
  bytesToHex,
  type Clock,
  Emitter,
  equalBytes,
  type Logger,
  Serial,
  silentLogger,
  systemClock,
  type Timer,
} from '@ethspan/core'
import { BlobProofs } from './blobs/proofs.js'
import { readChanges } from './chain-changes.js'
import { Changes } from './changes.js'
import { identify, type Origin, readCandidate } from './checks/read.js'
import { type Rules, rulesAt } from './checks/rules.js'
import type { Entry } from './entry.js'
import { ChainFacts } from './facts.js'
import { HeadFollower } from './head-follower.js'
import { ALREADY_KNOWN, findPlace, type Place, type PoolParts, putInPlace, takeOut, trimQueue } from './insert.js'
import { defaultPoolLimits, EXPIRY_INTERVAL_MS, type PoolLimits } from './limits.js'
import { isRefusal, type Refusal, refusal } from './refusal.js'
import type { Account } from './store/account.js'
import { Contents } from './store/contents.js'
import { Turns } from './turns.js'

export interface TxPoolOptions {
  readonly chain: ChainReader
  /** Default: none; then balances are not known, and nonces only as far as blocks tell them. */
  readonly state?: StateReader
  /** The chain's rules, see `chainCommon`. */
  readonly common: Common
  readonly clock?: Clock
  readonly log?: Logger
  /** Default {@link defaultPoolLimits}. */
  readonly limits?: Partial<PoolLimits>
  /** What checks the proofs of blobs. */
  readonly proofs?: Pick<BlobProofs, 'verify'>
}

/**
 * The pool of transactions that wait for a block: geth's `txpool.TxPool` with both of its pools. Whatever it holds has a bound,
 * in all, for each account and for each peer; a full pool drops what pays least.
 */
export class TxPool extends Emitter<PoolEventMap> implements TransactionPool {
  readonly #chain: ChainReader
  readonly #common: Common
  readonly #clock: Clock
  readonly #log: Logger
  readonly #proofs: Pick<BlobProofs, 'verify'>
  readonly #parts: PoolParts
  readonly #follower: HeadFollower
  /** What changes the pool comes one after the other. */
  readonly #serial = new Serial()
  /** Heads that are not taken in yet. */
  readonly #heads: HeadEvent[] = []
  /** The last one that is: what the rules are those of. */
  #head: Hash
  #rules: Rules
  #expiry: Timer | undefined
  #isRunning = false

  constructor({ chain, state, common, clock = systemClock, log = silentLogger, limits, proofs }: TxPoolOptions) {
    super()
    const { hash, header } = chain.head()
    this.#chain = chain
    this.#common = common
    this.#clock = clock
    this.#log = log
    this.#proofs = proofs ?? new BlobProofs(clock)
    const all = { ...defaultPoolLimits, ...limits }
    this.#parts = { contents: new Contents(all), facts: new ChainFacts(state, header), limits: all }
    this.#follower = new HeadFollower(this.#parts)
    this.#head = hash
    this.#rules = rulesAt(common, chain.config, header)
  }

  /** Follows the chain's head from now on. What blocks took while nobody followed is known by the state alone. */
  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#chain.addEventListener('head', this.#onHead)
    const head = this.#chain.head()
    if (!equalBytes(head.hash, this.#head)) this.#onHead(new HeadEvent(head, [], []))
    this.#setExpiry()
  }

  /** Resolves when what was under way is done. The transactions stay. */
  async stop(): Promise<void> {
    this.#isRunning = false
    this.#chain.removeEventListener('head', this.#onHead)
    this.#expiry?.cancel()
    await this.idle()
  }

  /** Resolves when all that was given to the pool and all heads told until now are taken in. */
  async idle(): Promise<void> {
    await this.#serial.idle()
  }

  async add(transactions: readonly Transaction[], options: PoolAddOptions = {}): Promise<PoolAnswer[]> {
    const { local = false, peer } = options
    const minTip = local ? 0n : this.#parts.limits.priceLimit
    const origin: Origin = { isLocal: local, peer, since: this.#clock.now(), minTip }
    const turns = new Turns(this.#clock)
    const checked: (Entry | Refusal)[] = []
    for (const tx of transactions) {
      checked.push(await this.#check(tx, origin))
      await turns.pause()
    }
    return this.#serial.run(async () => {
      const changes = new Changes()
      const answers: PoolAnswer[] = []
      for (const entry of checked) answers.push(isRefusal(entry) ? entry : await this.#insert(entry, changes))
      this.#finish(changes)
      return answers
    })
  }

  has(hash: Hash): boolean {
    return this.#parts.contents.get(bytesToHex(hash)) !== undefined
  }

  get(hash: Hash): PooledTransaction | undefined {
    return this.#parts.contents.get(bytesToHex(hash))
  }

  transaction(hash: Hash): Uint8Array | undefined {
    return this.#parts.contents.get(bytesToHex(hash))?.encoded
  }

  pending(): BySender {
    return this.#bySender((account) => account.pending)
  }

  queued(): BySender {
    return this.#bySender((account) => account.queued)
  }

  counts(): { readonly pending: number; readonly queued: number; readonly bytes: number } {
    const { plain, blobs } = this.#parts.contents
    return {
      pending: plain.pending + blobs.pending,
      queued: plain.queued + blobs.queued,
      bytes: plain.bytes + blobs.bytes,
    }
  }

  nextNonce(sender: Uint8Array): bigint | undefined {
    const account = this.#parts.contents.account(bytesToHex(sender))
    return account === undefined || account.pendingCount === 0 ? undefined : account.nextNonce
  }

  /** All that can be said of a transaction before its turn comes, what costs most last. */
  async #check(tx: Transaction, origin: Origin): Promise<Entry | Refusal> {
    const hash = identify(tx, this.#rules)
    if (isRefusal(hash)) return hash
    if (this.has(hash)) return ALREADY_KNOWN
    const candidate = readCandidate(tx, hash, this.#rules, origin)
    if (isRefusal(candidate)) return candidate
    const { entry, sidecar } = candidate
    if (sidecar === undefined) return entry
    // Whoever has no place here, or nothing to pay with, makes nobody calculate.
    const early = await this.#serial.run(() => this.#findPlace(entry))
    if (isRefusal(early)) return early
    try {
      if (await this.#proofs.verify(sidecar)) return entry
    } catch (error) {
      this.#log.warn('the code that checks blobs could not be loaded', { error: asError(error) })
      return refusal('capacity', 'blobs can not be checked now')
    }
    return refusal('invalid-sidecar', 'KZG verification error: the blobs are not proven')
  }

  async #insert(entry: Entry, changes: Changes): Promise<PoolAnswer> {
    const { fees, fork } = this.#rules
    // A fork came while it was checked.
    const current = entry.tx.common.hardfork() === fork ? entry : this.#readAgain(entry)
    if (isRefusal(current)) return current
    const place = await this.#findPlace(current)
    if (isRefusal(place)) return place
    const replaced = putInPlace(current, place, this.#parts, fees, changes)
    return replaced === undefined ? { added: current } : { added: current, replaced }
  }

  async #findPlace(entry: Entry): Promise<Place | Refusal> {
    try {
      return await findPlace(entry, this.#parts, this.#rules.fees)
    } catch (error) {
      this.#log.warn("the account of a transaction's sender could not be read", { error: asError(error) })
      return refusal('capacity', "the sender's account can't be read now")
    }
  }

  #readAgain(entry: Entry): Entry | Refusal {
    const candidate = readCandidate(entry, entry.hash, this.#rules, { ...entry, minTip: 0n })
    return isRefusal(candidate) ? candidate : candidate.entry
  }

  readonly #onHead = (event: HeadEvent): void => {
    this.#heads.push(event)
    this.#serial
      .run(() => this.#follow())
      .catch((error) => this.#log.error('the pool could not take in a new head', { error: asError(error) }))
  }

  /** Takes in all heads that were told until now; those whose blocks can't be read are left for the next time. */
  async #follow(): Promise<void> {
    const events = [...this.#heads]
    const head = events.at(-1)?.head
    if (head === undefined) return
    const turns = new Turns(this.#clock)
    const found = await readChanges(this.#chain, events, turns)
    this.#heads.splice(0, events.length)
    const before = this.#rules
    this.#rules = rulesAt(this.#common, this.#chain.config, head.header, before)
    this.#head = head.hash
    this.#parts.facts.setHead(head.header)
    const isFork = this.#rules.fork !== before.fork
    const changes = new Changes()
    try {
      await this.#follower.follow({ rules: this.#rules, isFork, found, now: this.#clock.now() }, changes, turns)
    } finally {
      this.#finish(changes)
    }
  }

  #setExpiry(): void {
    this.#expiry = this.#clock.setTimeout(() => {
      void this.#serial.run(() => this.#expire())
      this.#setExpiry()
    }, EXPIRY_INTERVAL_MS)
  }

  #expire(): void {
    const changes = new Changes()
    const { contents } = this.#parts
    for (const compartment of contents.compartments) {
      takeOut(compartment.expired(this.#clock.now()), contents, this.#rules.fees, changes)
    }
    this.#finish(changes)
  }

  /** Ends a piece of work: keeps the queue in its bounds, and tells what changed. */
  #finish(changes: Changes): void {
    trimQueue(this.#parts, this.#rules.fees, changes)
    const { added, dropped } = changes
    if (dropped.length > 0) this.emit(new PoolDropEvent(dropped))
    if (added.length > 0) this.emit(new PoolAddEvent(added))
  }

  #bySender(pick: (account: Account) => readonly Entry[]): BySender {
    const found = new Map<string, readonly Entry[]>()
    for (const compartment of this.#parts.contents.compartments) {
      for (const account of compartment.accounts.values()) {
        const entries = pick(account)
        if (entries.length > 0) found.set(account.key, entries)
      }
    }
    return found
  }
}
