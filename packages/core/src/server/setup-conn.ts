import type { Crypto } from '../crypto/crypto.js'
import { Enode } from '../enode/enode.js'
import { asError } from '../errors.js'
import type { Limits } from '../limits.js'
import { BaseCode, encodeDisconnect, type Hello } from '../peer/base-protocol.js'
import { DisconnectError, DiscReason } from '../peer/disc-reason.js'
import { peerEndOf } from '../peer/disc-reason-of.js'
import { type MatchedProtocol, matchProtocols } from '../peer/match-protocols.js'
import type { Protocol } from '../peer/protocol.js'
import { sayHello } from '../peer/say-hello.js'
import type { Clock, RandomBytes } from '../platform/clock.js'
import type { RlpxConnection } from '../rlpx/connection.js'
import { accept, initiate } from '../rlpx/establish.js'
import type { Channel } from '../transport/transport.js'
import type { HandshakeStage } from './events.js'

/** What every connection of a server is set up with. */
export interface SetupContext {
  readonly privateKey: Uint8Array
  readonly crypto: Crypto
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  readonly limits: Limits
  readonly protocols: readonly Protocol[]
  ourHello(): Hello
  /** The admission check once the key is proven. @throws {DisconnectError} with the reason to give. */
  checkpoint(node: Enode): void
  /** The admission check once Hello is said, and the step to a peer. @throws {DisconnectError} likewise. */
  addPeer(handshaken: HandshakenConnection): Promise<void>
}

/** A connection with both handshakes behind it. */
export interface HandshakenConnection {
  readonly connection: RlpxConnection
  readonly enode: Enode
  readonly hello: Hello
  readonly protocols: readonly MatchedProtocol[]
}

/** A handshake that failed, where, and with whom as far as known. */
export class SetupError extends Error {
  readonly stage: HandshakeStage
  readonly node: Enode | undefined
  override readonly cause: Error

  constructor(stage: HandshakeStage, node: Enode | undefined, cause: Error) {
    super(cause.message, { cause })
    this.stage = stage
    this.node = node
    this.cause = cause
  }
}

/**
 * Takes a fresh channel through the encryption handshake, the first check, Hello and the second check, after which it is a
 * peer: geth's `setupConn`.
 * On failure the other side is told the reason if it can be, and the channel is closed.
 * @throws {SetupError}
 */
export async function setupConn(
  context: SetupContext,
  channel: Channel,
  dialed: Enode | undefined,
  signal: AbortSignal,
): Promise<void> {
  let stage: 'encryption' | 'hello' = 'encryption'
  let enode = dialed
  let connection: RlpxConnection | undefined
  try {
    const options = { ...context, signal }
    connection = await (dialed === undefined ? accept(channel, options) : initiate(channel, dialed.publicKey, options))
    enode ??= new Enode(connection.remotePublicKey)
    context.checkpoint(enode)

    stage = 'hello'
    const { clock, limits } = context
    const hello = await sayHello(connection, context.ourHello(), { clock, timeout: limits.helloTimeout, signal })
    const protocols = matchProtocols(context.protocols, hello.caps)
    if (protocols.length === 0)
      throw new DisconnectError(DiscReason.UselessPeer, 'local', { detail: 'no shared protocol' })
    await context.addPeer({ connection, enode, hello, protocols })
  } catch (cause) {
    // An abort carries what to tell the other side, such as that this node quits.
    const error = asError(signal.aborted ? signal.reason : cause)
    if (connection !== undefined) await sayGoodbye(connection, error)
    throw new SetupError(stage, enode, error)
  }
}

async function sayGoodbye(connection: RlpxConnection, error: Error): Promise<void> {
  const { side, reason } = peerEndOf(error)
  const goodbye = side === 'local' ? { code: BaseCode.Disconnect, payload: encodeDisconnect(reason) } : undefined
  await connection.close(error, goodbye)
}
