/** Trie nodes and codes that are kept in memory, bytes. Ours: the upper levels of a large state, or all of a small one. */
export const NODE_CACHE_BYTES = 32 * 1024 * 1024

/**
 * Nodes that are looked at for the next generation of states after each block. Ours: some 10 ms of a block's time; a small state
 * is through after a few dozen blocks, one of a million nodes after 2000.
 */
export const CARRY_NODES_PER_BLOCK = 500

/** Blocks executed lately whose parents are known without asking the chain. Ours: a batch of an import and a window before it. */
export const MAX_RECENT_BLOCKS = 1024

/** Gas that a call may use, and an estimate may give. Source: geth, `RPCGasCap`. */
export const CALL_GAS_CAP = 50_000_000n
/**
 * How long a call may take, milliseconds. Source: geth, `RPCEVMTimeout`. It is looked at between pieces of work that take tens of
 * milliseconds at most, on a machine that is not busy: the longest are a pairing and a multiple of a point.
 */
export const CALL_TIMEOUT_MS = 5_000
/** An estimate is at most so much above the least gas, as a fraction of it. Source: geth, `estimateGasErrorRatio`. */
export const ESTIMATE_ERROR_RATIO = 0.015
/** Gas of a plain transfer before EIP-2780. Source: geth, `params.TxGas`. */
export const TRANSFER_GAS = 21_000n
/** Gas that a call with value gives on top (yellow paper, `Gcallstipend`). */
export const CALL_STIPEND = 2_300n
/** Of a transaction, from Osaka until Amsterdam, which bounds it otherwise (EIP-7825). */
export const MAX_TX_GAS = 2n ** 24n

/** The EVM lets others have their turn after so long, milliseconds. Ours: a frame of a page, and a peer's ping, wait no longer. */
export const YIELD_MS = 20

// ---- making blocks ----

/** Bytes of a block that its transactions may fill: the most there may be (EIP-7934), and room for all else. Source: geth, `miner`. */
export const MAX_TRANSACTION_BYTES = 8_388_608 - 1024 * 1024
/** How long transactions are tried for a block, milliseconds. Ours: a third of a block's usual time. Geth's `recommit` is 2 s. */
export const MAX_BUILD_MS = 1_000

/** Milliseconds from block to block of a development chain. Ours: soon enough to watch, seldom enough to follow. */
export const DEV_PERIOD_MS = 3_000
/** Each so many-th block of it is finalized. Source: geth, `devEpochLength`. */
export const DEV_EPOCH_BLOCKS = 32n
