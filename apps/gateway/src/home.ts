// What a node is: its key, and where it keeps things.
import { asError, checkPrivateKey, EthspanError, generatePrivateKey } from '@ethspan/core'
import type { DataDir, Store } from '@ethspan/node'
import { openDataDir, readKeyFile } from '@ethspan/node/data-dir'
import { memoryStore } from '@ethspan/node/memory'
import type { GatewayConfig, KeySource } from './config.js'

/** A node's key and its data, taken for this process. */
export interface Home {
  /** 32 bytes. */
  readonly privateKey: Uint8Array
  /** Undefined where the node does without: then everything is kept in `store`, for this run alone. */
  readonly dataDir: DataDir | undefined
  readonly store: Store | undefined
  /** What the user should know, a sentence each. */
  readonly notes: readonly string[]
}

/**
 * Takes the data directory and reads or makes the key. Whoever gets a home closes it, or gives it to a node that does.
 * @throws {EthspanError} ERR_INVALID_KEY, ERR_DATA_DIR; one line
 */
export async function openHome({
  key,
  dataDir: path,
  ifLocked,
}: Pick<GatewayConfig, 'key' | 'dataDir' | 'ifLocked'>): Promise<Home> {
  // Before anything is made on disk.
  const given = key === undefined ? undefined : readKey(key)
  let dataDir: DataDir
  try {
    dataDir = await openDataDir(path)
  } catch (error) {
    if (!(error instanceof EthspanError)) throw error
    const { inUse, pid } = error.fields
    if (inUse !== true || ifLocked === 'refuse') throw withFlag(error)
    return homeless(path, pid, given)
  }
  try {
    return { privateKey: given ?? dataDir.nodeKey(), dataDir, store: undefined, notes: dataDir.notes }
  } catch (error) {
    await dataDir.close()
    throw error
  }
}

/** A node beside the one that has the directory: two nodes with one key would be one node to everybody else. */
function homeless(path: string, pid: unknown, given: Uint8Array | undefined): Home {
  const who = pid === undefined ? 'another process' : `process ${pid}`
  const key = given === undefined ? 'this node has a new key for this run alone' : 'this node keeps nothing'
  return {
    privateKey: given ?? generatePrivateKey(),
    dataDir: undefined,
    store: memoryStore(),
    notes: [`The data directory ${path} is in use by ${who}, so ${key} (--datadir gives it one that stays).`],
  }
}

function readKey(source: KeySource): Uint8Array {
  if (source.kind === 'file') return readKeyFile(source.path)
  try {
    return checkPrivateKey(source.hex)
  } catch (cause) {
    const message = `the value of --nodekeyhex is not a node key: ${asError(cause).message}`
    throw new EthspanError('ERR_INVALID_KEY', message, { cause })
  }
}

/** The same error, its hint in the words of the command line. */
function withFlag(error: EthspanError): EthspanError {
  const { code, message, fields } = error
  const hint =
    fields.inUse === true
      ? 'End that one, join it with --peers, or name another directory with --datadir.'
      : (error.hint ?? '').replace(/^Name another data directory\.$/, 'Name another one with --datadir.')
  return new EthspanError(code, message, { fields, cause: error, ...(hint === '' ? {} : { hint }) })
}
