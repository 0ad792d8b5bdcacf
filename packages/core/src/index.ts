// The public face of the stack, in the order of its layers.

export { loadCurve } from '#curve'
export { systemClock, systemRandomBytes } from '#platform'
export { bytesToHex, concatBytes, equalBytes, hexToBytes } from './bytes.js'
export type { Crypto, RunningKeccak, StreamCipher } from './crypto/crypto.js'
export type { Curve } from './crypto/curve.js'
export { keccak256 } from './crypto/keccak.js'
export { createPortableCrypto } from './crypto/portable.js'
export {
  checkPrivateKey,
  generatePrivateKey,
  isCurveFast,
  publicKeyOf,
  recover,
  sign,
  verify,
} from './crypto/secp256k1.js'
export type { Endpoint } from './enode/endpoint.js'
export { Enode } from './enode/enode.js'
export { ENR, endpointEntries, type RecordEntries } from './enode/enr.js'
export { isLoopback } from './enode/ip.js'
export { LocalNode } from './enode/local-node.js'
export { abortError, asError, type ErrorCode, type ErrorDetails, EthspanError } from './errors.js'
export { defaultLimits, type Limits, MAX_MESSAGE_SIZE } from './limits.js'
export { type Cap, capString } from './peer/cap.js'
export { DisconnectError, DiscReason, type DiscSide, discReasonText } from './peer/disc-reason.js'
export type { MessageTrace, TracedMessage } from './peer/message-trace.js'
export type { Meter } from './peer/meter.js'
export type { Peer } from './peer/peer.js'
export type { PeerInfo } from './peer/peer-info.js'
export type { Msg, MsgReader, MsgReadWriter, MsgWriter, Protocol, WaitOptions } from './peer/protocol.js'
export type { Traffic } from './peer/traffic.js'
export type { Clock, RandomBytes, Timer } from './platform/clock.js'
export { Emitter } from './platform/emitter.js'
export { type LogFields, type Logger, silentLogger } from './platform/logger.js'
export { Serial } from './platform/serial.js'
export { type Rate, TokenBucket } from './platform/token-bucket.js'
export { abortable, type Deferred, deferred, nextTurn, withTimeout } from './platform/wait.js'
export { isRlpList, joinRlpList, rlpStringPayload, splitRlpList } from './rlp/raw-list.js'
export {
  decodeRlp,
  encodeRlp,
  expectBigUint,
  expectBytes,
  expectList,
  expectText,
  expectUint,
  invalidRlp,
  type RlpInput,
  type RlpItem,
  type RlpLimits,
} from './rlp/rlp.js'
export {
  DialEvent,
  DialFailEvent,
  HandshakeFailEvent,
  type HandshakeStage,
  PeerAddEvent,
  PeerDropEvent,
  type ServerEventMap,
} from './server/events.js'
export type { NodeInfo } from './server/info.js'
export type { DialCandidates, Redial, ServerOptions } from './server/options.js'
export { type RlpxPingOptions, type RlpxPong, rlpxPing } from './server/rlpx-ping.js'
export { Server } from './server/server.js'
export { VERSION } from './server/version.js'
export type { ByteMeter } from './transport/metered-channel.js'
export type {
  Channel,
  ChannelHandler,
  DialCheck,
  Listener,
  ListenerAddress,
  Transport,
  TransportContext,
} from './transport/transport.js'
