/** Extra data of a header, bytes. Consensus allows 32, chains of other kinds more. Source: geth, `Header.SanityCheck`. */
export const MAX_EXTRA_DATA_BYTES = 100 * 1024
/** Difficulty of a header, bytes: 80 bits. Source: geth, `Header.SanityCheck`. */
export const MAX_DIFFICULTY_BYTES = 10
/** Uncles in a block. Source: eth.md, "Block Encoding and Validity". */
export const MAX_UNCLES = 2
/** Blob gas of one blob. Source: EIP-4844, `GAS_PER_BLOB`. */
export const GAS_PER_BLOB = 131_072
