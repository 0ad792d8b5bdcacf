// What the protocol reads of a chain and of a pool, and nothing else.
import type { ChainForks, Hash } from '@ethspan/chain'
import type { ForkHead } from './fork-id.js'

/** At once, or when it was found. */
export type Awaitable<T> = T | Promise<T>

export interface EthHead extends ForkHead {
  readonly hash: Hash
  /** Told to peers of eth/68, which no longer act on it. Default 0. */
  readonly totalDifficulty?: bigint
}

/** A chain that can be read. Nobody changes the bytes it gives. */
export interface EthChain {
  readonly networkId: bigint
  readonly forks: ChainForks
  /** The best block, with all that is told of it. */
  head(): EthHead
  /** The first block whose body and receipts are there. */
  earliest(): bigint
  /** RLP of a header: by number the canonical one, by hash any that is known. */
  header(at: bigint | Hash): Awaitable<Uint8Array | undefined>
  /** RLP of a block's body. */
  body(hash: Hash): Awaitable<Uint8Array | undefined>
  /** A block's receipts, each as eth/69 has it. */
  receipts(hash: Hash): Awaitable<readonly Uint8Array[] | undefined>
  /** RLP of a block's access list. Left out: there are none. */
  accessList?(hash: Hash): Awaitable<Uint8Array | undefined>
}

/** A pool of transactions that can be read. */
export interface EthPool {
  /** As `encodeTransaction` gives it, with the sidecar of one with blobs. */
  transaction(hash: Hash): Awaitable<Uint8Array | undefined>
}
