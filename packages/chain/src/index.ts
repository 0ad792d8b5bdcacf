export { accessListHash } from './block/access-list.js'
export type { Block } from './block/block.js'
export {
  type Body,
  type BodyFields,
  decodeBody,
  encodeBody,
  unclesHash,
  type Withdrawal,
} from './block/body.js'
export { EMPTY_ACCESS_LIST_HASH, EMPTY_REQUESTS_HASH, EMPTY_ROOT, EMPTY_UNCLES_HASH } from './block/empty.js'
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
export { type BlobSidecar, readSidecar, withoutSidecar } from './block/sidecar.js'
export { readTransaction, senderOf, sourceOf } from './block/signed.js'
export {
  BLOB_TX_TYPE,
  decodeTransaction,
  encodeTransaction,
  MAX_TX_TYPE,
  type Transaction,
  transactionHash,
} from './block/transaction.js'
export {
  BLOB_FORKS,
  BLOCK_FORKS,
  type BlobConfig,
  type BlobFork,
  type BlockFork,
  type ChainConfig,
  type ChainForks,
  chainForks,
  type Genesis,
  TIME_FORKS,
  type TimeFork,
} from './config/chain-config.js'
export { type ChainSpec, chainSpec, INITIAL_BASE_FEE } from './config/chain-spec.js'
export { chainCommon, commonAt } from './config/common.js'
export { type GenesisAccount, type GenesisAlloc, type GenesisSpec, parseGenesis } from './config/genesis.js'
export { holeskySpec, hoodiSpec, mainnetSpec, sepoliaSpec } from './config/networks.js'
export { forksFromGenesis, PUBLIC_BLOB_SCHEDULE } from './config/presets.js'
export { type BlockPlace, blobConfigAt, isForked, isPostMerge } from './config/rules.js'
export {
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
export type { AccountOverride, BlockOverrides, CallOverrides, StorageSlots } from './contract/overrides.js'
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
  CallOptions,
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
export { chainFileBlock, type FileBlock, readChainFile } from './files/chain-file.js'
export {
  BlockImporter,
  type BlockImporterOptions,
  type ImportOptions,
  type ImportProgress,
} from './import/block-importer.js'
export * from './limits.js'
export { type OpenChainOptions, openChain } from './store/open-chain.js'
export { bodyFault, verifyBody } from './verify/body.js'
export { blobBaseFee, nextBaseFee, nextExcessBlobGas } from './verify/fees.js'
export { verifyHeader } from './verify/header.js'
export { type InvalidBlock, invalidBlock } from './verify/invalid-block.js'
export { receiptsFault } from './verify/receipts.js'
export { receiptsRoot, transactionsRoot, withdrawalsRoot } from './verify/roots.js'
export { verifyTransactions } from './verify/transactions.js'
