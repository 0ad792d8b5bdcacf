// The one way into a chain for blocks that others made: each is held to the rules before it is kept.
import type { Common } from '@ethereumjs/common'
import { abortError, bytesToHex, EthspanError, equalBytes } from '@ethspan/core'
import { accessListHash } from '../block/access-list.js'
import { decodeHeader, type Header } from '../block/header.js'
import { decodeReceipt69 } from '../block/receipt.js'
import { chainCommon } from '../config/common.js'
import type { BlockToKeep, Chain } from '../contract/chain.js'
import type { BlockExecutor } from '../contract/state.js'
import { IMPORT_BATCH_BYTES } from '../limits.js'
import { bodyFault, verifyBody } from '../verify/body.js'
import { verifyHeader } from '../verify/header.js'
import { invalidBlock } from '../verify/invalid-block.js'
import { receiptsFault } from '../verify/receipts.js'

export interface BlockImporterOptions {
  readonly chain: Chain
  /** Runs each block. Left out: blocks are verified as far as that goes without their state. */
  readonly executor?: BlockExecutor
}

/** How far an import is. Told whenever blocks are on disk. */
export interface ImportProgress {
  /** Of the last block that was kept or passed over. */
  readonly number: bigint
  /** Kept so far. */
  readonly imported: number
  /** Passed over, because the chain has them. */
  readonly known: number
}

export interface ImportOptions {
  /** Ends the import after the block under way: ERR_ABORTED. What was verified until then is kept. */
  readonly signal?: AbortSignal
  progress?(progress: ImportProgress): void
}

/** Verifies blocks and keeps them. It does not move the chain's head. */
export class BlockImporter {
  readonly #chain: Chain
  readonly #executor: BlockExecutor | undefined
  readonly #common: Common

  /** @throws {EthspanError} ERR_INVALID_OPTION for a config that @ethereumjs can't take, see `chainCommon` */
  constructor({ chain, executor }: BlockImporterOptions) {
    this.#chain = chain
    this.#executor = executor
    this.#common = chainCommon(chain.config)
  }

  /**
   * Holds each block to the rules against its parent, which is the one before it or one that the chain has; runs it where there is
   * an executor; and keeps it, with the receipts that were given or came out. Blocks that the chain has are passed over.
   * @param blocks ancestors first. Receipts and block access lists that are given are verified.
   * @throws {EthspanError} ERR_INVALID_BLOCK for the first that breaks the rules, ERR_STATE for one whose parent is not known,
   * ERR_ABORTED; those before it are kept. ERR_DATA_DIR where they can't be.
   */
  async importBlocks(blocks: readonly BlockToKeep[], { signal, progress }: ImportOptions = {}): Promise<void> {
    let [imported, known] = [0, 0]
    let batch: BlockToKeep[] = []
    let bytes = 0
    let last: BlockToKeep | undefined
    let settled: BlockToKeep | undefined
    const keep = async () => {
      // Nothing new: what came last is on disk, or could not be written, and then nobody may be told that it is.
      if (last === undefined || last === settled) return
      settled = last
      const kept = batch
      batch = []
      bytes = 0
      await this.#chain.putBlocks(kept)
      imported += kept.length
      progress?.({ number: settled.header.number, imported, known })
    }
    try {
      for (const block of blocks) {
        if (signal?.aborted) throw abortError(signal)
        if (await this.#isKnown(block)) known++
        else {
          const verified = await this.#verified(block, last)
          batch.push(verified)
          bytes += sizeOf(verified)
        }
        last = block
        if (bytes >= IMPORT_BATCH_BYTES) await keep()
      }
    } finally {
      await keep()
    }
  }

  /** Whether there is nothing to learn from it. */
  async #isKnown({ hash, header, receipts, accessList }: BlockToKeep): Promise<boolean> {
    const chain = this.#chain
    if ((await chain.header(hash)) === undefined) return false
    if (this.#executor !== undefined) return this.#executor.hasState(header)
    if (receipts !== undefined && (await chain.receipts(hash)) === undefined) return false
    return accessList === undefined || (await chain.accessList(hash)) !== undefined
  }

  async #verified(block: BlockToKeep, before: BlockToKeep | undefined): Promise<BlockToKeep> {
    const { header, body } = block
    const parent = await this.#parentOf(header, before)
    verifyHeader(header, parent, this.#chain.config)
    const fault = await bodyFault(header, body)
    if (fault !== undefined) throw invalidBlock(header, 'body', `is not the header's: ${fault}`)
    await verifyBody(header, body, this.#common)
    await verifyGiven(block)
    return this.#executor === undefined ? block : { ...block, ...(await this.#executor.execute(block, parent)) }
  }

  /** The block before it in the same import, which need not be in the chain yet, or one of the chain. */
  async #parentOf({ parentHash, number }: Header, before: BlockToKeep | undefined): Promise<Header> {
    if (before !== undefined && equalBytes(before.hash, parentHash)) return before.header
    const raw = await this.#chain.header(parentHash)
    if (raw !== undefined) return decodeHeader(raw)
    const message = `block ${number} can't be imported: its parent 0x${bytesToHex(parentHash)} is not known`
    throw new EthspanError('ERR_STATE', message, { fields: { number } })
  }
}

/** What was told of a block beside its body. */
async function verifyGiven({ header, receipts, accessList }: BlockToKeep): Promise<void> {
  const fault = receipts && (await receiptsFault(header, receipts.map(decodeReceipt69)))
  if (fault !== undefined) throw invalidBlock(header, 'receipts', `are not the header's: ${fault}`)
  if (accessList === undefined) return
  const { blockAccessListHash: expected } = header
  if (expected === undefined || !equalBytes(accessListHash(accessList), expected)) {
    throw invalidBlock(header, 'blockAccessListHash', "is not that of the block's access list")
  }
}

const sizeOf = ({ header, body, receipts = [], accessList }: BlockToKeep): number =>
  receipts.reduce((sum, { length }) => sum + length, header.raw.length + body.raw.length + (accessList?.length ?? 0))
