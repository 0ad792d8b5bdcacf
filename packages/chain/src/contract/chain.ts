// What a chain is to those who read it, and to those who add to it.
import type { Emitter } from '@ethspan/core'
import type { Block } from '../block/block.js'
import type { Hash } from '../block/fields.js'
import type { Header } from '../block/header.js'
import type { ChainConfig, ChainForks } from '../config/chain-config.js'

/** A block by hash and number. */
export interface BlockId {
  readonly hash: Hash
  readonly number: bigint
}

/** A block of the canonical chain, as heads are told. */
export interface ChainHead extends BlockId {
  /** Seconds since 1970. */
  readonly time: bigint
  readonly header: Header
}

/** A verified block on its way into the chain. */
export interface BlockToKeep extends Block {
  /** Each as `encodeReceipt69` gives it. Undefined where nobody told them and nothing was executed. */
  readonly receipts?: readonly Uint8Array[]
  /** RLP of the block access list (EIP-7928). */
  readonly accessList?: Uint8Array
}

/** Where a transaction stands in the canonical chain. */
export interface TransactionPlace extends BlockId {
  /** In the block, from 0. */
  readonly index: number
}

/** The canonical chain has another head. Both lists are ordered by number, ascending; `removed` is empty but in a reorg. */
export class HeadEvent extends Event {
  readonly head: ChainHead
  readonly added: readonly ChainHead[]
  readonly removed: readonly ChainHead[]
  constructor(head: ChainHead, added: readonly ChainHead[], removed: readonly ChainHead[]) {
    super('head')
    this.head = head
    this.added = added
    this.removed = removed
  }
}

export interface ChainEventMap {
  readonly head: HeadEvent
}

/** Reads blocks. Nobody changes the bytes it gives. */
export interface ChainReader extends Pick<Emitter<ChainEventMap>, 'addEventListener' | 'removeEventListener'> {
  readonly networkId: bigint
  readonly config: ChainConfig
  readonly forks: ChainForks
  readonly genesis: ChainHead
  /** The best canonical block with all that is told of it. */
  head(): ChainHead
  /** What the consensus client calls safe and finalized; undefined where nobody said so. */
  safe(): ChainHead | undefined
  finalized(): ChainHead | undefined
  /** The first canonical block whose body is there; every one from it to the head is there, too. */
  earliest(): bigint
  /** RLP of a header: by number the canonical one, by hash any that is known. */
  header(at: bigint | Hash): Promise<Uint8Array | undefined>
  /** The hash of the canonical block with this number. */
  canonicalHash(number: bigint): Promise<Hash | undefined>
  /** RLP of a block's body. */
  body(hash: Hash): Promise<Uint8Array | undefined>
  /** A block's receipts, each as eth/69 has it. */
  receipts(hash: Hash): Promise<readonly Uint8Array[] | undefined>
  /** RLP of a block's access list. */
  accessList(hash: Hash): Promise<Uint8Array | undefined>
  /** Header and body, decoded. */
  block(at: bigint | Hash): Promise<Block | undefined>
  /** Where a transaction stands in the canonical chain. */
  transactionPlace(hash: Hash): Promise<TransactionPlace | undefined>
}

/** A chain that can be added to. What it is given is verified already: see `BlockImporter`. */
export interface Chain extends ChainReader {
  /**
   * Keeps blocks, on whichever branch. When it resolves they are on disk, whatever happens to the process.
   * @throws {EthspanError} ERR_DATA_DIR where the store can't be written, a full disk for example; then none is kept.
   */
  putBlocks(blocks: readonly BlockToKeep[]): Promise<void>
  /**
   * Makes a known block the head: a reorg where it is not on top of the old one. Blocks on the way must be known, back to a
   * canonical one. Tells it by one event, once it is on disk; a way of more than a thousand blocks is gone in steps, each a
   * head of its own with its event.
   * @throws {EthspanError} ERR_STATE for a block that is not known or hangs in the air; ERR_DATA_DIR
   */
  setHead(hash: Hash): Promise<void>
  /**
   * Begins anew from a block whose ancestors are not there: `earliest` and `head` are this block. For nodes that keep the newest blocks only.
   * @throws {EthspanError} ERR_DATA_DIR
   */
  rebase(block: BlockToKeep): Promise<void>
  /**
   * What the consensus client said last; what is left out stays as it was. A reorg that removes such a block makes it undefined.
   * @throws {EthspanError} ERR_STATE for blocks that are not known or not canonical; ERR_DATA_DIR
   */
  setFinality(finality: { readonly safe?: Hash; readonly finalized?: Hash }): Promise<void>
  /** Closes the store. Idempotent. */
  close(): Promise<void>
}
