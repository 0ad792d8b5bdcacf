// What can be asked of the states that blocks leave behind, where blocks are executed.

import type { Block } from '../block/block.js'
import type { Hash } from '../block/fields.js'
import type { Header } from '../block/header.js'
import type { CallOverrides } from './overrides.js'

export interface Account {
  readonly nonce: bigint
  /** Wei. */
  readonly balance: bigint
  readonly codeHash: Hash
  readonly storageRoot: Hash
}

/** A call that leaves nothing behind. Fields left out are as geth's `eth_call` takes them. */
export interface CallRequest {
  readonly from?: Uint8Array
  /** Undefined: a contract is created. */
  readonly to?: Uint8Array
  readonly gas?: bigint
  readonly gasPrice?: bigint
  readonly maxFeePerGas?: bigint
  readonly maxPriorityFeePerGas?: bigint
  readonly value?: bigint
  readonly data?: Uint8Array
  readonly nonce?: bigint
  readonly accessList?: readonly { readonly address: Uint8Array; readonly storageKeys: readonly Hash[] }[]
  readonly blobVersionedHashes?: readonly Hash[]
}

export interface CallOptions {
  readonly signal?: AbortSignal
  /** What it sees instead of what is there. */
  readonly overrides?: CallOverrides
}

export interface CallResult {
  readonly returnData: Uint8Array
  readonly gasUsed: bigint
  /** Undefined where it succeeded, else what the EVM ended by: `execution reverted`, `out of gas`. */
  readonly error?: string
}

/** EIP-1186. */
export interface AccountProof {
  readonly account: Account | undefined
  readonly accountProof: readonly Uint8Array[]
  readonly storageProof: readonly {
    readonly key: Hash
    /** 32 bytes. */
    readonly value: Uint8Array
    readonly proof: readonly Uint8Array[]
  }[]
}

/** Reads states. Each fails with ERR_STATE where the state after the block is not there. */
export interface StateReader {
  /** Whether this very block was executed, and the state after it is there. One of another block with the same root does not count. */
  hasState(header: Header): Promise<boolean>
  account(header: Header, address: Uint8Array): Promise<Account | undefined>
  code(header: Header, address: Uint8Array): Promise<Uint8Array>
  /** 32 bytes. */
  storage(header: Header, address: Uint8Array, slot: Hash): Promise<Uint8Array>
  /**
   * Runs a message in the block, on the state after it. What the EVM ends by is a result.
   * @throws {EthspanError} ERR_EXECUTION where it can't run, for want of funds for example; ERR_TIMEOUT, ERR_ABORTED;
   * ERR_INVALID_OPTION for a request that contradicts itself. The texts are geth's.
   */
  call(header: Header, request: CallRequest, options?: CallOptions): Promise<CallResult>
  /** The least gas with which it succeeds. @throws {EthspanError} ERR_EXECUTION with `fields.returnData` where none does */
  estimateGas(header: Header, request: CallRequest, options?: CallOptions): Promise<bigint>
  proof(header: Header, address: Uint8Array, slots: readonly Hash[]): Promise<AccountProof>
}

/** Runs blocks. */
export interface BlockExecutor {
  /** As that of {@link StateReader}. */
  hasState(header: Header): Promise<boolean>
  /**
   * Runs a block on the state that its parent left, checks all that its header says of the outcome, and keeps the new state:
   * when it resolves, that is on disk.
   * @throws {EthspanError} ERR_INVALID_BLOCK; ERR_STATE where the parent's state is not there; ERR_DATA_DIR
   */
  execute(block: Block, parent: Header): Promise<Executed>
}

export interface Executed {
  /** Each as `encodeReceipt69` gives it. */
  readonly receipts: readonly Uint8Array[]
  /** RLP of the block access list, from Amsterdam on. */
  readonly accessList?: Uint8Array
}
