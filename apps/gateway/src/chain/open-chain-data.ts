// The chain data of a data directory: its place, and how it is opened by commands that work on it while no node runs.
import path from 'node:path'
import { asError, EthspanError, silentLogger } from '@ethspan/core'
import type { DataDir, Store } from '@ethspan/node'
import { levelStore, openDataDir } from '@ethspan/node/data-dir'
import type { ChainSettings } from '../config.js'
import { type ChainParts, openChainParts } from './chain-parts.js'

/** geth's name of it. */
export const CHAIN_DATA = 'chaindata'
/** The program's own part of a data directory, as `openDataDir` has it. */
const INSTANCE = 'ethspan'

export const chainDataPath = (dataDir: string): string => path.join(dataDir, INSTANCE, CHAIN_DATA)

/** Which chain, and where it is kept. */
export interface ChainPlace extends Pick<ChainSettings, 'choice' | 'networkId' | 'execute'> {
  readonly dataDir: string
}

/**
 * Opens the chain data for the time of `use`, with the whole directory, so that no node starts on it.
 * @throws {EthspanError} ERR_DATA_DIR where a node uses it, or it is of another chain; ERR_INVALID_OPTION; what `use` throws
 */
export async function withChainData<T>(place: ChainPlace, use: (parts: ChainParts) => Promise<T>): Promise<T> {
  const dataDir = await openDataDir(place.dataDir)
  try {
    const parts = await openChainParts(place, { store: await openChainStore(dataDir), log: silentLogger })
    try {
      return await use(parts)
    } finally {
      await parts.close()
    }
  } finally {
    await dataDir.close()
  }
}

/** @throws {EthspanError} ERR_DATA_DIR */
export async function openChainStore({ path: dataDir }: Pick<DataDir, 'path'>): Promise<Store> {
  const location = chainDataPath(dataDir)
  const store = levelStore(location)
  try {
    await store.open()
    return store
  } catch (error) {
    await store.close()
    // The library says only that it failed; why is in the cause.
    const why = asError(asError(error).cause ?? error).message
    throw new EthspanError('ERR_DATA_DIR', `can't open the chain data in ${location}: ${why}`, {
      fields: { dataDir },
      hint: 'ethspan removedb removes it; it can be imported and synced anew.',
      cause: error,
    })
  }
}
