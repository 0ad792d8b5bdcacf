import {
  type BySender,
  encodeTransaction,
  PoolAddEvent,
  type PoolAddOptions,
  type PoolAnswer,
  PoolDropEvent,
  type PoolEventMap,
  type PooledTransaction,
  type PoolRefusal,
  type Transaction,
  type TransactionPool,
  transactionHash,
} from '@ethspan/chain'
import { bytesToHex, concatBytes, Emitter, encodeRlp, keccak256 } from '@ethspan/core'
import { SimClock, seededRandomBytes, settle } from '@ethspan/core/testing'
import type { GossipPeer } from '../../src/gossip/gossip-peer.js'
import { TransactionGossip, type TransactionGossipOptions } from '../../src/gossip/transaction-gossip.js'
import type { TransactionAnnouncement } from '../../src/index.js'

/** A typed transaction that nobody signed: what gossip reads of it is its type, its size and its hash. */
export function tx(index: number, { type = 2, size = 100 } = {}): Transaction {
  const bytes = encodeRlp([index, new Uint8Array(size)])
  return { type, bytes: concatBytes(Uint8Array.of(type), bytes) }
}

export const keyOf = (transaction: Transaction): string => bytesToHex(transactionHash(transaction))
export const announced = (transaction: Transaction): TransactionAnnouncement => ({
  hash: transactionHash(transaction),
  type: transaction.type,
  size: transaction.bytes.length,
})

/** The id of a node, told from others by a number. */
export const nodeId = (index: number): string => bytesToHex(keccak256(encodeRlp(index)))

/** A pool that takes all but what it is told to refuse. The sender of a transaction is its first byte's. */
export class TestPool extends Emitter<PoolEventMap> implements TransactionPool {
  readonly #transactions = new Map<string, PooledTransaction>()
  readonly refusals = new Map<string, PoolRefusal>()
  /** What was given to it: who sent it, and how many at once. */
  readonly adds: { readonly peer: string | undefined; readonly count: number }[] = []

  async add(transactions: readonly Transaction[], { peer }: PoolAddOptions = {}): Promise<PoolAnswer[]> {
    this.adds.push({ peer, count: transactions.length })
    const answers = transactions.map((one): PoolAnswer => {
      const refused = this.has(transactionHash(one)) ? 'already-known' : this.refusals.get(keyOf(one))
      return refused === undefined ? { added: pooled(one) } : { refused, message: refused }
    })
    this.put(answers.flatMap((answer) => ('added' in answer ? [answer.added] : [])))
    return answers
  }

  /** As if they came from this node's own users. */
  put(transactions: readonly PooledTransaction[]): void {
    for (const one of transactions) this.#transactions.set(bytesToHex(one.hash), one)
    if (transactions.length > 0) this.emit(new PoolAddEvent(transactions))
  }

  drop(transaction: Transaction): void {
    this.#transactions.delete(keyOf(transaction))
    this.emit(new PoolDropEvent([pooled(transaction)]))
  }

  has(hash: Uint8Array): boolean {
    return this.#transactions.has(bytesToHex(hash))
  }

  get(hash: Uint8Array): PooledTransaction | undefined {
    return this.#transactions.get(bytesToHex(hash))
  }

  transaction(hash: Uint8Array): Uint8Array | undefined {
    const found = this.get(hash)
    return found && encodeTransaction(found)
  }

  pending(): BySender {
    return new Map([['everybody', [...this.#transactions.values()]]])
  }

  queued(): BySender {
    return new Map()
  }

  counts() {
    return { pending: this.#transactions.size, queued: 0, bytes: 0 }
  }

  nextNonce(): undefined {
    return undefined
  }
}

/** From `sender` (a byte); gossip does not look at what it reads as. */
export function pooled(transaction: Transaction, sender = 1): PooledTransaction {
  const { type, bytes } = transaction
  const fields: Omit<PooledTransaction, 'tx'> = {
    type,
    bytes,
    hash: transactionHash(transaction),
    size: bytes.length,
    sender: new Uint8Array(20).fill(sender),
    isLocal: false,
  }
  return fields as PooledTransaction
}

/** A peer that notes what it is told, and has what it is asked for if it announced it. */
export class TestPeer implements GossipPeer {
  readonly id: string
  /** Messages, each as the keys in it. */
  readonly whole: string[][] = []
  readonly told: string[][] = []
  readonly asked: string[][] = []
  /** What it can be asked for. */
  readonly has = new Map<string, Transaction>()
  /** Changes what it answers. */
  answer: (transactions: Transaction[]) => Transaction[] | Promise<Transaction[]> = (transactions) => transactions
  /** Settles before a message to it is written. */
  written: Promise<void> = Promise.resolve()
  disconnects: (number | undefined)[] = []
  readonly peer = {
    disconnect: async (reason?: number) => {
      this.disconnects.push(reason)
    },
  }

  constructor(id: string) {
    this.id = id
  }

  async sendTransactions(transactions: readonly Transaction[]): Promise<void> {
    this.whole.push(transactions.map(keyOf))
    await this.written
  }

  async sendNewPooledTransactionHashes(all: readonly TransactionAnnouncement[]): Promise<void> {
    this.told.push(all.map(({ hash }) => bytesToHex(hash)))
    await this.written
  }

  async getPooledTransactions(hashes: readonly Uint8Array[]): Promise<Transaction[]> {
    const keys = hashes.map((hash) => bytesToHex(hash))
    this.asked.push(keys)
    return this.answer(keys.flatMap((key) => this.has.get(key) ?? []))
  }
}

/** A node with so many peers. */
export function node(peerCount = 0, options: Partial<TransactionGossipOptions> = {}) {
  const clock = new SimClock()
  const pool = new TestPool()
  const lines: { readonly message: string; readonly fields: Readonly<Record<string, unknown>> | undefined }[] = []
  const note = (message: string, fields?: Readonly<Record<string, unknown>>) => void lines.push({ message, fields })
  const log = { trace: note, debug: note, info: note, warn: note, error: note }
  const gossip = new TransactionGossip({
    pool,
    self: nodeId(0),
    clock,
    randomBytes: seededRandomBytes('gossip'),
    log,
    ...options,
  })
  gossip.start()
  const peers = Array.from({ length: peerCount }, (_, i) => new TestPeer(nodeId(i + 1)))
  for (const peer of peers) gossip.connected(peer)
  return { clock, pool, gossip, peers, lines }
}

export { settle }
