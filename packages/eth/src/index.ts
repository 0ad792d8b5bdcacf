export type { Awaitable, ChainHead, EthChain, EthPool } from './chain.js'
export {
  BLOCK_FORKS,
  type ChainConfig,
  type ChainForks,
  chainForks,
  type Genesis,
  readGenesis,
  TIME_FORKS,
} from './chain-config.js'
export { addFork, checkForkId, type ForkHead, type ForkId, type ForkIdFault, forkId } from './fork-id.js'
export { type HandshakeOptions, handshake, localStatus } from './handshake.js'
export * from './limits.js'
export {
  accessListHash,
  type BlockAccessList,
  decodeBlockAccessLists,
  encodeBlockAccessLists,
} from './messages/access-lists.js'
export { type BlockRange, blockRangeFault, decodeBlockRange, encodeBlockRange } from './messages/block-range.js'
export {
  type BlockAnnouncement,
  type Body,
  type BodyFields,
  decodeBlockBodies,
  decodeBody,
  decodeNewBlock,
  decodeNewBlockHashes,
  encodeBlockBodies,
  encodeBody,
  encodeNewBlock,
  encodeNewBlockHashes,
  type NewBlock,
  unclesHash,
  type Withdrawal,
} from './messages/bodies.js'
export { ETH_VERSIONS, EthMsg, type EthVersion, PROTOCOL_LENGTHS } from './messages/codes.js'
export { type Hash, readRequestId } from './messages/fields.js'
export {
  decodeGetReceipts70,
  decodeHashRequest,
  encodeGetReceipts70,
  encodeHashRequest,
  type GetReceipts70,
  type HashRequest,
} from './messages/hash-requests.js'
export {
  decodeBlockHeaders,
  decodeGetBlockHeaders,
  decodeHeader,
  encodeBlockHeaders,
  encodeGetBlockHeaders,
  encodeHeader,
  type GetBlockHeaders,
  type Header,
  type HeaderFields,
  type HeadersQuery,
  headerHash,
} from './messages/headers.js'
export {
  decodeLogs,
  decodeReceipt68,
  decodeReceipt69,
  decodeReceipts,
  encodeLogs,
  encodeReceipt68,
  encodeReceipt69,
  encodeReceipts,
  encodeReceipts70,
  type Log,
  logsBloom,
  type Receipt,
  type Receipts,
  receiptConsensusBytes,
} from './messages/receipts.js'
export { decodeStatus, encodeStatus, type Status, type Status68, type Status69 } from './messages/status.js'
export {
  decodeNewPooledTransactionHashes,
  decodePooledTransactions,
  decodeTransaction,
  decodeTransactions,
  encodeNewPooledTransactionHashes,
  encodePooledTransactions,
  encodeTransaction,
  encodeTransactions,
  type Transaction,
  type TransactionAnnouncement,
  transactionHash,
} from './messages/transactions.js'
export { holesky, hoodi, mainnet, type Network, sepolia } from './networks.js'
export { type EthHandlers, EthPeer, type EthPeerOptions, type HeadersRequest } from './peer.js'
export { type EthProtocolsOptions, ethProtocols } from './protocols.js'
export type { LateAnswer, RequestOptions } from './requests.js'
export { type EthServing, type ServedReceipts, serving } from './serve.js'
