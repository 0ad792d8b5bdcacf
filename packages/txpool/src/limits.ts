/** What a pool holds at most, and what it asks of a transaction; each can be changed by `new TxPool({ limits })`. */
export interface PoolLimits {
  /** Wei of tip (of gas price before London) below which no transaction of others is taken. Source: geth, `PriceLimit`. */
  readonly priceLimit: bigint
  /** Percent by which a replacement pays more. Source: geth, `PriceBump` of its legacy pool. */
  readonly priceBump: bigint
  /** The same for transactions with blobs, which cost everybody more. Source: geth, `PriceBump` of its blob pool. */
  readonly blobPriceBump: bigint
  /** Transactions of one account that have their place in a full pool. Source: geth, `AccountSlots`. */
  readonly accountSlots: number
  /** Slots (see {@link SLOT_BYTES}) of all transactions without blobs. Source: geth, `GlobalSlots` and `GlobalQueue` together. */
  readonly slots: number
  /** Bytes of all transactions without blobs. Ours: the slots alone would let 192 MiB in, too much for a tab. */
  readonly bytes: number
  /** Transactions of one account that wait for a nonce. Source: geth, `AccountQueue`. */
  readonly accountQueue: number
  /** Transactions that wait for a nonce. Source: geth, `GlobalQueue`. */
  readonly queue: number
  /** Milliseconds after which a transaction that waits for a nonce is dropped. Source: geth, `Lifetime`. */
  readonly lifetime: number
  /** Bytes of all transactions with blobs. Ours: geth keeps 2.5 GiB of them on disk, here they lie in memory. */
  readonly blobBytes: number
  /** Transactions with blobs of one account. Source: geth, `maxTxsPerAccount`. */
  readonly accountBlobs: number
  /** Transactions with blobs that wait for a nonce. Source: geth, `maxGapped`. */
  readonly blobQueue: number
  /** As `lifetime`, for those with blobs. Source: geth, `gappedLifetime`. */
  readonly blobLifetime: number
}

export const defaultPoolLimits: PoolLimits = {
  priceLimit: 1n,
  priceBump: 10n,
  blobPriceBump: 100n,
  accountSlots: 16,
  slots: 5120 + 1024,
  bytes: 64 * 1024 * 1024,
  accountQueue: 64,
  queue: 1024,
  lifetime: 3 * 60 * 60_000,
  blobBytes: 64 * 1024 * 1024,
  accountBlobs: 16,
  blobQueue: 128,
  blobLifetime: 60_000,
}

/** By slots of so many bytes a transaction takes room. Source: geth, `txSlotSize`. */
export const SLOT_BYTES = 32 * 1024
/** The largest transaction, bytes. Source: geth, `txMaxSize` of its legacy pool. */
export const MAX_TX_BYTES = 4 * SLOT_BYTES
/** The largest transaction with blobs and their sidecar, bytes. Source: geth, `txMaxSize` of its blob pool. */
export const MAX_BLOB_TX_BYTES = 1024 * 1024
/** Blobs of one transaction. Source: EIP-7594; geth, `BlobTxMaxBlobs`. */
export const MAX_BLOBS_PER_TX = 6
/** The lowest price of blob gas there is, wei. Source: EIP-4844, `MIN_BASE_FEE_PER_BLOB_GAS`. */
export const MIN_BLOB_FEE = 1n

/**
 * Authorizations of one transaction (EIP-7702). Ours: the pool recovers the signer of each, more than a millisecond's work,
 * before it is known that anybody pays for it.
 */
export const MAX_AUTHORIZATIONS = 64

/** What one peer sent may take this part of a full pool. Ours: with four peers, each has its own. */
export const PEER_SHARE = 1 / 4
/** This node's own transactions are not pushed out while they take no more than this part. Ours: others keep the other half. */
export const LOCAL_SHARE = 1 / 2

/** Pause between two looks for what waits too long, milliseconds. Source: geth, `evictionInterval`. */
export const EXPIRY_INTERVAL_MS = 60_000

/** Blocks that a reorg removes and whose transactions are taken back; a deeper one is a sync. Source: geth, `reset`. */
export const MAX_REORG_BLOCKS = 64
/**
 * Blocks of one new head whose transactions are looked for in the pool where no state says which are used up. Ours: half an
 * hour of mainnet; what was mined before that ends by its lifetime.
 */
export const MAX_MINED_BLOCKS = 150
/**
 * Blocks of one new head of which every sender is recovered where no state says the nonces: live, heads come one by one. Ours:
 * that takes a millisecond for each transaction.
 */
export const MAX_SENDER_BLOCKS = 2
/** Senders whose next nonce is remembered from blocks, where no state says it. Ours: those of 100 full blocks. */
export const MAX_KNOWN_NONCES = 32_768

/** Mined transactions that are kept for a reorg to bring back, bytes. Ours: a few blocks full of blobs. */
export const MAX_LIMBO_BYTES = 32 * 1024 * 1024
/** What each of them takes beside its own bytes, and more, as small ones would come by the hundred thousand. Measured in Node 20. */
export const LIMBO_ENTRY_BYTES = 1024

/** Milliseconds that checking may take before everybody else has a turn. Ours: a frame and a half of a page at 60 Hz. */
export const TURN_MS = 25

/** Accounts that are read from the state at once. Ours: enough to keep a store busy. */
export const STATE_READS = 64
