import type { Crypto } from '../crypto/crypto.js'
import { EthspanError } from '../errors.js'
import type { Limits } from '../limits.js'
import type { Clock, RandomBytes } from '../platform/clock.js'
import { abortable, deferred, withTimeout } from '../platform/wait.js'
import { ChannelTap } from '../transport/channel-tap.js'
import type { Channel } from '../transport/transport.js'
import { RlpxConnection } from './connection.js'
import { answerAuth, createAuth, type Secrets } from './handshake.js'
import { type HandshakePacketKind, HandshakePacketReader } from './handshake-packet.js'

/** What a handshake needs besides its channel. */
export interface EstablishOptions {
  readonly privateKey: Uint8Array
  readonly crypto: Crypto
  readonly clock: Clock
  readonly randomBytes: RandomBytes
  readonly limits: Limits
  readonly signal?: AbortSignal
}

/**
 * The RLPx handshake as initiator, on a channel that was dialed. When it fails, the channel is gone.
 * @throws {EthspanError} ERR_HANDSHAKE, ERR_TIMEOUT after `encryptionHandshakeTimeout`, ERR_ABORTED, ERR_CLOSED.
 */
export function initiate(
  channel: Channel,
  remotePublicKey: Uint8Array,
  options: EstablishOptions,
): Promise<RlpxConnection> {
  return establish(channel, options, async (tap) => {
    const auth = createAuth({ ...options, remotePublicKey })
    channel.write([auth.packet])
    return auth.finish(await readPacket(tap, 'ack', options))
  })
}

/** The RLPx handshake as recipient, on a channel that was accepted. Otherwise as {@link initiate}. */
export function accept(channel: Channel, options: EstablishOptions): Promise<RlpxConnection> {
  return establish(channel, options, async (tap) => {
    const { ack, secrets } = answerAuth({ ...options, packet: await readPacket(tap, 'auth', options) })
    channel.write([ack])
    return secrets
  })
}

async function establish(
  channel: Channel,
  options: EstablishOptions,
  handshake: (tap: ChannelTap) => Promise<Secrets>,
): Promise<RlpxConnection> {
  const { clock, limits, signal } = options
  const tap = new ChannelTap(channel)
  try {
    const done = abortable(handshake(tap), signal)
    const ms = limits.encryptionHandshakeTimeout
    return new RlpxConnection(tap, await withTimeout(done, clock, ms, 'the encryption handshake'), options)
  } catch (error) {
    channel.destroy()
    await tap.gone
    throw error
  }
}

/** Reads one handshake packet; bytes after it stay with the tap. */
function readPacket(tap: ChannelTap, kind: HandshakePacketKind, options: EstablishOptions): Promise<Uint8Array> {
  const { promise, resolve, reject } = deferred<Uint8Array>()
  const reader = new HandshakePacketReader({ ...options, kind })
  tap.attach({
    data(chunk) {
      try {
        const packet = reader.push(chunk)
        if (packet === undefined) return
        tap.detach(reader.takeUnread())
        resolve(packet)
      } catch (error) {
        reject(error)
      }
    },
    drained() {},
    closed(error) {
      reject(error ?? new EthspanError('ERR_CLOSED', `the other side closed the connection before its ${kind}`))
    },
  })
  return promise
}
