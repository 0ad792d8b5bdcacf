import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { asError, EthspanError } from '@ethspan/core'
import { openStore } from '../node-store.js'
import type { DataDir } from '../options.js'
import type { Store } from '../service.js'
import { levelStore } from './level-store.js'
import { KEY_FILE, keptKey, protectKeyFile } from './node-key.js'
import { readNodeList } from './node-list.js'
import { systemCode, systemErrorText } from './system-error.js'

const STORE_FOLDER = 'db'
/** Says which process uses the directory, for people. What keeps others out is the lock that the store holds. */
const PID_FILE = 'LOCK'
const STATIC_NODES = 'static-nodes.json'
const TRUSTED_NODES = 'trusted-nodes.json'

export interface OpenDataDirOptions {
  /** The program's own part of the directory, as geth's is `geth`. Default `ethspan`. */
  readonly name?: string
}

/**
 * Takes a data directory for this process, and makes it, for its owner only, where there is none. Two processes can't have
 * one directory: the system itself gives it back when a process ends, however it ends.
 * @throws {EthspanError} ERR_DATA_DIR, one line; in its fields `dataDir`, and where another
 * process uses it `inUse` and, if known, its `pid`
 */
export async function openDataDir(dataDir: string, { name = 'ethspan' }: OpenDataDirOptions = {}): Promise<DataDir> {
  const absolute = path.resolve(dataDir)
  const instancePath = path.join(absolute, name)
  const within = (file: string) => path.join(instancePath, file)
  makeFolders(absolute, instancePath)
  const store = await lockedStore(absolute, instancePath)

  const release = async () => {
    // While the lock is still ours: the next one to have it writes its own.
    rmSync(within(PID_FILE), { force: true })
    await store.close()
  }
  try {
    writeFileSync(within(PID_FILE), `${process.pid}\n`, { mode: 0o600 })
    const notes: string[] = []
    adoptKey(path.join(absolute, KEY_FILE), within(KEY_FILE))
    const note = protectKeyFile(within(KEY_FILE))
    if (note !== undefined) notes.push(note)
    let closing: Promise<void> | undefined
    return {
      path: absolute,
      instancePath,
      store,
      staticNodes: readNodeList(within(STATIC_NODES), notes),
      trustedNodes: readNodeList(within(TRUSTED_NODES), notes),
      notes,
      nodeKey: () => keptKey(within(KEY_FILE)),
      close: () => {
        closing ??= release()
        return closing
      },
    }
  } catch (error) {
    await release()
    throw error instanceof EthspanError ? error : dataDirError(absolute, systemErrorText(error), error)
  }
}

function makeFolders(dataDir: string, instancePath: string): void {
  try {
    makeFolder(instancePath)
    // Asked here, where the system says why not; the store would only say that it failed.
    const probe = path.join(instancePath, `.write-${process.pid}`)
    writeFileSync(probe, '')
    rmSync(probe)
  } catch (cause) {
    throw dataDirError(dataDir, systemErrorText(cause), cause)
  }
}

/**
 * Makes a folder and those above it, for their owner only. Not by `mkdirSync` with `recursive`: that goes round for ever, deaf to
 * signals, where the system says of a folder that is there that it is not, as below /proc.
 */
function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  const above = path.dirname(folder)
  if (above !== folder) makeFolder(above)
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Somebody else may have made it just now.
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
    throw systemCode(error) === 'ENOENT' ? new Error(`the system makes no folder in ${above}`, { cause: error }) : error
  }
}

/** LevelDB locks its folder by the system's file locks, which outlive no process and know no process numbers. */
async function lockedStore(dataDir: string, instancePath: string): Promise<Store> {
  const location = path.join(instancePath, STORE_FOLDER)
  const store = levelStore(location)
  try {
    await openStore(store)
    return store
  } catch (error) {
    await store.close()
    if (causeCodes(error).includes('LEVEL_LOCKED')) throw lockedError(dataDir, instancePath, error)
    const { message, hint } = error as EthspanError
    throw dataDirError(dataDir, message, error, hint)
  }
}

function lockedError(dataDir: string, instancePath: string, cause: unknown): EthspanError {
  const pid = userOf(path.join(instancePath, PID_FILE))
  const who = pid === undefined ? 'another process' : pid === process.pid ? 'this process' : `process ${pid}`
  return new EthspanError('ERR_DATA_DIR', `the data directory ${dataDir} is in use by ${who}`, {
    fields: { dataDir, inUse: true, ...(pid === undefined ? {} : { pid }) },
    hint: 'End that one, or name another data directory.',
    cause,
  })
}

/** The process that says to use the directory. It may just be about to say so, or not to. */
function userOf(pidFile: string): number | undefined {
  if (!existsSync(pidFile)) return undefined
  const pid = Number.parseInt(readFileSync(pidFile, 'latin1'), 10)
  return pid > 0 ? pid : undefined
}

/** The key of a node that was run before keys lay in the instance directory: it stays who it was. */
function adoptKey(before: string, file: string): void {
  if (!existsSync(file) && existsSync(before)) renameSync(before, file)
}

function dataDirError(
  dataDir: string,
  why: string,
  cause: unknown,
  hint = 'Name another data directory.',
): EthspanError {
  const message = `can't use the data directory ${dataDir}: ${why}`
  return new EthspanError('ERR_DATA_DIR', message, { fields: { dataDir }, hint, cause })
}

/** The codes of an error and of what caused it. */
function causeCodes(error: unknown): string[] {
  const codes: string[] = []
  for (let at = error; at instanceof Error && codes.length < 8; at = at.cause) {
    codes.push(String((asError(at) as NodeJS.ErrnoException).code))
  }
  return codes
}
