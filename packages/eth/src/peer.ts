import type { Body, Hash, Header, Transaction } from '@ethspan/chain'
import { asError, type Clock, deferred, EthspanError, type MsgReadWriter, type Peer } from '@ethspan/core'
import type { Awaitable } from './chain.js'
import { breach } from './handshake.js'
import { MAX_POOLED_TRANSACTIONS_ASK, MAX_WAITING_REQUESTS } from './limits.js'
import { type BlockAccessList, decodeBlockAccessLists } from './messages/access-lists.js'
import { type BlockRange, blockRangeFault, decodeBlockRange, encodeBlockRange } from './messages/block-range.js'
import {
  type BlockAnnouncement,
  decodeBlockBodies,
  decodeNewBlock,
  decodeNewBlockHashes,
  type NewBlock,
} from './messages/bodies.js'
import { EthMsg, type EthVersion, msgName, speaks } from './messages/codes.js'
import { encodeGetReceipts70, encodeHashRequest } from './messages/hash-requests.js'
import { decodeBlockHeaders, encodeGetBlockHeaders } from './messages/headers.js'
import { decodeReceipts, type Receipts } from './messages/receipts.js'
import type { Status } from './messages/status.js'
import {
  decodeNewPooledTransactionHashes,
  decodePooledTransactions,
  decodeTransactions,
  encodeNewPooledTransactionHashes,
  encodeTransactions,
  type TransactionAnnouncement,
} from './messages/transactions.js'
import { type LateAnswer, type RequestOptions, Requests } from './requests.js'
import type { EthServing } from './serve.js'
import { ServeQueue } from './serve-queue.js'
import { readRequest } from './serve-request.js'

/**
 * What a peer tells. The next message is read when the promise of one is fulfilled; one that throws ends the peer. What is left
 * out is read, checked and passed over.
 */
export interface EthHandlers {
  transactions?(peer: EthPeer, transactions: readonly Transaction[]): Awaitable<void>
  newPooledTransactionHashes?(peer: EthPeer, announced: readonly TransactionAnnouncement[]): Awaitable<void>
  /** `peer.range` has it already. */
  blockRange?(peer: EthPeer, range: BlockRange): Awaitable<void>
  /** From peers of eth/68 alone. */
  newBlockHashes?(peer: EthPeer, blocks: readonly BlockAnnouncement[]): Awaitable<void>
  /** From peers of eth/68 alone. */
  newBlock?(peer: EthPeer, block: NewBlock): Awaitable<void>
  /** A request was answered after it had been given up. */
  lateAnswer?(peer: EthPeer, answer: LateAnswer): Awaitable<void>
}

export interface EthPeerOptions {
  readonly peer: Peer
  readonly rw: MsgReadWriter
  readonly version: EthVersion
  /** What the peer told in the handshake. */
  readonly status: Status
  readonly serving: EthServing
  readonly handlers?: EthHandlers
  readonly clock: Clock
  /** Milliseconds that an answer may take where the request says nothing else. Default `REQUEST_TIMEOUT_MS`. */
  readonly requestTimeout?: number
}

/** Headers that are asked of a peer. */
export interface HeadersRequest {
  readonly origin: bigint | Hash
  readonly limit: number
  readonly skip?: number | bigint
  readonly reverse?: boolean
}

/**
 * A peer that speaks eth, after the handshake. Every request is matched with its answer by an id of its own; it fails with
 * ERR_TIMEOUT, ERR_ABORTED, ERR_STATE (the peer owes too many answers, or its version has no such request) or what ended the
 * peer. An answer may have fewer items than were asked for. What an answer says is not verified here.
 */
export class EthPeer {
  readonly peer: Peer
  readonly version: EthVersion
  readonly status: Status
  readonly #rw: MsgReadWriter
  readonly #serving: EthServing
  readonly #handlers: EthHandlers
  readonly #requests: Requests
  readonly #queue = new ServeQueue(MAX_WAITING_REQUESTS)
  readonly #failed = deferred<never>()
  #range: BlockRange | undefined
  #ended = false

  constructor({ peer, rw, version, status, serving, handlers = {}, clock, requestTimeout }: EthPeerOptions) {
    this.peer = peer
    this.version = version
    this.status = status
    this.#rw = rw
    this.#serving = serving
    this.#handlers = handlers
    this.#requests = new Requests(clock, requestTimeout)
    this.#range = status.range
    // Who runs the peer waits for it; before and after that there is nobody to tell.
    this.#failed.promise.catch(() => undefined)
  }

