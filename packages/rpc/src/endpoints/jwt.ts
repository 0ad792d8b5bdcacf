import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { asError, bytesToHex, type Clock, EthspanError, hexToBytes } from '@ethspan/core'
import { errors, jwtVerify } from 'jose'

/** What both sides share: bytes. Source: execution-apis, "Authentication". */
const SECRET_LENGTH = 32

/** How far a token's `iat` may be from now, in seconds. Geth: `jwtExpiryTimeout`. */
const MAX_TOKEN_AGE_S = 60

/**
 * The secret in a file of 64 hex digits, with or without 0x; where there is none, it is made and written with mode 0600,
 * as geth does. Bytes are taken as they are.
 * @throws {EthspanError} ERR_INVALID_OPTION in one line.
 */
export async function loadJwtSecret(secret: string | Uint8Array): Promise<Uint8Array> {
  if (typeof secret !== 'string') {
    if (secret.length === SECRET_LENGTH) return secret
    throw new EthspanError(
      'ERR_INVALID_OPTION',
      `the JWT secret has ${secret.length} bytes instead of ${SECRET_LENGTH}`,
    )
  }
  const made = randomBytes(SECRET_LENGTH)
  try {
    await writeFile(secret, `0x${bytesToHex(made)}`, { mode: 0o600, flag: 'wx' })
    return made
  } catch (cause) {
    if (codeOf(cause) === 'EEXIST') return readSecret(secret)
    throw new EthspanError('ERR_INVALID_OPTION', `can't write a JWT secret to ${secret}: ${asError(cause).message}`, {
      cause,
    })
  }
}

async function readSecret(path: string): Promise<Uint8Array> {
  let text: string
  try {
    text = (await readFile(path, 'utf8')).trim().replace(/^0x/i, '')
  } catch (cause) {
    throw new EthspanError('ERR_INVALID_OPTION', `can't read the JWT secret in ${path}: ${asError(cause).message}`, {
      cause,
    })
  }
  if (text.length === 2 * SECRET_LENGTH && /^[0-9a-f]*$/i.test(text)) return hexToBytes(text)
  throw new EthspanError('ERR_INVALID_OPTION', `the JWT secret in ${path} does not consist of 64 hex digits`)
}

/** Why an `Authorization` header does not let in, in geth's words; undefined where it does. */
export async function jwtRefusal(
  authorization: string | undefined,
  secret: Uint8Array,
  clock: Clock,
): Promise<string | undefined> {
  const token = /^bearer (.+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) return 'missing token'
  const now = clock.wallTime()
  try {
    const { payload } = await jwtVerify(token, secret, { algorithms: ['HS256'], currentDate: new Date(now) })
    if (typeof payload.iat !== 'number') return 'missing issued-at'
    const age = now / 1000 - payload.iat
    if (age > MAX_TOKEN_AGE_S) return 'stale token'
    return -age > MAX_TOKEN_AGE_S ? 'future token' : undefined
  } catch (error) {
    if (error instanceof errors.JWTExpired) return 'token is expired'
    if (error instanceof errors.JOSEError) return `invalid token: ${error.message}`
    throw error
  }
}

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : undefined)
