import {
  BLOB_TX_TYPE,
  type Hash,
  type PoolAddEvent,
  type PoolAnswer,
  type PoolDropEvent,
  type PooledTransaction,
  type PoolRefusal,
  type Transaction,
  type TransactionPool,
  transactionHash,
} from '@ethspan/chain'
import {
  bytesToHex,
  type Clock,
  DiscReason,
  type Logger,
  type RandomBytes,
  silentLogger,
  systemClock,
  systemRandomBytes,
} from '@ethspan/core'
import { breach } from '../handshake.js'
import {
  ADD_TXS_BATCH,
  FORGIVE_INVALID_MS,
  MAX_BROADCAST_TX_BYTES,
  MAX_INVALID_TRANSACTIONS,
  MAX_KNOWN_TRANSACTIONS,
  MAX_REFUSED_PART,
  MAX_UNWANTED_TRANSACTIONS,
  REFUSED_PAUSE_MS,
  UNWANTED_MS,
} from '../limits.js'
import type { TransactionAnnouncement } from '../messages/transactions.js'
import { BroadcastChoice } from './broadcast-choice.js'
import type { GossipPeer } from './gossip-peer.js'
import { Outbox } from './outbox.js'
import { RecentSet } from './recent-set.js'
import { type Delivered, TxFetcher } from './tx-fetcher.js'

export interface TransactionGossipOptions {
  readonly pool: TransactionPool
  /** This node's id, 64 hex digits. */
  readonly self: string
  /** Whether transactions are taken from peers. geth takes none before its first sync is over. Default: always. */
  readonly accepts?: () => boolean
  /** Told which transactions a peer was sent, whole or by their hashes. */
  readonly onSent?: (peer: string, hashes: readonly Hash[]) => void
  readonly clock?: Clock
  readonly randomBytes?: RandomBytes
  readonly log?: Logger
}

interface Neighbour {
  readonly peer: GossipPeer
  /** What it has, as far as we know: it sent or announced it, or was told of it. */
  readonly known: RecentSet
  readonly outbox: Outbox
  /** Invalid transactions that are not forgiven yet, as of `struckAt`, milliseconds. */
  strikes: number
  struckAt: number
}

/**
 * Passes transactions on among peers, as geth does: whole to a few, announced to the others, and fetched where they are announced.
 * The methods are those of `EthHandlers`; nobody is told what they have.
 */
export class TransactionGossip {
  readonly #pool: TransactionPool
  readonly #clock: Clock
  readonly #log: Logger
  readonly #accepts: () => boolean
  readonly #onSent: (peer: string, hashes: readonly Hash[]) => void
  readonly #choice: BroadcastChoice
  readonly #fetcher: TxFetcher
  readonly #neighbours = new Map<string, Neighbour>()
  /** Too cheap, or gone from the pool: not fetched again for a while. */
  readonly #unwanted = new RecentSet(MAX_UNWANTED_TRANSACTIONS)