  /** Keccak-256 of the node's public key, 64 hex digits. */
  get id(): string {
    return this.peer.id
  }

  /** What the peer said last that it has; undefined of a peer of eth/68. */
  get range(): BlockRange | undefined {
    return this.#range
  }

  /** Requests that wait for an answer. */
  get pendingRequests(): number {
    return this.#requests.pending
  }

  /**
   * Reads the peer's messages until it is gone; to be called once.
   * @throws {EthspanError} what must end the peer: DisconnectError with `SubprotocolError` for what breaks the rules of eth,
   * ERR_INVALID_RLP, ERR_MESSAGE_TOO_BIG; and whatever a handler or the serving throws.
   */
  async run(): Promise<void> {
    let end: Error | undefined
    try {
      await Promise.race([this.#readAll(), this.#queue.failed, this.#failed.promise])
    } catch (error) {
      end = asError(error)
      throw error
    } finally {
      this.#ended = true
      this.#queue.close()
      this.#requests.close(
        end ?? new EthspanError('ERR_CLOSED', 'the peer is gone', { cause: this.peer.signal.reason }),
      )
    }
  }

  /** Ends the peer by this error: `run` throws it. For what is found out about an answer later. */
  fail(error: Error): void {
    this.#failed.reject(error)
  }

  // ---- asking ----

  getBlockHeaders(
    { origin, limit, skip = 0, reverse = false }: HeadersRequest,
    options?: RequestOptions,
  ): Promise<Header[]> {
    const query = { origin, limit: BigInt(limit), skip: BigInt(skip), reverse }
    return this.#ask(
      EthMsg.GetBlockHeaders,
      EthMsg.BlockHeaders,
      (id) => encodeGetBlockHeaders(id, query),
      (payload) => decodeBlockHeaders(payload, limit).headers,
      options,
    )
  }

