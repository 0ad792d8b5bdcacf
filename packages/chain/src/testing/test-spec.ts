// A chain for tests: after the merge from its first block on.
import { type ChainConfig, chainForks } from '../config/chain-config.js'
import { type ChainSpec, genesisBlock, INITIAL_BASE_FEE } from '../config/chain-spec.js'
import type { GenesisSpec } from '../config/genesis.js'
import { forksFromGenesis, PUBLIC_BLOB_SCHEDULE } from '../config/presets.js'
import { allocRoot } from '../config/state-root.js'

/** Forks of rules from Paris on, in their order. Forks of blob parameters are planned by `config`. */
const FORKS = ['paris', 'shanghai', 'cancun', 'prague', 'osaka', 'amsterdam'] as const

/** The newest of the rules that a chain for tests starts with. */
export type TestFork = (typeof FORKS)[number]

export interface TestSpecOptions {
  /** All forks up to this one are active from the genesis block on. Default `osaka`. */
  readonly fork?: TestFork
  /** Laid over the config: forks that come later, such as `{ amsterdamTime: 1_700_000_060 }`, another chain id. */
  readonly config?: Partial<ChainConfig>
  /** Default: the chain id, which is 1337 by default. */
  readonly networkId?: bigint
  /** Laid over the rest of the genesis: another time than {@link TEST_GENESIS_TIME}, accounts (default none). */
  readonly genesis?: Partial<Omit<GenesisSpec, 'config'>>
}

/** Seconds since 1970. */
export const TEST_GENESIS_TIME = 1_700_000_000n

/** A chain for tests. The same options make the same chain. */
export function testSpec({ fork = 'osaka', config: planned, networkId, genesis }: TestSpecOptions = {}): ChainSpec {
  const config: ChainConfig = {
    chainId: 1337,
    ...forksFromGenesis('mergeNetsplitBlock'),
    ...Object.fromEntries(FORKS.slice(1, FORKS.indexOf(fork) + 1).map((name) => [`${name}Time`, 0])),
    terminalTotalDifficulty: 0n,
    blobSchedule: PUBLIC_BLOB_SCHEDULE,
    ...planned,
  }
  const spec: GenesisSpec = {
    config,
    timestamp: TEST_GENESIS_TIME,
    nonce: 0n,
    extraData: new Uint8Array(0),
    gasLimit: 30_000_000n,
    difficulty: 0n,
    mixHash: new Uint8Array(32),
    coinbase: new Uint8Array(20),
    gasUsed: 0n,
    parentHash: new Uint8Array(32),
    baseFeePerGas: INITIAL_BASE_FEE,
    alloc: [],
    ...genesis,
  }
  const block = genesisBlock(spec, allocRoot(spec.alloc))
  return {
    networkId: networkId ?? BigInt(config.chainId ?? 0),
    config,
    forks: chainForks(spec, block.hash),
    genesis: block,
    alloc: spec.alloc,
  }
}
