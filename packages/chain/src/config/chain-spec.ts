// A chain's genesis block, made of its genesis.json.
import type { Block } from '../block/block.js'
import { decodeBody, encodeBody } from '../block/body.js'
import { EMPTY_ACCESS_LIST_HASH, EMPTY_REQUESTS_HASH, EMPTY_ROOT, EMPTY_UNCLES_HASH } from '../block/empty.js'
import type { Hash } from '../block/fields.js'
import { encodeHeader, type HeaderFields, headerHash } from '../block/header.js'
import { type ChainConfig, type ChainForks, chainForks } from './chain-config.js'
import type { GenesisAlloc, GenesisSpec } from './genesis.js'
import { isForked } from './rules.js'
import { allocRoot } from './state-root.js'

/** All there is to know of a chain before its first block. */
export interface ChainSpec {
  /** By which nodes find those of their network. */
  readonly networkId: bigint
  readonly config: ChainConfig
  readonly forks: ChainForks
  readonly genesis: Block
  /** The genesis block's state. Undefined for the public networks, whose states nobody needs who does not execute. */
  readonly alloc?: GenesisAlloc
}

/** Where a genesis.json says 0. Source: geth, `params.GenesisGasLimit`. */
const DEFAULT_GAS_LIMIT = 4_712_388n
/** Of the first block with London, wei (EIP-1559). */
export const INITIAL_BASE_FEE = 1_000_000_000n

/**
 * The chain of a genesis.json.
 * @param networkId default: the chain id.
 * @throws {EthspanError} ERR_INVALID_OPTION
 */
export async function chainSpec(genesis: GenesisSpec, networkId?: bigint): Promise<ChainSpec> {
  const { config, alloc } = genesis
  const block = genesisBlock(genesis, allocRoot(alloc))
  return {
    networkId: networkId ?? BigInt(config.chainId ?? 0),
    config,
    forks: chainForks(genesis, block.hash),
    genesis: block,
    alloc,
  }
}

/** What the genesis block is made of beside its state. */
export type GenesisFields = Omit<GenesisSpec, 'alloc'>

/** Source: geth, `Genesis.toBlockWithRoot`. */
export function genesisBlock(genesis: GenesisFields, stateRoot: Hash): Block {
  const fields = genesisHeader(genesis, stateRoot)
  const header = { ...fields, raw: encodeHeader(fields) }
  const withdrawals = fields.withdrawalsRoot === undefined ? undefined : []
  return {
    hash: headerHash(header),
    header,
    body: decodeBody(encodeBody({ transactions: [], uncles: [], withdrawals })),
  }
}

function genesisHeader(genesis: GenesisFields, stateRoot: Hash): HeaderFields {
  const { config, timestamp: time } = genesis
  const has = (fork: Parameters<typeof isForked>[1]) => isForked(config, fork, { number: 0n, time })
  const nonce = new Uint8Array(8)
  new DataView(nonce.buffer).setBigUint64(0, genesis.nonce)
  return {
    parentHash: genesis.parentHash,
    ommersHash: EMPTY_UNCLES_HASH,
    coinbase: genesis.coinbase,
    stateRoot,
    txsRoot: EMPTY_ROOT,
    receiptsRoot: EMPTY_ROOT,
    bloom: new Uint8Array(256),
    difficulty: genesis.difficulty,
    number: 0n,
    gasLimit: genesis.gasLimit === 0n ? DEFAULT_GAS_LIMIT : genesis.gasLimit,
    gasUsed: genesis.gasUsed,
    time,
    extraData: genesis.extraData,
    mixDigest: genesis.mixHash,
    nonce,
    baseFeePerGas: genesis.baseFeePerGas ?? (has('londonBlock') ? INITIAL_BASE_FEE : undefined),
    withdrawalsRoot: has('shanghaiTime') ? EMPTY_ROOT : undefined,
    ...(has('cancunTime') && {
      blobGasUsed: genesis.blobGasUsed ?? 0n,
      excessBlobGas: genesis.excessBlobGas ?? 0n,
      parentBeaconRoot: new Uint8Array(32),
    }),
    requestsHash: has('pragueTime') ? EMPTY_REQUESTS_HASH : undefined,
    ...(has('amsterdamTime') && {
      blockAccessListHash: EMPTY_ACCESS_LIST_HASH,
      slotNumber: genesis.slotNumber ?? 0n,
    }),
  }
}
