export { accessListHash } from './block/access-list.js'
export {
  type Body,
  type BodyFields,
  decodeBody,
  encodeBody,
  unclesHash,
  type Withdrawal,
} from './block/body.js'
export { expectHash, expectUint64, HASH_BYTES, type Hash } from './block/fields.js'
export { decodeHeader, encodeHeader, type Header, type HeaderFields, headerHash } from './block/header.js'
export {
  decodeLogs,
  decodeReceipt68,
  decodeReceipt69,
  encodeLogs,
  encodeReceipt68,
  encodeReceipt69,
  type Log,
  logsBloom,
  type Receipt,
  receiptConsensusBytes,
} from './block/receipt.js'
export {
  BLOB_TX_TYPE,
  decodeTransaction,
  encodeTransaction,
  MAX_TX_TYPE,
  type Transaction,
  transactionHash,
} from './block/transaction.js'
export {
  BLOCK_FORKS,
  type ChainConfig,
  type ChainForks,
  chainForks,
  type Genesis,
  readGenesis,
  TIME_FORKS,
} from './config/chain-config.js'
export { holesky, hoodi, mainnet, type Network, sepolia } from './config/networks.js'
export {
  type Block,
  type BlockId,
  type BlockToKeep,
  type Chain,
  type ChainEventMap,
  type ChainHead,
  type ChainReader,
  HeadEvent,
  type TransactionPlace,
} from './contract/chain.js'
export { chainKey, poolKey, stateKey, syncKey } from './contract/keys.js'
export {
  type BySender,
  PoolAddEvent,
  type PoolAddOptions,
  type PoolAnswer,
  PoolDropEvent,
  type PoolEventMap,
  type PooledTransaction,
  type PoolRefusal,
  type TransactionPool,
} from './contract/pool.js'
export type {
  Account,
  AccountProof,
  BlockExecutor,
  CallRequest,
  CallResult,
  Executed,
  StateReader,
} from './contract/state.js'
export {
  type HeadSource,
  type SyncEventMap,
  SyncedEvent,
  SyncFailEvent,
  type Synchroniser,
  type SyncProgress,
  type SyncTarget,
} from './contract/sync.js'
export * from './limits.js'
