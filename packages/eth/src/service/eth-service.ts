// The service `eth`: geth's protocol manager. Keeps the peers, serves the chain and the pool, and follows a head.
import {
  type BlockExecutor,
  type BlockImporter,
  type Chain,
  type Hash,
  type Synchroniser,
  syncKey,
  type TransactionPool,
} from '@ethspan/chain'
import { type Clock, EthspanError, type Peer, type Protocol, type RecordEntries, systemClock } from '@ethspan/core'
import type { Service, ServiceContext } from '@ethspan/node'
import { forkId, forkIdRlp } from '../fork-id.js'
import { TransactionGossip } from '../gossip/transaction-gossip.js'
import { HeadProtocol } from '../head/head-protocol.js'
import type { ToldHead } from '../head/messages.js'
import type { EthVersion } from '../messages/codes.js'
import type { EthHandlers, EthPeer } from '../peer.js'
import { PeerSet } from '../peers/peer-set.js'
import type { RatedPeer } from '../peers/rated-peer.js'
import { type EthProtocolsOptions, ethProtocols } from '../protocols.js'
import { serving } from '../serve.js'
import { SkeletonSync } from '../sync/skeleton-sync.js'
import { countEth } from './eth-metrics.js'
import { HeadFollower } from './head-follower.js'
import { RangeUpdates } from './range-updates.js'
import { ServeBudget } from './serve-budget.js'

export interface EthServiceOptions {
  readonly chain: Chain
  /** Of this chain. */
  readonly importer: BlockImporter
  /** The importer's, where it has one: then receipts are not asked for. */
  readonly executor?: Pick<BlockExecutor, 'hasState'>
  /** Default: none, and no transactions are served, taken or passed on. */
  readonly pool?: TransactionPool
  /** Told which transactions a peer (node id, 64 hex digits) was sent, whole or by their hashes. */
  readonly onSentTransactions?: (peer: string, hashes: readonly Hash[]) => void
  /** Default: all. Two nodes speak the highest that both have. */
  readonly versions?: readonly EthVersion[]
  /** Hash of a block of the right chain, 32 bytes: followed until it is reached. */
  readonly checkpoint?: Hash
  /** Node ids (64 hex digits) or URLs of nodes whose word is taken for the head of the chain. Default: nobody's. */
  readonly trustedHeads?: readonly string[]
  /**
   * Where more than the newest so many blocks are missing, the chain begins anew with the first of those. As told to
   * `openChain`; not together with an executor, which needs every block. Default: all blocks are fetched.
   */
  readonly keep?: number
  /** Bytes of blocks that may wait for those before them while the chain is synced. Default `MAX_WINDOW_BYTES`. */
  readonly maxWaitingBytes?: number
  /** Default: the system's. */
  readonly clock?: Clock
  /** Milliseconds for Status. Default `HANDSHAKE_TIMEOUT_MS`. */
  readonly handshakeTimeout?: number
}

export class EthService implements Service {
  readonly name = 'eth'
  readonly protocols: readonly Protocol[]
  readonly enrEntries: RecordEntries
  readonly #options: EthServiceOptions
  readonly #clock: Clock
  readonly #peers: PeerSet
  readonly #budget: ServeBudget
  readonly #ranges: RangeUpdates
  readonly #head: HeadProtocol
  readonly #follower: HeadFollower
  #sync: SkeletonSync | undefined
  #gossip: TransactionGossip | undefined
  /** A target was reached once. */
  #hasSynced = false
  readonly #over = new AbortController()
  #running: Promise<void> | undefined

