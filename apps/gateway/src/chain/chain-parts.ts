// A chain and what belongs to it, opened over one store and closed together.
import { BlockImporter, type Chain, type ChainSpec, openChain } from '@ethspan/chain'
import { EthspanError, type Logger } from '@ethspan/core'
import type { Execution, OpenExecutionOptions } from '@ethspan/execution'
import { moduleLogger, type Store } from '@ethspan/node'
import type { ChainSettings } from '../config.js'
import { readChainSpec } from './chain-spec.js'

/** States kept: those of so many newest blocks, for what is asked about a moment ago and for reorgs. geth: `TriesInMemory`. */
const KEPT_STATES = 128

export interface ChainParts {
  readonly spec: ChainSpec
  readonly chain: Chain
  readonly importer: BlockImporter
  /** Undefined where blocks are not executed. */
  readonly execution: Execution | undefined
  /** Closes the store. Idempotent. */
  close(): Promise<void>
}

export interface ChainStore {
  /** Open; closed with the parts, and where they can't be opened. */
  readonly store: Store
  readonly log: Logger
}

/** @throws {EthspanError} ERR_DATA_DIR where the store has another chain, or is from a newer version; ERR_INVALID_OPTION */
export async function openChainParts(
  settings: Pick<ChainSettings, 'choice' | 'networkId' | 'keep' | 'execute'> &
    Partial<Pick<ChainSettings, 'rpcLimits'>>,
  { store, log }: ChainStore,
): Promise<ChainParts> {
  try {
    const spec = await readChainSpec(settings)
    const { keep } = settings
    const { gasCap: callGasCap, evmTimeout: callTimeout } = settings.rpcLimits ?? {}
    const chain = await openChain({
      store: partOf(store, 'chain'),
      spec,
      ...(keep === undefined ? {} : { keep }),
      log: moduleLogger(log, 'chain'),
    })
    const keepStates = Math.min(KEPT_STATES, keep ?? KEPT_STATES)
    const execution = settings.execute
      ? await openState(store, {
          spec,
          chain,
          keepStates,
          ...(callGasCap === undefined ? {} : { callGasCap }),
          ...(callTimeout === undefined ? {} : { callTimeout }),
          log: moduleLogger(log, 'execution'),
        })
      : undefined
    const importer = new BlockImporter({ chain, ...(execution === undefined ? {} : { executor: execution }) })
    const close = async () => {
      await chain.close()
      await store.close()
    }
    return { spec, chain, importer, execution, close }
  } catch (error) {
    await store.close()
    throw withFlag(error)
  }
}

async function openState(store: Store, options: Omit<OpenExecutionOptions, 'store'>): Promise<Execution> {
  // The virtual machine takes its time to load; nobody waits for it who does not execute.
  const { openExecution } = await import('@ethspan/execution')
  return openExecution({ ...options, store: partOf(store, 'state') })
}

/** Chain and states are parts of one store, so that both are on disk or neither. */
const partOf = (store: Store, name: string): Store =>
  store.sublevel<string, Uint8Array>(name, { valueEncoding: 'view' })

/** That the store has another chain, in the words of the command line. */
function withFlag(error: unknown): unknown {
  if (!(error instanceof EthspanError) || error.fields.expected === undefined) return error
  const { found, expected } = error.fields
  return new EthspanError(
    error.code,
    `the chain data is of another chain: its genesis is 0x${found}, not 0x${expected}`,
    {
      fields: error.fields,
      hint: 'Name its genesis.json with --genesis or another directory with --datadir; ethspan removedb removes the data.',
      cause: error,
    },
  )
}
