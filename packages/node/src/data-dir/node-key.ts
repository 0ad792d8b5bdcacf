import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs'
import { asError, bytesToHex, checkPrivateKey, EthspanError, generatePrivateKey } from '@ethspan/core'
import { systemErrorText } from './system-error.js'

/** The key's file in the instance directory; geth's name and form: 64 hex digits. */
export const KEY_FILE = 'nodekey'
/** Bytes. A file that is so much longer than a key is something else. */
const MAX_KEY_FILE_BYTES = 1024

/**
 * The key in a file of 64 hex digits, a line break after them allowed. 32 bytes.
 * @throws {EthspanError} ERR_INVALID_KEY for a file that holds none, ERR_DATA_DIR for one that can't be read
 */
export function readKeyFile(file: string): Uint8Array {
  let text: string
  try {
    text = readFileSync(file, 'latin1')
  } catch (cause) {
    throw new EthspanError('ERR_DATA_DIR', `can't read the node key ${file}: ${systemErrorText(cause)}`, { cause })
  }
  if (text.length > MAX_KEY_FILE_BYTES) {
    throw new EthspanError('ERR_INVALID_KEY', `${file} is not a node key: it has ${text.length} bytes`)
  }
  try {
    return checkPrivateKey(text.replace(/[\r\n]+$/, ''))
  } catch (cause) {
    throw new EthspanError('ERR_INVALID_KEY', `${file} is not a node key: ${asError(cause).message}`, { cause })
  }
}

/**
 * The key in `file`, made where there is none.
 * @throws as {@link readKeyFile}; also ERR_DATA_DIR where it can't be written
 */
export function keptKey(file: string): Uint8Array {
  if (statSync(file, { throwIfNoEntry: false }) !== undefined) return readKeyFile(file)
  const privateKey = generatePrivateKey()
  try {
    writeKeyFile(file, privateKey)
  } catch (cause) {
    throw new EthspanError('ERR_DATA_DIR', `can't write the node key ${file}: ${systemErrorText(cause)}`, { cause })
  }
  return privateKey
}

/** Takes a key file back from everybody else; says so, where others could read it. */
export function protectKeyFile(file: string): string | undefined {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode
  // Windows knows no such modes; there the user's profile is the user's own.
  if (mode === undefined || process.platform === 'win32' || (mode & 0o077) === 0) return undefined
  chmodSync(file, 0o600)
  return `${file} could be read by others; now only its owner can.`
}

/** Under its final name only once it is complete and on disk. */
function writeKeyFile(file: string, privateKey: Uint8Array): void {
  const temporary = `${file}.tmp`
  const handle = openSync(temporary, 'w', 0o600)
  try {
    // A file left by a crash keeps the mode it had.
    chmodSync(temporary, 0o600)
    writeSync(handle, bytesToHex(privateKey))
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(temporary, file)
}
