// What the methods of engine work on, and what they remember.
import type { Common } from '@ethereumjs/common'
import {
  type BlockExecutor,
  type BlockToKeep,
  type Chain,
  decodeHeader,
  type Hash,
  type Header,
  type InvalidBlock,
  type Synchroniser,
  type SyncTarget,
} from '@ethspan/chain'
import { bytesToHex, EthspanError, hexToBytes, type Logger, Serial } from '@ethspan/core'
import { MAX_WAITING_PAYLOADS } from '../limits.js'
import { Lru } from '../lru.js'
import { InvalidBlocks } from './invalid-blocks.js'

/** Verifies blocks against their parents, executes them and keeps them: `BlockImporter` of `@ethspan/chain`. */
export interface Importer {
  /** @throws {EthspanError} ERR_INVALID_BLOCK for the first that breaks the rules */
  importBlocks(blocks: readonly BlockToKeep[], options?: { readonly signal?: AbortSignal }): Promise<void>
}

export interface EngineBackendInit {
  readonly chain: Chain
  readonly common: Common
  readonly importer: Importer
  readonly executor: Pick<BlockExecutor, 'hasState'> | undefined
  readonly sync: Synchroniser | undefined
  readonly log: Logger
}

/** Said where the last valid block is one of proof of work, which the consensus client can't know. */
const ZERO_HASH: Hash = new Uint8Array(32)

export class EngineBackend {
  readonly chain: Chain
  readonly common: Common
  readonly importer: Importer
  readonly executor: Pick<BlockExecutor, 'hasState'> | undefined
  readonly sync: Synchroniser | undefined
  readonly log: Logger
  /** Payloads and forkchoices are worked on one after the other, as each builds on what the one before did. */
  readonly serial = new Serial()
  readonly invalidBlocks: InvalidBlocks
  /** Headers of payloads that could not be judged, by hash: a forkchoice may name them. Geth: `remoteBlocks`. */
  readonly #waiting = new Lru<string, Header>(MAX_WAITING_PAYLOADS)

  constructor({ chain, common, importer, executor, sync, log }: EngineBackendInit) {
    this.chain = chain
    this.common = common
    this.importer = importer
    this.executor = executor
    this.sync = sync
    this.log = log
    this.invalidBlocks = new InvalidBlocks(log)
    sync?.addEventListener('syncfail', ({ syncTarget, error }) => this.#blame(syncTarget, error))
  }

  /** Whether the block was executed, and so is known to be valid. */
  async isExecuted(header: Header): Promise<boolean> {
    return this.executor !== undefined && (await this.executor.hasState(header))
  }

  /**
   * The last valid block before one that is not; undefined where nobody here can say.
   * @param parent of the one that is not
   */
  async latestValid(parent: Hash | undefined): Promise<Hash | undefined> {
    const raw = parent && (await this.chain.header(parent))
    if (raw === undefined) return undefined
    const header = decodeHeader(raw)
    if (!(await this.isExecuted(header))) return undefined
    return header.difficulty === 0n ? parent : ZERO_HASH
  }

  wait(hash: Hash, header: Header): void {
    this.#waiting.set(bytesToHex(hash), header)
  }

  waiting(hash: Hash): Header | undefined {
    return this.#waiting.get(bytesToHex(hash))
  }

  /**
   * A block on the way to the target is invalid, so the target is. Who else told sync where to go does not matter here: what is
   * asked of a peer's word is more than the rules of the chain.
   */
  #blame({ hash: target, source }: SyncTarget, error: Error): void {
    if (source !== 'engine' || !(error instanceof EthspanError) || error.code !== 'ERR_INVALID_BLOCK') return
    const { hash, parentHash } = error.fields as Partial<InvalidBlock>
    const bytesOf = (text: string | undefined) => (text === undefined ? undefined : hexToBytes(text.slice(2)))
    this.invalidBlocks.add({ hash: bytesOf(hash) ?? target, parent: bytesOf(parentHash) }, target)
  }
}
