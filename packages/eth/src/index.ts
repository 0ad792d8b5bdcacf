export type { Awaitable, EthChain, EthHead, EthPool } from './chain.js'
export { addFork, checkForkId, type ForkHead, type ForkId, type ForkIdFault, forkId } from './fork-id.js'
export { type HandshakeOptions, handshake, localStatus } from './handshake.js'
export { HeadProtocol, type HeadProtocolOptions } from './head/head-protocol.js'
export { decodeHead, encodeFollow, encodeHead, HeadMsg, type ToldHead } from './head/messages.js'
export * from './limits.js'
export { type BlockAccessList, decodeBlockAccessLists, encodeBlockAccessLists } from './messages/access-lists.js'
export { type BlockRange, blockRangeFault, decodeBlockRange, encodeBlockRange } from './messages/block-range.js'
export {
  type BlockAnnouncement,
  decodeBlockBodies,
  decodeNewBlock,
  decodeNewBlockHashes,
  encodeBlockBodies,
  encodeNewBlock,
  encodeNewBlockHashes,
  type NewBlock,
} from './messages/bodies.js'
export { ETH_VERSIONS, EthMsg, type EthVersion, PROTOCOL_LENGTHS } from './messages/codes.js'
export { readRequestId } from './messages/fields.js'
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
  encodeBlockHeaders,
  encodeGetBlockHeaders,
  type GetBlockHeaders,
  type HeadersQuery,
} from './messages/headers.js'
export { decodeReceipts, encodeReceipts, encodeReceipts70, type Receipts } from './messages/receipts.js'
export { decodeStatus, encodeStatus, type Status, type Status68, type Status69 } from './messages/status.js'
export {
  decodeNewPooledTransactionHashes,
  decodePooledTransactions,
  decodeTransactions,
  encodeNewPooledTransactionHashes,
  encodePooledTransactions,
  encodeTransactions,
  type TransactionAnnouncement,
} from './messages/transactions.js'
export { type EthHandlers, EthPeer, type EthPeerOptions, type HeadersRequest } from './peer.js'
export {
  PeerSet,
  PeerSetEvent,
  type PeerSetEventMap,
  type Question,
  type RequestCounts,
} from './peers/peer-set.js'
export type { RatedPeer } from './peers/rated-peer.js'
export type { RequestKind } from './peers/rates.js'
export { type EthProtocolsOptions, ethProtocols } from './protocols.js'
export type { LateAnswer, RequestOptions } from './requests.js'
export { type EthServing, type ServedReceipts, serving } from './serve.js'
export { EthService, type EthServiceOptions } from './service/eth-service.js'
export { SkeletonSync, type SkeletonSyncOptions } from './sync/skeleton-sync.js'
