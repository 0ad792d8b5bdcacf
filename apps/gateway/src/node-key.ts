import { chmodSync, closeSync, fsyncSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs'
import path from 'node:path'
import { asError, bytesToHex, checkPrivateKey, EthspanError, generatePrivateKey } from '@ethspan/core'
import type { KeySource } from './config.js'
import { dataDirError, lockDataDir, makeDataDir, systemErrorText } from './data-dir.js'

/** The key's file in a data directory; geth's name and form: 64 hex digits. */
export const KEY_FILE = 'nodekey'
/** A file that is much longer than a key is something else. */
const MAX_KEY_FILE_BYTES = 1024

export interface NodeKey {
  /** 32 bytes. */
  readonly privateKey: Uint8Array
  /** What the user should know about it, one sentence. */
  readonly note?: string
  /** Gives the data directory back. Idempotent. */
  release(): void
}

/**
 * The node's key. In a data directory that another running node uses, a new key for this run alone: two nodes with one
 * key would be one node to everybody else.
 * @throws {EthspanError} ERR_INVALID_KEY for a key that is none, ERR_INVALID_OPTION for files that can't be used
 */
export function openNodeKey(source: KeySource): NodeKey {
  const release = () => {}
  if (source.kind === 'hex') return { privateKey: parseKey(source.hex, 'the value of --nodekeyhex'), release }
  if (source.kind === 'file') return { privateKey: readKeyFile(source.path), release }
  return openDataDir(source.dataDir)
}

function openDataDir(dataDir: string): NodeKey {
  makeDataDir(dataDir)
  const lock = lockDataDir(dataDir)
  if ('pid' in lock) {
    const note = `The data directory ${dataDir} is in use by process ${lock.pid}, so this node has a new key for this run alone (--datadir gives it one that stays).`
    return { privateKey: generatePrivateKey(), note, release: () => {} }
  }
  try {
    return { ...keptKey(path.join(dataDir, KEY_FILE)), release: lock.release }
  } catch (error) {
    lock.release()
    throw error instanceof EthspanError ? error : dataDirError(dataDir, error)
  }
}

function keptKey(file: string): Omit<NodeKey, 'release'> {
  const stats = statSync(file, { throwIfNoEntry: false })
  if (stats === undefined) {
    const privateKey = generatePrivateKey()
    writeKeyFile(file, privateKey)
    return { privateKey }
  }
  const privateKey = readKeyFile(file)
  // Windows knows no such modes; there the user's profile is the user's own.
  if (process.platform === 'win32' || (stats.mode & 0o077) === 0) return { privateKey }
  chmodSync(file, 0o600)
  return { privateKey, note: `${file} could be read by others; now only its owner can.` }
}

function readKeyFile(file: string): Uint8Array {
  let text: string
  try {
    text = readFileSync(file, 'latin1')
  } catch (cause) {
    const message = `can't read the node key ${file}: ${systemErrorText(cause)}`
    throw new EthspanError('ERR_INVALID_OPTION', message, { cause })
  }
  if (text.length > MAX_KEY_FILE_BYTES) {
    throw new EthspanError('ERR_INVALID_KEY', `${file} is not a node key: it has ${text.length} bytes`)
  }
  return parseKey(text.replace(/[\r\n]+$/, ''), file)
}

function parseKey(hex: string, where: string): Uint8Array {
  try {
    return checkPrivateKey(hex)
  } catch (cause) {
    throw new EthspanError('ERR_INVALID_KEY', `${where} is not a node key: ${asError(cause).message}`, { cause })
  }
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
