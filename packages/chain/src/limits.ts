/** Extra data of a header, bytes. Consensus allows 32, chains of other kinds more. Source: geth, `Header.SanityCheck`. */
export const MAX_EXTRA_DATA_BYTES = 100 * 1024
/** Difficulty of a header, bytes: 80 bits. Source: geth, `Header.SanityCheck`. */
export const MAX_DIFFICULTY_BYTES = 10
/** Uncles in a block. Source: eth.md, "Block Encoding and Validity". */
export const MAX_UNCLES = 2
/** Blob gas of one blob. Source: EIP-4844, `GAS_PER_BLOB`. */
export const GAS_PER_BLOB = 131_072
/** Of a blob. Source: EIP-4844, 4096 field elements of 32 bytes. */
export const BLOB_BYTES = 131_072
/** Cells of a blob, each with a proof. Source: EIP-7594, `CELLS_PER_EXT_BLOB`. */
export const CELLS_PER_BLOB = 128
/** Blobs of one transaction, more than any fork allows: before Osaka a whole block's. Source: geth's largest blob schedule, 32. */
export const MAX_SIDECAR_BLOBS = 64
/** Headers kept in memory, and canonical numbers up to the head: what a peer asks for at once (eth's 1024 headers) comes from memory. */
export const HOT_HEADERS = 1024
/** Blocks by which the head moves at once; a longer way is gone in steps, each a head of its own. Bounds what a step holds in memory. */
export const MAX_HEAD_STEP = 1024
/** Records that a step of the head or of pruning changes, about; it ends with the block that reaches it. 16 MB of memory. */
export const MAX_STEP_CHANGES = 32_768
/** Blocks that are pruned at once. */
export const MAX_PRUNE_BLOCKS = 256
/**
 * Blocks below the head from which on those that are off the canonical chain are pruned. Deeper than any reorg that has been: the
 * consensus chain finalizes after 64 to 96 blocks.
 */
export const SIDE_BRANCH_DEPTH = 1024n
/** Blocks that a browser tab keeps, by default: as many as a peer may ask for at once. */
export const TAB_BLOCKS = 1024
/** Hashed in one go before others may run: 2 ms with Keccak in WASM, 20 ms where only plain code is allowed. */
export const TURN_BYTES = 512 * 1024
/** Bytes of a block in a file. From Osaka on a block has 8 MiB at most (EIP-7934), before it its gas allowed little more. */
export const MAX_FILE_BLOCK_BYTES = 64 * 1024 * 1024
/** Bytes of verified blocks that an import gathers before it writes them: on a disk each write waits some milliseconds. */
export const IMPORT_BATCH_BYTES = 4 * 1024 * 1024
