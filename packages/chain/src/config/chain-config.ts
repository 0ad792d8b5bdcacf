// When a chain changes its rules, as geth's genesis.json tells it.
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

/** Forks that bring blob parameters, in their order. Those named after a fork that is not here keep what was before them. */
export const BLOB_FORKS = ['cancun', 'prague', 'bpo1', 'bpo2', 'bpo3', 'bpo4', 'bpo5'] as const

export type BlockFork = (typeof BLOCK_FORKS)[number]
export type TimeFork = (typeof TIME_FORKS)[number]
export type BlobFork = (typeof BLOB_FORKS)[number]

/** How many blobs blocks have (EIP-7840). */
export interface BlobConfig {
  /** Blobs in a block at which their price stays as it is. */
  readonly target: number
  /** Blobs in a block at most. */
  readonly max: number
  /** How slowly the price of blob gas changes, from 1. */
  readonly baseFeeUpdateFraction: number
}

/** geth's `params.ChainConfig`. A fork that is left out is not planned. */
export type ChainConfig = { readonly [fork in BlockFork | TimeFork]?: number } & {
  readonly chainId?: number
  /** Whether blocks from `daoForkBlock` on are marked for the fork, or must not be. */
  readonly daoForkSupport?: boolean
  /** Total difficulty at which proof of work ended; 0 for a chain without it. */
  readonly terminalTotalDifficulty?: bigint
  /** Whose logs are deposits (EIP-6110), 20 bytes. */
  readonly depositContractAddress?: Uint8Array
  /** One for each fork with blobs that is planned. */
  readonly blobSchedule?: { readonly [fork in BlobFork]?: BlobConfig }
}

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
  const after = (names: readonly (BlockFork | TimeFork)[], start: bigint): bigint[] => {
    const points = new Set(names.flatMap((name) => (config[name] === undefined ? [] : [BigInt(config[name])])))
    return [...points].filter((point) => point > start).sort((a, b) => (a < b ? -1 : 1))
  }
  return { genesisHash, byBlock: after(BLOCK_FORKS, 0n), byTime: after(TIME_FORKS, timestamp) }
}

/** Forks that may be left out though a later one is planned. Source: geth, `CheckConfigForkOrder`. */
const OPTIONAL_FORKS: ReadonlySet<BlockFork | TimeFork> = new Set([
  'daoForkBlock',
  'muirGlacierBlock',
  'arrowGlacierBlock',
  'grayGlacierBlock',
  'mergeNetsplitBlock',
  ...TIME_FORKS.filter((name) => name !== 'shanghaiTime'),
] as const)

/**
 * Refuses a config whose forks are not in their order, one of which is missing, or one with blobs that does not say how many
 * (geth: `CheckConfigForkOrder`).
 * @throws {EthspanError} ERR_INVALID_OPTION
 */
export function checkForkOrder(config: ChainConfig): void {
  for (const names of [BLOCK_FORKS, TIME_FORKS]) {
    let last: BlockFork | TimeFork | undefined
    for (const name of names) {
      const at = config[name]
      // geth puts it before the blob-parameter forks; no network plans it.
      if (at === undefined || name === 'ubtTime') continue
      if (last !== undefined && config[last]! > at) {
        throw invalid(`the forks are out of order: ${last} is ${config[last]}, ${name} is ${at}`)
      }
      last = name
    }
  }
  const needed = [...BLOCK_FORKS, ...TIME_FORKS].filter((name) => !OPTIONAL_FORKS.has(name))
  const missing = needed.find((name) => config[name] === undefined)
  const planned = [...BLOCK_FORKS, ...TIME_FORKS].findLast((name) => config[name] !== undefined)
  if (missing !== undefined && planned !== undefined && comesBefore(missing, planned)) {
    throw invalid(`a fork is missing: ${planned} is planned, ${missing} is not`)
  }
  for (const fork of BLOB_FORKS) {
    if (config[`${fork}Time`] !== undefined && config.blobSchedule?.[fork] === undefined) {
      throw invalid(`${fork}Time is planned, but "blobSchedule" has no "${fork}"`)
    }
  }
}

const comesBefore = (a: BlockFork | TimeFork, b: BlockFork | TimeFork): boolean => {
  const order: readonly (BlockFork | TimeFork)[] = [...BLOCK_FORKS, ...TIME_FORKS]
  return order.indexOf(a) < order.indexOf(b)
}

const invalid = (message: string) => new EthspanError('ERR_INVALID_OPTION', message)
