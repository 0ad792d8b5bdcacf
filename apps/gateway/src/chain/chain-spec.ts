// The chain that a node was told to follow: its genesis block and its rules.
import { readFileSync } from 'node:fs'
import {
  type ChainSpec,
  chainSpec,
  holeskySpec,
  hoodiSpec,
  mainnetSpec,
  parseGenesis,
  sepoliaSpec,
} from '@ethspan/chain'
import { asError, EthspanError } from '@ethspan/core'
import { systemErrorText } from '@ethspan/node/data-dir'
import type { ChainSettings, NetworkName } from '../config.js'

const networks: Readonly<Record<NetworkName, ChainSpec>> = {
  mainnet: mainnetSpec,
  sepolia: sepoliaSpec,
  hoodi: hoodiSpec,
  holesky: holeskySpec,
}

/** @throws {EthspanError} ERR_INVALID_OPTION for a genesis.json that can't be read; one line, the file in it */
export async function readChainSpec({
  choice,
  networkId,
}: Pick<ChainSettings, 'choice' | 'networkId'>): Promise<ChainSpec> {
  const spec = await specOf(choice)
  return networkId === undefined ? spec : { ...spec, networkId }
}

async function specOf(choice: ChainSettings['choice']): Promise<ChainSpec> {
  if (choice.kind === 'network') return networks[choice.name]
  if (choice.kind === 'genesis') return readGenesisFile(choice.file)
  // Loaded where it is needed: it has the virtual machine beside it.
  const { devSpec } = await import('@ethspan/execution')
  return devSpec()
}

async function readGenesisFile(file: string): Promise<ChainSpec> {
  const fail = (why: string, cause: unknown) =>
    new EthspanError('ERR_INVALID_OPTION', `can't use the genesis file ${file}: ${why}`, { fields: { file }, cause })
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw fail(systemErrorText(cause), cause)
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    // The parser quotes the file, on as many lines as it has.
    throw fail(`it is not JSON: ${asError(cause).message.split('\n', 1)[0]}`, cause)
  }
  try {
    return await chainSpec(parseGenesis(json))
  } catch (cause) {
    if (!(cause instanceof EthspanError)) throw cause
    throw fail(cause.message.replace(/^genesis\.json: /, ''), cause)
  }
}