  constructor(options: TransactionGossipOptions) {
    const { pool, self, clock = systemClock, randomBytes = systemRandomBytes, log = silentLogger } = options
    this.#pool = pool
    this.#clock = clock
    this.#log = log
    this.#accepts = options.accepts ?? (() => true)
    this.#onSent = options.onSent ?? (() => undefined)
    this.#choice = new BroadcastChoice(self, randomBytes)
    this.#fetcher = new TxFetcher({
      clock,
      ask: async (id, hashes) => (await this.#neighbours.get(id)?.peer.getPooledTransactions(hashes)) ?? [],
      take: (id, transactions, asked) => this.#takeAnswer(id, transactions, asked),
      onFault: (id, detail) => this.#end(id, detail),
    })
  }

  /** Tells peers what comes into the pool from now on. */
  start(): void {
    this.#pool.addEventListener('add', this.#onAdd)
    this.#pool.addEventListener('drop', this.#onDrop)
  }

  stop(): void {
    this.#pool.removeEventListener('add', this.#onAdd)
    this.#pool.removeEventListener('drop', this.#onDrop)
    this.#fetcher.stop()
    for (const { outbox } of this.#neighbours.values()) outbox.close()
    this.#neighbours.clear()
  }

  /** A peer has come. It is told what the pool has. */
  connected(peer: GossipPeer): void {
    const outbox = new Outbox(peer, this.#pool, (hashes) => this.#onSent(peer.id, hashes))
    const neighbour: Neighbour = {
      peer,
      known: new RecentSet(MAX_KNOWN_TRANSACTIONS),
      outbox,
      strikes: 0,
      struckAt: this.#clock.now(),
    }
    this.#neighbours.get(peer.id)?.outbox.close()
    this.#neighbours.set(peer.id, neighbour)
    this.#fetcher.addPeer(peer.id)
    const pending = [...this.#pool.pending().values()].flat()
    for (const { hash } of pending) neighbour.known.add(bytesToHex(hash))
    outbox.announce(pending.map(({ hash }) => hash))
  }

  disconnected(peer: GossipPeer): void {
    const neighbour = this.#neighbours.get(peer.id)
    // Another connection to the same node may have taken its place.
    if (neighbour?.peer !== peer) return
    neighbour.outbox.close()
    this.#neighbours.delete(peer.id)
    this.#fetcher.removePeer(peer.id)
  }

  /** Announces transactions of the pool to all peers, also to those that know them: who refused one may take it now. */
  announceAgain(hashes: readonly Hash[]): void {
    for (const { outbox } of this.#neighbours.values()) outbox.announce(hashes)
  }

  /** Transactions that nobody asked for. @throws {DisconnectError} for blobs, and for one that comes twice. */
  async transactions(peer: GossipPeer, transactions: readonly Transaction[]): Promise<void> {
    if (this.#neighbours.get(peer.id)?.peer !== peer || !this.#accepts()) return
    if (transactions.some(({ type }) => type === BLOB_TX_TYPE)) throw breach('sent a transaction with blobs unasked')
    this.#fetcher.delivered(await this.#take(peer.id, transactions))
  }

  newPooledTransactionHashes(peer: GossipPeer, announced: readonly TransactionAnnouncement[]): void {
    const neighbour = this.#neighbours.get(peer.id)
    if (neighbour?.peer !== peer || !this.#accepts()) return
    const now = this.#clock.now()
    const wanted = announced.flatMap((one) => {
      const key = bytesToHex(one.hash)
      neighbour.known.add(key)
      return this.#pool.has(one.hash) || this.#unwanted.has(key, now) ? [] : [{ ...one, key }]
    })
    this.#fetcher.announce(peer.id, wanted)
  }

  readonly #onAdd = ({ transactions }: PoolAddEvent): void => this.#spread(transactions)

  readonly #onDrop = ({ transactions }: PoolDropEvent): void => {
    for (const { hash } of transactions) this.#unwanted.add(bytesToHex(hash), this.#clock.now() + UNWANTED_MS)
  }

  /** Whole to a few, announced to the others. Source: geth, `BroadcastTransactions`. */
  #spread(transactions: readonly PooledTransaction[]): void {
    const ids = [...this.#neighbours.keys()]
    const whole = new Map<string, Hash[]>(ids.map((id) => [id, []]))
    const announced = new Map<string, Hash[]>(ids.map((id) => [id, []]))
    const chosen = new Map<string, ReadonlySet<string>>()
    for (const { hash, type, size, sender } of transactions) {
      const key = bytesToHex(hash)
      const from = bytesToHex(sender)
      let direct = NOBODY
      if (type !== BLOB_TX_TYPE && size <= MAX_BROADCAST_TX_BYTES) {
        direct = chosen.get(from) ?? this.#choice.choose(ids, sender)
        chosen.set(from, direct)
      }
      for (const [id, { known }] of this.#neighbours) {
        if (known.has(key)) continue
        known.add(key)
        ;(direct.has(id) ? whole : announced).get(id)!.push(hash)
      }
    }
    for (const [id, { outbox }] of this.#neighbours) {
      outbox.broadcast(whole.get(id)!)
      outbox.announce(announced.get(id)!)
    }
  }

  async #takeAnswer(
    id: string,
    transactions: readonly Transaction[],
    asked: ReadonlySet<string>,
  ): Promise<Delivered[]> {
    try {
      for (const tx of transactions) {
        const key = bytesToHex(transactionHash(tx))
        if (!asked.has(key)) throw breach(`sent transaction ${key}, which it was not asked for`)
      }
      return await this.#take(id, transactions)
    } catch (error) {
      this.#end(id, error instanceof Error ? error.message : String(error))
      throw error
    }
  }

  /** Gives transactions of a peer to the pool. @throws {DisconnectError} where that peer must end. */
  async #take(id: string, transactions: readonly Transaction[]): Promise<Delivered[]> {
    const all = transactions.map((tx) => ({ tx, key: bytesToHex(transactionHash(tx)) }))
    if (new Set(all.map(({ key }) => key)).size < all.length) throw breach('sent a transaction twice at once')
    for (const { key } of all) this.#neighbours.get(id)?.known.add(key)
    const delivered: Delivered[] = []
    for (let i = 0; i < all.length; i += ADD_TXS_BATCH) {
      const batch = all.slice(i, i + ADD_TXS_BATCH)
      const answers = await this.#pool.add(
        batch.map(({ tx }) => tx),
        { peer: id },
      )
      for (const [i, { tx, key }] of batch.entries()) {
        const isProven = tx.type !== BLOB_TX_TYPE || 'added' in answers[i]!
        delivered.push({ key, type: tx.type, size: isProven ? tx.bytes.length : undefined })
      }
      await this.#judge(id, batch, answers)
    }
    return delivered
  }

  /** What refusals mean for whoever sent the transactions. @throws {DisconnectError} */
  async #judge(id: string, batch: readonly { readonly key: string }[], answers: readonly PoolAnswer[]): Promise<void> {
    const until = this.#clock.now() + UNWANTED_MS
    let refused = 0
    let invalid = 0
    for (const [i, answer] of answers.entries()) {
      if ('added' in answer) continue
      const { key } = batch[i]!
      if (answer.refused === 'invalid-sidecar') throw breach(`sent transaction ${key}: ${answer.message}`)
      if (answer.refused === 'underpriced') this.#unwanted.add(key, until)
      if (answer.refused === 'invalid') {
        invalid++
        this.#log.debug('invalid transaction', { peer: id, hash: key, reason: answer.message })
      }
      if (!HARMLESS.has(answer.refused)) refused++
    }
    const neighbour = this.#neighbours.get(id)
    if (neighbour !== undefined && invalid > 0) this.#strike(neighbour, invalid)
    if (refused > batch.length * MAX_REFUSED_PART) await this.#pause()
  }

  #strike(neighbour: Neighbour, invalid: number): void {
    const now = this.#clock.now()
    const forgiven = (now - neighbour.struckAt) / FORGIVE_INVALID_MS
    neighbour.strikes = Math.max(0, neighbour.strikes - forgiven) + invalid
    neighbour.struckAt = now
    if (neighbour.strikes > MAX_INVALID_TRANSACTIONS) throw breach('sent too many invalid transactions')
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#clock.setTimeout(resolve, REFUSED_PAUSE_MS))
  }

  /** Once: nothing more is taken of a peer that is being ended, nor said of it. */
  #end(id: string, detail: string): void {
    const peer = this.#neighbours.get(id)?.peer
    if (peer === undefined) return
    this.#log.warn('peer broke the rules of gossip', { peer: id, reason: detail })
    this.disconnected(peer)
    void peer.peer.disconnect(DiscReason.SubprotocolError)
  }
}

const NOBODY: ReadonlySet<string> = new Set()
/** Refusals that say nothing against a peer: others were faster, or the pool has better ones. Source: geth, `handleAddErrors`. */
const HARMLESS: ReadonlySet<PoolRefusal> = new Set<PoolRefusal>(['already-known', 'underpriced'])
