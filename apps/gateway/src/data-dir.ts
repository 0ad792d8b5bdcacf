import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { asError, EthspanError } from '@ethspan/core'

/** The lock's file in a data directory; geth's name. */
export const LOCK_FILE = 'LOCK'

/** The right to use a data directory. */
export interface DataDirLock {
  /** Gives it back. Idempotent. */
  release(): void
}

/** A data directory belongs to another process. */
export interface DataDirInUse {
  readonly pid: number
}

/**
 * Makes the directory, for its owner only, where it does not exist.
 * @throws {EthspanError} ERR_INVALID_OPTION
 */
export function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  } catch (cause) {
    throw dataDirError(dataDir, cause)
  }
}

export function dataDirError(dataDir: string, cause: unknown): EthspanError {
  return new EthspanError('ERR_INVALID_OPTION', `can't use the data directory ${dataDir}: ${systemErrorText(cause)}`, {
    fields: { dataDir },
    hint: 'Name another one with --datadir.',
    cause,
  })
}

const errorWords: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of the path is not a directory',
  EEXIST: 'it is not a directory',
  EISDIR: 'it is a directory',
  ENOSPC: 'no space left on the device',
  EROFS: 'the file system is read-only',
}

/** The system's name of an error, such as `ENOENT`. */
export const systemCode = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/** What went wrong with a file, in words. */
export const systemErrorText = (error: unknown): string => errorWords[systemCode(error) ?? ''] ?? asError(error).message

/**
 * Takes the directory for this process, so that no two nodes run with one key. A lock whose process is gone is taken over.
 * @throws {EthspanError} ERR_INVALID_OPTION where files can't be written
 */
export function lockDataDir(dataDir: string): DataDirLock | DataDirInUse {
  const file = path.join(dataDir, LOCK_FILE)
  const mine = `${process.pid} ${processStart} ${randomUUID()}\n`
  try {
    for (let attempt = 0; ; attempt++) {
      if (create(file, mine)) return { release: () => release(file, mine) }
      const theirs = read(file)
      const pid = Number(theirs.split(' ', 1)[0])
      // The second time, somebody else was quicker to take over what was stale.
      if (isAlive(theirs, pid) || attempt > 0) return { pid }
      clearStale(file, theirs)
    }
  } catch (error) {
    throw dataDirError(dataDir, error)
  }
}

/** In a container the first process has the same pid after each restart; its start tells them apart. */
const processStart = Math.round(performance.timeOrigin)

function create(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
}

/** The lock's text; empty where it was just given back. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return ''
    throw error
  }
}

function isAlive(lock: string, pid: number): boolean {
  // Not a pid: whoever wrote it was cut off.
  if (!Number.isInteger(pid) || pid <= 0) return false
  if (pid === process.pid) return lock.split(' ')[1] === `${processStart}`
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It lives and is another user's.
    return systemCode(error) === 'EPERM'
  }
}

/** Moves the lock aside before it is deleted, so that of two processes that find it stale only one clears it. */
function clearStale(file: string, stale: string): void {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
    // Meanwhile another process may have cleared it and taken the directory: that one gets its lock back.
    if (readFileSync(aside, 'utf8') !== stale) linkSync(aside, file)
    unlinkSync(aside)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
}

function release(file: string, mine: string): void {
  if (read(file) === mine) unlinkSync(file)
}
