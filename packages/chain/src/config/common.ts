// The chain's rules in the form that @ethereumjs takes. Its own reading of a genesis.json drops Amsterdam, knows blob-parameter
// forks by other figures than the file says, and starts a merged chain at the wrong block, so all is mapped here.
import {
  Common,
  type CustomCrypto,
  Hardfork,
  type HardforksDict,
  type HardforkTransitionConfig,
} from '@ethereumjs/common'
import { bytesToHex, EthspanError } from '@ethspan/core'
import type { Header } from '../block/header.js'
import { GAS_PER_BLOB } from '../limits.js'
import { BLOB_FORKS, type BlobConfig, type BlockFork, type ChainConfig, type TimeFork } from './chain-config.js'
import { ecrecover } from './ecrecover.js'
import type { BlockPlace } from './rules.js'

/** In the order in which they build on each other. Forks without rules of their own are left out. */
const BLOCK_HARDFORKS: readonly (readonly [Hardfork, BlockFork])[] = [
  [Hardfork.Homestead, 'homesteadBlock'],
  [Hardfork.Dao, 'daoForkBlock'],
  [Hardfork.TangerineWhistle, 'eip150Block'],
  [Hardfork.SpuriousDragon, 'eip158Block'],
  [Hardfork.Byzantium, 'byzantiumBlock'],
  [Hardfork.Constantinople, 'constantinopleBlock'],
  [Hardfork.Petersburg, 'petersburgBlock'],
  [Hardfork.Istanbul, 'istanbulBlock'],
  [Hardfork.MuirGlacier, 'muirGlacierBlock'],
  [Hardfork.Berlin, 'berlinBlock'],
  [Hardfork.London, 'londonBlock'],
  [Hardfork.ArrowGlacier, 'arrowGlacierBlock'],
  [Hardfork.GrayGlacier, 'grayGlacierBlock'],
]
const TIME_HARDFORKS: readonly (readonly [Hardfork, TimeFork])[] = [
  [Hardfork.Shanghai, 'shanghaiTime'],
  [Hardfork.Cancun, 'cancunTime'],
  [Hardfork.Prague, 'pragueTime'],
  [Hardfork.Osaka, 'osakaTime'],
  [Hardfork.Bpo1, 'bpo1Time'],
  [Hardfork.Bpo2, 'bpo2Time'],
  [Hardfork.Bpo3, 'bpo3Time'],
  [Hardfork.Bpo4, 'bpo4Time'],
  [Hardfork.Bpo5, 'bpo5Time'],
  [Hardfork.Amsterdam, 'amsterdamTime'],
]

/**
 * The rules of a chain for @ethereumjs, set to no block yet: {@link commonAt} does that. `bogotaTime` and `ubtTime` change
 * nothing, as nobody has rules for them.
 * @param customCrypto what @ethereumjs is to use beside its own: `kzg`, for example.
 * @throws {EthspanError} ERR_INVALID_OPTION where EIP-155 and EIP-158 come at different blocks, which @ethereumjs can't tell apart.
 */
export function chainCommon(config: ChainConfig, customCrypto: CustomCrypto = {}): Common {
  if (config.eip155Block !== config.eip158Block) {
    const message = `eip155Block (${config.eip155Block}) and eip158Block (${config.eip158Block}) must be one block`
    throw new EthspanError('ERR_INVALID_OPTION', message)
  }
  const { chainId = 0, depositContractAddress } = config
  return new Common({
    chain: {
      name: `chain ${chainId}`,
      chainId,
      hardforks: hardforks(config),
      customHardforks: blobHardforks(config),
      depositContractAddress: depositContractAddress && `0x${bytesToHex(depositContractAddress)}`,
      consensus: { type: 'pow', algorithm: 'ethash' },
      // Nobody asks it for the genesis block.
      genesis: { gasLimit: 0, difficulty: 0, nonce: '0x0000000000000000', extraData: '0x' },
      bootstrapNodes: [],
    },
    hardfork: Hardfork.Chainstart,
    params: blobParams(config),
    customCrypto: { ecrecover, ...customCrypto },
  })
}

function hardforks(config: ChainConfig): HardforkTransitionConfig[] {
  const forks: HardforkTransitionConfig[] = [{ name: Hardfork.Chainstart, block: 0 }]
  for (const [name, fork] of BLOCK_HARDFORKS) {
    const block = config[fork] ?? (fork === 'petersburgBlock' ? config.constantinopleBlock : undefined)
    if (block === undefined || (fork === 'daoForkBlock' && !config.daoForkSupport)) continue
    forks.push({ name, block })
  }
  // Where no number is known, difficulty and Shanghai tell.
  const merge = config.terminalTotalDifficulty === 0n ? 0 : (config.mergeNetsplitBlock ?? null)
  forks.push({ name: Hardfork.Paris, block: merge })
  for (const [name, fork] of TIME_HARDFORKS) {
    if (config[fork] !== undefined) forks.push({ name, block: null, timestamp: config[fork] })
  }
  return forks
}

const params = ({ target, max, baseFeeUpdateFraction }: BlobConfig) => ({
  targetBlobGasPerBlock: target * GAS_PER_BLOB,
  maxBlobGasPerBlock: max * GAS_PER_BLOB,
  blobGasPriceUpdateFraction: baseFeeUpdateFraction,
})

/** Figures that go before those that @ethereumjs has for a fork of a name. */
function blobParams({ blobSchedule = {} }: ChainConfig) {
  const { cancun, prague } = blobSchedule
  return { ...(cancun && { cancun: params(cancun) }), ...(prague && { prague: params(prague) }) }
}

/** Forks of blob parameters alone, of which it knows the first two, by mainnet's figures. It wants them in two forms. */
function blobHardforks(config: ChainConfig): HardforksDict {
  const forks: HardforksDict = {}
  for (const name of BLOB_FORKS) {
    const blobs = config.blobSchedule?.[name]
    if (!name.startsWith('bpo') || blobs === undefined || config[`${name}Time`] === undefined) continue
    forks[name] = { eips: [], params: { ...params(blobs), target: blobs.target, max: blobs.max } }
  }
  return forks
}

/**
 * A copy of the chain's rules, set to those of a block. Where its difficulty is given it tells whether it is merged; else that
 * is assumed as geth does, see `isPostMerge`.
 */
export function commonAt(common: Common, block: BlockPlace & Partial<Pick<Header, 'difficulty'>>): Common {
  const { number, time, difficulty } = block
  const forks = common.hardforks()
  const byNumber = (fork: HardforkTransitionConfig) => fork.block !== null && number >= BigInt(fork.block)
  const byTime = ({ timestamp }: HardforkTransitionConfig) => timestamp !== undefined && time >= BigInt(timestamp)
  const isMerged =
    difficulty === undefined
      ? forks.some((fork) => (fork.name === Hardfork.Paris ? byNumber(fork) : byTime(fork)))
      : difficulty === 0n
  const active = forks.findLast((fork) => {
    if (fork.name === Hardfork.Paris) return isMerged
    return fork.timestamp === undefined ? byNumber(fork) : isMerged && byTime(fork)
  })
  const copy = common.copy()
  copy.setHardfork(active?.name ?? Hardfork.Chainstart)
  return copy
}
