import type { Enode } from '../enode/enode.js'
import type { RecordEntries } from '../enode/enr.js'
import type { RlpInput } from '../rlp/rlp.js'
import type { Peer } from './peer.js'

/** One message as a protocol sees it. */
export interface Msg {
  /** Relative to the protocol: 0 … length − 1. */
  readonly code: number
  /** Raw RLP, decompressed. Not checked: it is whatever the peer sent. */
  readonly payload: Uint8Array
  /** When it arrived, `clock.now()`. */
  readonly receivedAt: number
}

export interface WaitOptions {
  readonly signal?: AbortSignal
}

export interface MsgReader extends AsyncIterable<Msg> {
  /**
   * The next message.
   * @throws {EthspanError} the error that ended the peer once everything that arrived is read; ERR_ABORTED.
   */
  read(options?: WaitOptions): Promise<Msg>
  /** Iteration ends, without an error, when the peer is gone. */
  [Symbol.asyncIterator](): AsyncIterator<Msg, undefined>
}

export interface MsgWriter {
  /**
   * Sends `payload`, which must be RLP, and resolves when the transport takes more. Messages leave in the order of the calls.
   * Await it, or what a peer does not take piles up here. A write that fails only because the peer is gone need not be handled.
   * @throws {EthspanError} ERR_PROTOCOL for a code outside the protocol, ERR_MESSAGE_TOO_BIG, ERR_ABORTED, or what ended the peer.
   */
  write(code: number, payload: Uint8Array, options?: WaitOptions): Promise<void>
  /** Encodes `value` as RLP and writes it. @throws {EthspanError} ERR_INVALID_RLP, and as `write`. */
  send(code: number, value: RlpInput, options?: WaitOptions): Promise<void>
}

/** What a protocol reads and writes its messages with. */
export interface MsgReadWriter extends MsgReader, MsgWriter {}

/** A sub-protocol of devp2p, geth's `p2p.Protocol`. */
export interface Protocol {
  readonly name: string
  readonly version: number
  /** How many message codes the protocol uses. */
  readonly length: number
  /** Runs on each peer that shares the protocol. When it returns or throws, the peer is disconnected. */
  run(peer: Peer, rw: MsgReadWriter): Promise<void>
  /** What `nodeInfo` shows for the protocol. */
  nodeInfo?(): unknown
  /** What `peersInfo` shows for the protocol on the peer with this id. */
  peerInfo?(id: string): unknown
  /** Entries the protocol adds to the local node's record. */
  readonly attributes?: RecordEntries
  /** Nodes worth dialing for this protocol. */
  dialCandidates?(options: { readonly signal: AbortSignal }): AsyncIterable<Enode>
}
