// What one peer is still to be told: transactions whole, and announcements of others. Each of both is written message by message,
// the next when the last is on its way, so a slow peer costs a bounded list of hashes.
import type { Hash, PooledTransaction, TransactionPool } from '@ethspan/chain'
import { ANNOUNCEMENT_BYTES, MAX_GOSSIP_BYTES, MAX_QUEUED_ANNOUNCEMENTS, MAX_QUEUED_BROADCASTS } from '../limits.js'
import type { TransactionAnnouncement } from '../messages/transactions.js'
import type { GossipPeer } from './gossip-peer.js'

export class Outbox {
  readonly #broadcasts: Queue
  readonly #announcements: Queue

  /** @param told what a message told the peer of, once it is on its way */
  constructor(peer: GossipPeer, pool: Pick<TransactionPool, 'get'>, told: (hashes: readonly Hash[]) => void) {
    const sent = (txs: readonly PooledTransaction[]) => told(txs.map(({ hash }) => hash))
    this.#broadcasts = new Queue(
      pool,
      MAX_QUEUED_BROADCASTS,
      ({ size }) => size,
      async (txs) => {
        await peer.sendTransactions(txs)
        sent(txs)
      },
    )
    this.#announcements = new Queue(
      pool,
      MAX_QUEUED_ANNOUNCEMENTS,
      () => ANNOUNCEMENT_BYTES,
      async (txs) => {
        await peer.sendNewPooledTransactionHashes(txs.map(announcement))
        sent(txs)
      },
    )
  }

  broadcast(hashes: readonly Hash[]): void {
    this.#broadcasts.add(hashes)
  }

  announce(hashes: readonly Hash[]): void {
    this.#announcements.add(hashes)
  }

  /** Nothing is written any more. */
  close(): void {
    this.#broadcasts.close()
    this.#announcements.close()
  }
}

const announcement = ({ hash, type, size }: PooledTransaction): TransactionAnnouncement => ({ hash, type, size })

class Queue {
  readonly #pool: Pick<TransactionPool, 'get'>
  readonly #max: number
  readonly #bytesOf: (tx: PooledTransaction) => number
  readonly #send: (txs: readonly PooledTransaction[]) => Promise<void>
  #hashes: Hash[] = []
  #isSending = false
  #isClosed = false

  constructor(
    pool: Pick<TransactionPool, 'get'>,
    max: number,
    bytesOf: (tx: PooledTransaction) => number,
    send: (txs: readonly PooledTransaction[]) => Promise<void>,
  ) {
    this.#pool = pool
    this.#max = max
    this.#bytesOf = bytesOf
    this.#send = send
  }

  add(hashes: readonly Hash[]): void {
    if (this.#isClosed) return
    this.#hashes.push(...hashes)
    if (this.#hashes.length > this.#max) this.#hashes.splice(0, this.#hashes.length - this.#max)
    if (!this.#isSending) void this.#sendAll()
  }

  close(): void {
    this.#isClosed = true
    this.#hashes = []
  }

  async #sendAll(): Promise<void> {
    this.#isSending = true
    try {
      for (let batch = this.#take(); batch.length > 0; batch = this.#take()) await this.#send(batch)
    } catch {
      // The peer is gone, or is about to be; whoever reads from it says why.
      this.close()
    } finally {
      this.#isSending = false
    }
  }

  /** One message's worth of what is still in the pool. */
  #take(): PooledTransaction[] {
    const batch: PooledTransaction[] = []
    let bytes = 0
    let taken = 0
    for (; taken < this.#hashes.length && bytes < MAX_GOSSIP_BYTES; taken++) {
      const tx = this.#pool.get(this.#hashes[taken]!)
      if (tx === undefined) continue
      batch.push(tx)
      bytes += this.#bytesOf(tx)
    }
    this.#hashes.splice(0, taken)
    return batch
  }
}