  getBlockBodies(hashes: readonly Hash[], options?: RequestOptions): Promise<Body[]> {
    return this.#ask(
      EthMsg.GetBlockBodies,
      EthMsg.BlockBodies,
      (id) => encodeHashRequest(id, hashes),
      (payload) => decodeBlockBodies(payload, hashes.length).bodies,
      options,
    )
  }

  /**
   * Receipts of blocks. From eth/70 on the last block of an answer may be a part: then ask again, from that block on, with
   * `firstIndex` the number of its receipts that came. How much of it to take is for those to say who know the block.
   * Before eth/70 a block whose receipts fill more than a message can't be had: geth sends them nonetheless, and the peer ends
   * by ERR_MESSAGE_TOO_BIG. So ask for heavy blocks from peers of eth/70 and later.
   */
  getReceipts(
    hashes: readonly Hash[],
    { firstIndex = 0, ...options }: RequestOptions & { readonly firstIndex?: number } = {},
  ): Promise<Omit<Receipts, 'requestId'>> {
    const inParts = this.version >= 70
    if (firstIndex !== 0 && !inParts) return Promise.reject(this.#unknown('parts of receipts'))
    return this.#ask(
      EthMsg.GetReceipts,
      EthMsg.Receipts,
      (id) => (inParts ? encodeGetReceipts70(id, BigInt(firstIndex), hashes) : encodeHashRequest(id, hashes)),
      (payload) => {
        const { blocks, lastBlockIncomplete } = decodeReceipts(payload, this.version, hashes.length)
        return { blocks, lastBlockIncomplete }
      },
      options,
    )
  }

  /** At most {@link MAX_POOLED_TRANSACTIONS_ASK} at once, or ERR_INVALID_OPTION. Those that the peer has not are left out. */
  getPooledTransactions(hashes: readonly Hash[], options?: RequestOptions): Promise<Transaction[]> {
    if (hashes.length > MAX_POOLED_TRANSACTIONS_ASK) {
      const message = `asked for ${hashes.length} transactions at once, the limit is ${MAX_POOLED_TRANSACTIONS_ASK}`
      return Promise.reject(new EthspanError('ERR_INVALID_OPTION', message))
    }
    return this.#ask(
      EthMsg.GetPooledTransactions,
      EthMsg.PooledTransactions,
      (id) => encodeHashRequest(id, hashes),
      (payload) => decodePooledTransactions(payload, hashes.length).transactions,
      options,
    )
  }

  /** From eth/71 on. Undefined for a list that the peer does not have. */
  getBlockAccessLists(hashes: readonly Hash[], options?: RequestOptions): Promise<BlockAccessList[]> {
    return this.#ask(
      EthMsg.GetBlockAccessLists,
      EthMsg.BlockAccessLists,
      (id) => encodeHashRequest(id, hashes),
      (payload) => decodeBlockAccessLists(payload, hashes.length).accessLists,
      options,
    )
  }

  async #ask<T>(
    request: number,
    code: number,
    encode: (requestId: bigint) => Uint8Array,
    read: (payload: Uint8Array) => T,
    options?: RequestOptions,
  ): Promise<T> {
    if (!speaks(this.version, request)) throw this.#unknown(msgName(request))
    return this.#requests.ask({ code, send: async (id) => this.#rw.write(request, encode(id)), read }, options)
  }

  // ---- telling ----

  sendTransactions(transactions: readonly Transaction[]): Promise<void> {
    return this.#rw.write(EthMsg.Transactions, encodeTransactions(transactions))
  }

  sendNewPooledTransactionHashes(announced: readonly TransactionAnnouncement[]): Promise<void> {
    return this.#rw.write(EthMsg.NewPooledTransactionHashes, encodeNewPooledTransactionHashes(announced))
  }

  /** Tells what we have; to a peer of eth/68 nothing is sent. */
  async sendBlockRange(range: BlockRange): Promise<void> {
    if (speaks(this.version, EthMsg.BlockRangeUpdate))
      await this.#rw.write(EthMsg.BlockRangeUpdate, encodeBlockRange(range))
  }

  // ---- reading ----

  async #readAll(): Promise<void> {
    for await (const { code, payload } of this.#rw) {
      // Serving has failed in the meantime, and the peer ends by that.
      if (this.#ended) return
      await this.#read(code, payload)
    }
  }

  async #read(code: number, payload: Uint8Array): Promise<void> {
    const handlers = this.#handlers
    if (!speaks(this.version, code)) throw breach(`sent ${msgName(code)}, which eth/${this.version} does not have`)
    switch (code) {
      case EthMsg.Status:
        throw breach('sent a second Status')
      case EthMsg.NewBlockHashes:
        return handlers.newBlockHashes?.(this, decodeNewBlockHashes(payload))
      case EthMsg.NewBlock:
        return handlers.newBlock?.(this, decodeNewBlock(payload))
      case EthMsg.Transactions:
        return handlers.transactions?.(this, decodeTransactions(payload))
      case EthMsg.NewPooledTransactionHashes:
        return handlers.newPooledTransactionHashes?.(this, decodeNewPooledTransactionHashes(payload))
      case EthMsg.BlockRangeUpdate:
        return this.#setRange(decodeBlockRange(payload))
      case EthMsg.BlockHeaders:
      case EthMsg.BlockBodies:
      case EthMsg.Receipts:
      case EthMsg.PooledTransactions:
      case EthMsg.BlockAccessLists: {
        const late = this.#requests.answer(code, payload)
        return late === undefined ? undefined : handlers.lateAnswer?.(this, late)
      }
      case EthMsg.GetBlockHeaders:
      case EthMsg.GetBlockBodies:
      case EthMsg.GetReceipts:
      case EthMsg.GetPooledTransactions:
      case EthMsg.GetBlockAccessLists:
        return this.#queue.add(this.#answering(code, payload))
      default:
        throw breach(`sent the unknown ${msgName(code)}`)
    }
  }

  async #setRange(range: BlockRange): Promise<void> {
    const fault = blockRangeFault(range)
    if (fault !== undefined) throw breach(`told an impossible range: ${fault}`)
    this.#range = range
    await this.#handlers.blockRange?.(this, range)
  }

  /** Reads a request at once, and returns what will answer it. */
  #answering(code: number, payload: Uint8Array): () => Promise<void> {
    const answer = readRequest(code, payload, this.version)
    return async () => {
      const { code, payload } = await answer(this.#serving)
      await this.#rw.write(code, payload)
    }
  }

  #unknown(what: string): EthspanError {
    return new EthspanError('ERR_STATE', `eth/${this.version} has no ${what}`)
  }
}
