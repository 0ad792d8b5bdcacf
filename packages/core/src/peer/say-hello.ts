import { equalBytes } from '../bytes.js'
import { EthspanError } from '../errors.js'
import { MAX_BASE_MESSAGE_SIZE, MAX_MESSAGE_SIZE } from '../limits.js'
import type { Clock } from '../platform/clock.js'
import { abortable, deferred, withTimeout } from '../platform/wait.js'
import type { RlpxConnection } from '../rlpx/connection.js'
import {
  BASE_PROTOCOL_VERSION,
  BaseCode,
  decodeDisconnect,
  decodeHello,
  encodeHello,
  type Hello,
  SNAPPY_VERSION,
} from './base-protocol.js'
import { DisconnectError, DiscReason } from './disc-reason.js'

/** A Hello and its code. */
const MAX_HELLO_FRAME = MAX_BASE_MESSAGE_SIZE + 1

/**
 * Exchanges Hello and turns on compression where both sides know it. Messages that follow the other's Hello stay in the
 * connection until somebody reads them.
 * @throws {DisconnectError} the other side's reason, or ours: InvalidIdentity where the id in Hello is not the proven key.
 * @throws {EthspanError} ERR_TIMEOUT, ERR_PROTOCOL, ERR_INVALID_RLP, ERR_ABORTED, or what ended the connection.
 */
export async function sayHello(
  connection: RlpxConnection,
  ours: Hello,
  { clock, timeout, signal }: { readonly clock: Clock; readonly timeout: number; readonly signal?: AbortSignal },
): Promise<Hello> {
  connection.writeNow(BaseCode.Hello, encodeHello(ours))
  connection.limitFrames(MAX_HELLO_FRAME)
  const theirs = await withTimeout(abortable(readHello(connection), signal), clock, timeout, 'Hello')
  connection.limitFrames(MAX_MESSAGE_SIZE)
  // From here on, as the other side does: also the goodbye to a wrong identity.
  connection.codec.snappy = theirs.version >= SNAPPY_VERSION && ours.version >= SNAPPY_VERSION
  if (!equalBytes(theirs.publicKey, connection.remotePublicKey)) {
    throw new DisconnectError(DiscReason.InvalidIdentity, 'local', { detail: 'the id in Hello is not the proven key' })
  }
  return theirs
}

/** A Hello from this node. */
export const ourHello = (hello: Omit<Hello, 'version'>): Hello => ({ version: BASE_PROTOCOL_VERSION, ...hello })

function readHello(connection: RlpxConnection): Promise<Hello> {
  const { promise, resolve, reject } = deferred<Hello>()
  connection.read({
    message(code, payload) {
      connection.stopReading()
      try {
        resolve(readFirst(code, payload))
      } catch (error) {
        reject(error)
      }
    },
    sent() {},
    ended: reject,
  })
  return promise
}

function readFirst(code: number, payload: Uint8Array): Hello {
  if (code === BaseCode.Hello) return decodeHello(payload)
  if (code === BaseCode.Disconnect) throw new DisconnectError(decodeDisconnect(payload), 'remote')
  throw new EthspanError('ERR_PROTOCOL', `the first message has code ${code}, not Hello`, { fields: { code } })
}
