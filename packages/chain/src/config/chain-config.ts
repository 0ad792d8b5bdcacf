// When a chain changes its rules, as geth's genesis.json tells it. Only what fork ids need: the rules themselves are no
// matter of the wire.
import { EthspanError } from '@ethspan/core'

/** Forks at a block's number. Names: geth, `params.ChainConfig`. */
export const BLOCK_FORKS = [
  'homesteadBlock',
  'daoForkBlock',
  'eip150Block',
  'eip155Block',
  'eip158Block',
  'byzantiumBlock',
  'constantinopleBlock',
  'petersburgBlock',
  'istanbulBlock',
  'muirGlacierBlock',
  'berlinBlock',
  'londonBlock',
  'arrowGlacierBlock',
  'grayGlacierBlock',
  'mergeNetsplitBlock',
] as const

/** Forks at a block's time, seconds since 1970; `bpo1Time` to `bpo5Time` change blob parameters only (EIP-7892). Names: geth. */
export const TIME_FORKS = [
  'shanghaiTime',
  'cancunTime',
  'pragueTime',
  'osakaTime',
  'bpo1Time',
  'bpo2Time',
  'bpo3Time',
  'bpo4Time',
  'bpo5Time',
  'amsterdamTime',
  'bogotaTime',
  'ubtTime',
] as const

/** geth's `params.ChainConfig`, as far as fork ids need it. A fork that is left out is not planned. */
export type ChainConfig = {
  readonly [fork in (typeof BLOCK_FORKS)[number] | (typeof TIME_FORKS)[number]]?: number
} & { readonly chainId?: number }

/** A chain's genesis and the forks that come after it: all that its fork ids are made of. */
export interface ChainForks {
  /** 32 bytes. */
  readonly genesisHash: Uint8Array
  /** Numbers of blocks, ascending, each once, without 0. */
  readonly byBlock: readonly bigint[]
  /** Seconds since 1970, ascending, each once, all after the genesis block. */
  readonly byTime: readonly bigint[]
}

export interface Genesis {
  readonly config: ChainConfig
  /** Of the genesis block, seconds since 1970. */
  readonly timestamp: bigint
}

/**
 * The forks of a chain, in the order of their activation. Several at one block or time count once, and those that the genesis
 * block starts with do not count (EIP-2124, EIP-6122; geth: `gatherForks`).
 * @param genesisHash 32 bytes
 * @throws {EthspanError} ERR_INVALID_OPTION for a hash of another length.
 */
export function chainForks({ config, timestamp }: Genesis, genesisHash: Uint8Array): ChainForks {
  if (genesisHash.length !== 32) throw invalid(`a genesis hash has 32 bytes, not ${genesisHash.length}`)
  const after = (names: readonly (keyof ChainConfig)[], start: bigint): bigint[] => {
    const points = new Set(names.flatMap((name) => (config[name] === undefined ? [] : [BigInt(config[name])])))
    return [...points].filter((point) => point > start).sort((a, b) => (a < b ? -1 : 1))
  }
  return { genesisHash, byBlock: after(BLOCK_FORKS, 0n), byTime: after(TIME_FORKS, timestamp) }
}

/**
 * Reads what fork ids need of a parsed genesis.json of geth's. Fields that geth does not know are passed over, as it does.
 * The hash of the genesis block is not in the file: it takes the state trie of all accounts, and is given to {@link chainForks}.
 * @throws {EthspanError} ERR_INVALID_OPTION for what is no genesis.json, or a fork that is no number.
 */
export function readGenesis(json: unknown): Genesis {
  const genesis = record(json, 'a genesis.json')
  const told = record(genesis.config, 'its "config"')
  const config: Record<string, number> = {}
  for (const name of ['chainId', ...BLOCK_FORKS, ...TIME_FORKS]) {
    const value = told[name]
    if (value === undefined || value === null) continue
    if (!Number.isSafeInteger(value) || (value as number) < 0) {
      throw invalid(`genesis.json: "${name}" must be a whole number from 0 to 2^53 - 1, not ${JSON.stringify(value)}`)
    }
    config[name] = value as number
  }
  return { config, timestamp: readTimestamp(genesis.timestamp) }
}

/** geth writes it as hexadecimal digits and reads decimal ones as well. */
function readTimestamp(value: unknown): bigint {
  if (value === undefined || value === null) return 0n
  const text = String(value)
  if (!/^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(text) || BigInt(text) >= 2n ** 64n) {
    throw invalid(`genesis.json: "timestamp" must be seconds since 1970, not ${JSON.stringify(value)}`)
  }
  return BigInt(text)
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw invalid(`genesis.json: ${what} is an object, not ${value === undefined ? 'missing' : JSON.stringify(value)}`)
}

const invalid = (message: string) => new EthspanError('ERR_INVALID_OPTION', message)
