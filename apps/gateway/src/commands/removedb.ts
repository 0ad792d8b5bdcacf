// `ethspan removedb`: takes the chain data out of a data directory. The node's key and what it knows of peers stay.
import { existsSync, rmSync } from 'node:fs'
import path from 'node:path'
import { EthspanError } from '@ethspan/core'
import { openDataDir, systemErrorText } from '@ethspan/node/data-dir'
import { CHAIN_DATA, chainDataPath } from '../chain/open-chain-data.js'
import type { Output } from './output.js'

export interface RemoveDb {
  readonly dataDir: string
  /** Remove it without a question. */
  readonly yes: boolean
}

/** Who is asked. */
export interface Questioner extends Output {
  /** Asks a person, who is there to answer; undefined where nobody is. Resolves with the line that was typed. */
  readonly ask?: ((question: string) => Promise<string>) | undefined
}

/**
 * @returns whether there is no chain data any more
 * @throws {EthspanError} ERR_DATA_DIR where a node uses it, or it can't be removed; ERR_INVALID_OPTION where nobody can be asked
 */
export async function removeDb({ dataDir, yes }: RemoveDb, { out, ask }: Questioner): Promise<boolean> {
  const folder = chainDataPath(path.resolve(dataDir))
  if (!existsSync(folder)) {
    out(`There is no chain data in ${dataDir}.\n`)
    return true
  }
  // Takes the directory, so that no node starts on it in between, and fails where one runs.
  const taken = await openDataDir(dataDir)
  try {
    if (!yes) {
      if (ask === undefined) {
        throw new EthspanError('ERR_INVALID_OPTION', `nobody can be asked whether to remove ${folder}`, {
          hint: 'Say so with --yes.',
        })
      }
      const answer = await ask(`Remove the chain data, ${folder}? The node's key stays. [y/N] `)
      if (!/^y(es)?$/i.test(answer.trim())) {
        out('Nothing was removed.\n')
        return false
      }
    }
    rmSync(folder, { recursive: true })
    out(`Removed ${folder}.\n`)
    return true
  } catch (cause) {
    if (cause instanceof EthspanError) throw cause
    throw new EthspanError('ERR_DATA_DIR', `can't remove ${CHAIN_DATA}: ${systemErrorText(cause)}`, { cause })
  } finally {
    await taken.close()
  }
}