  /** @throws {EthspanError} ERR_INVALID_OPTION */
  constructor(options: EthServiceOptions) {
    this.#options = options
    const { chain, executor, pool, versions, checkpoint, trustedHeads, keep, handshakeTimeout } = options
    const { clock = systemClock } = options
    if (keep !== undefined && (executor !== undefined || !Number.isSafeInteger(keep) || keep < 1)) {
      const why = executor === undefined ? `from 1, not ${keep}` : ', and not where blocks are executed'
      throw new EthspanError('ERR_INVALID_OPTION', `keep is a whole number of blocks${why}`)
    }
    this.#clock = clock
    this.#peers = new PeerSet(clock)
    this.#budget = new ServeBudget(clock)
    this.#ranges = new RangeUpdates({ chain, peers: () => [...this.#peers.values()].map(({ eth }) => eth) })
    this.#follower = new HeadFollower({
      chain,
      clock,
      ...(checkpoint === undefined ? {} : { checkpoint }),
      ...(trustedHeads === undefined ? {} : { trustedHeads }),
      target: () => this.#sync?.target,
      lastSource: () => this.#sync?.lastSource,
      setTarget: (target) => this.#sync?.setTarget(target),
    })
    this.#head = new HeadProtocol({
      chain,
      clock,
      follows: (id) => this.#follower.trusts(id),
      onHead: (peer, head) => this.#onHead(peer, head),
    })
    const all = serving(chain, pool)
    const eth = ethProtocols({
      chain,
      clock,
      serving: () => this.#budget.servingFor(all),
      handlers: this.#handlers(),
      ...(versions === undefined ? {} : { versions }),
      ...(handshakeTimeout === undefined ? {} : { handshakeTimeout }),
    })
    this.protocols = [...eth, this.#head.protocol]
    this.enrEntries = { eth: this.#recordEntry() }
  }

  /** The peers that speak eth, by what is known of them. */
  peers(): readonly RatedPeer[] {
    return [...this.#peers.values()]
  }

  /** Node ids or URLs whose word is taken for the head from now on. @throws {EthspanError} ERR_INVALID_OPTION */
  trustHeads(nodes: readonly string[]): void {
    this.#follower.trust(nodes)
    this.#head.refresh()
    for (const { eth } of this.#peers.values()) this.#tellHead(eth)
  }

  /** Announces transactions of the pool to all peers, also to those that know them: who refused one may take it now. */
  announceAgain(hashes: readonly Hash[]): void {
    this.#gossip?.announceAgain(hashes)
  }

  /** Undefined before the start. */
  get sync(): Synchroniser | undefined {
    return this.#sync
  }

  start(context: ServiceContext): void {
    const { chain, importer, executor, pool, keep, maxWaitingBytes } = this.#options
    const { store, log, metrics, server } = context
    const { signal } = this.#over
    this.#peers.log = log
    const sync = new SkeletonSync({
      chain,
      importer,
      peers: this.#peers,
      store: store.sublevel<string, Uint8Array>('skeleton', { valueEncoding: 'view' }),
      clock: this.#clock,
      log,
      ...(executor === undefined ? {} : { executor }),
      ...(keep === undefined ? {} : { keep }),
      ...(maxWaitingBytes === undefined ? {} : { maxWaitingBytes }),
    })
    this.#sync = sync
    context.offer(syncKey, sync)
    sync.addEventListener('synced', () => (this.#hasSynced = true), { signal, once: true })
    sync.addEventListener('synced', ({ syncTarget }) => this.#follower.onReached(syncTarget), { signal })
    sync.addEventListener('syncfail', ({ syncTarget }) => this.#follower.onFailed(syncTarget), { signal })
    // The record tells the fork id, which forks change.
    chain.addEventListener('head', () => server.localNode.set('eth', this.#recordEntry()), { signal })
    this.#ranges.start(signal)
    this.#head.start(signal)
    if (pool !== undefined) this.#gossip = this.#startGossip(pool, context)
    countEth(metrics, { peers: this.#peers, budget: this.#budget, sync })
    this.#running = sync.run(signal)
    this.#follower.start()
    // Those that came before.
    for (const { eth } of this.#peers.values()) {
      this.#gossip?.connected(eth)
      this.#tellHead(eth)
    }
  }

  async stop(): Promise<void> {
    this.#over.abort()
    this.#gossip?.stop()
    // Peers may still come, until the server stops as well.
    this.#gossip = undefined
    await this.#running
  }

  #startGossip(pool: TransactionPool, { server, log }: ServiceContext): TransactionGossip {
    const { onSentTransactions: onSent } = this.#options
    const gossip = new TransactionGossip({
      pool,
      self: server.self.id,
      // As geth: before the first sync is over, what is worth having can't be told.
      accepts: () => this.#hasSynced || this.#sync?.target === undefined,
      ...(onSent === undefined ? {} : { onSent }),
      clock: this.#clock,
      log,
    })
    gossip.start()
    return gossip
  }

  #recordEntry() {
    const { chain } = this.#options
    return [forkIdRlp(forkId(chain.forks, chain.head()))]
  }

  #handlers(): NonNullable<EthProtocolsOptions['handlers']> {
    const own: EthHandlers = {
      blockRange: (peer) => {
        this.#peers.changed(peer)
        this.#tellHead(peer)
      },
      newBlockHashes: (peer, blocks) => {
        for (const { hash, number } of blocks) {
          this.#peers.get(peer.id)?.sawBlock(number)
          this.#follower.told({ peer: peer.id, hash, number })
        }
      },
      lateAnswer: (peer, answer) => this.#peers.lateAnswer(peer, answer),
      transactions: (peer, transactions) => this.#gossip?.transactions(peer, transactions),
      newPooledTransactionHashes: (peer, announced) => this.#gossip?.newPooledTransactionHashes(peer, announced),
    }
    return {
      ...own,
      // By promise, as one that is refused is refused by what this rejects with.
      connected: async (peer) => {
        this.#peers.add(peer)
        this.#gossip?.connected(peer)
        this.#tellHead(peer)
      },
      disconnected: (peer) => {
        this.#peers.remove(peer)
        this.#gossip?.disconnected(peer)
        // Unless another connection to the same node took its place.
        if (this.#peers.get(peer.id) === undefined) this.#follower.left(peer.id)
      },
    }
  }

  /** What a peer says of its head over eth, unless it says more over head/1. */
  #tellHead(peer: EthPeer): void {
    if (peer.peer.protocols.some(({ name }) => name === 'head')) return
    const { range, status } = peer
    if (range !== undefined) this.#follower.told({ peer: peer.id, hash: range.latestHash, number: range.latest })
    else if (status.range === undefined) this.#follower.told({ peer: peer.id, hash: status.bestHash })
  }

  #onHead({ id }: Peer, { hash, header }: ToldHead): void {
    const peer = this.#peers.get(id)
    peer?.sawBlock(header.number)
    if (peer !== undefined) this.#peers.changed(peer.eth)
    this.#follower.told({ peer: id, hash, number: header.number, header })
  }
}
