// What everybody needs who reads and writes a `Store` directly: bytes that are plain, and errors that people can read.
import { asError, EthspanError } from '@ethspan/core'

/** Node's stores give Buffers, whose `slice` shares memory and which are no equals of a Uint8Array in tests. */
export const plainBytes = (bytes: Uint8Array): Uint8Array =>
  bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/**
 * Why a store failed, in one line with a hint.
 * @param what that could not be done: `can't write the states`
 * @param owner who is closed, where that is why: `the states are`
 * @returns ERR_CLOSED or ERR_DATA_DIR
 */
export function storeError(what: string, owner: string, cause: unknown): EthspanError {
  if (isClosed(cause)) return new EthspanError('ERR_CLOSED', `${owner} closed`, { cause })
  const { message, name } = rootOf(cause)
  const isFull = name === 'QuotaExceededError' || NO_SPACE.test(message)
  return new EthspanError('ERR_DATA_DIR', `${what}: ${isFull ? 'no space left' : message.replaceAll(/\s+/g, ' ')}`, {
    hint: isFull
      ? 'Free some space and start again. All that was kept before is there.'
      : 'See whether the disk is in order, and start again.',
    cause,
  })
}

/** Texts of the system for ENOSPC, EDQUOT and EFBIG, which LevelDB hands on without their codes. */
const NO_SPACE = /no space left|quota exceeded|file too large/i

/** Where it could not be opened, there is a cause. */
const isClosed = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'LEVEL_DATABASE_NOT_OPEN' && error.cause === undefined

/** `abstract-level` says only that it failed; why is in the cause. */
function rootOf(error: unknown): Error {
  let at = asError(error)
  for (let i = 0; i < 8 && at.cause !== undefined; i++) at = asError(at.cause)
  return at
}
