// `@ethspan/chain/testing`: a chain, blocks and transactions for tests, a chain in memory, and the contract of a chain as tests.
export { chainConformance } from './conformance/chain-conformance.js'
export type { ChainConformanceApi, ChainConformanceOptions, StorePlace } from './conformance/suite.js'
export { type MemoryChainOptions, memoryChain } from './memory-chain.js'
export { type TestBlock, type TestBlocksOptions, testBlocks } from './test-blocks.js'
export { testHeader } from './test-header.js'
export { TEST_GENESIS_TIME, type TestFork, type TestSpecOptions, testSpec } from './test-spec.js'
export {
  type TestTransactionOptions,
  type TestTransactionType,
  testAddress,
  testKey,
  testTransaction,
} from './test-transactions.js'
