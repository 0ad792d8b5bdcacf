// The flags that say which chain a node follows, how it learns of its head and what it keeps; and what they come down to.
import type { Command, Option } from 'commander'
import type { ChainChoice, ChainSettings, NetworkName } from './config.js'
import { blockHash, files, integer, networkId, nodes, nonEmpty } from './flag-values.js'
import { RPC_LIMIT_FLAGS, type RpcLimitFlags, toRpcLimits } from './rpc-limit-flags.js'

const NETWORKS: readonly NetworkName[] = ['mainnet', 'sepolia', 'hoodi', 'holesky']
/** Of these, one names the chain. */
export const CHAIN_CHOICES = ['dev', 'genesis', ...NETWORKS] as const

/** Seconds between the blocks of a development chain: short enough to watch, long enough to follow. */
export const DEFAULT_DEV_PERIOD = 3
/** Blocks kept where the chain is in memory, as a tab does. */
export const MEMORY_KEEP = 1_024
/** The least that may be kept: two epochs, which is how deep a chain with finality can be reorganised. */
const MIN_KEEP = 64

/** The flags that name a chain and where it is kept: of every command that opens one. */
export interface ChainChoiceFlags {
  dev?: boolean
  genesis?: string
  mainnet: boolean
  sepolia: boolean
  hoodi: boolean
  holesky: boolean
  networkid?: bigint
}

/** The flags of `run` beside those, and those that need a chain. By commander's names. */
export interface ChainFlags extends ChainChoiceFlags, RpcLimitFlags {
  ethstats?: string
  'dev.period': number
  import: string[]
  execute: boolean
  keep?: number
  checkpoint?: string
  trustedHead: string[]
  'txpool.pricelimit': number
  'txpool.pricebump': number
  'txpool.accountslots': number
  'txpool.globalslots': number
}

/** Which flags were given, on the command line or in the config file. */
type IsSet = (name: keyof ChainFlags) => boolean

/** Adds what names a chain. `required`: the command is of no use without. */
export function addChainChoice(command: Command, { required = false } = {}): Command {
  command
    .optionsGroup('Chain (one of these):')
    .option('--dev', 'a private development chain (default, unless another one is named)')
  if (!required) command.option('--no-dev', 'no chain: devp2p, the page and the chat alone')
  return command
    .option('--genesis <file>', "the chain of this file, geth's genesis.json", nonEmpty)
    .option('--mainnet', "Ethereum's main network", false)
    .option('--sepolia', 'the test network Sepolia', false)
    .option('--hoodi', 'the test network Hoodi', false)
    .option('--holesky', 'the test network Holesky', false)
    .option('--networkid <n>', "number by which nodes find those of their network (default: the chain's id)", networkId)
}

/** Adds the flags of a node with a chain. */
export function addChainFlags(command: Command): Command {
  addChainChoice(command)
    .option(
      '--dev.period <s>',
      'seconds between blocks of the development chain; 0: as transactions come',
      integer(0, 3_600),
      DEFAULT_DEV_PERIOD,
    )
    .optionsGroup('Blocks (see ethspan import --help):')
    .option('--import <file,…>', "chain files to read at the start, geth's RLP export, .gz too", files)
    .option('--execute', 'execute blocks, so that balances, calls and VALID can be told', false)
    .option(
      '--keep <n>',
      `keep the newest blocks only (default: all; ${MEMORY_KEEP} of a chain in memory)`,
      integer(MIN_KEEP, 999_999_999),
    )
    .option('--checkpoint <0x…>', 'hash of the block to sync to; it is believed to be right', blockHash)
    .option('--trusted-head <enode,…>', 'nodes that are believed when they say what the head is; dialed too', nodes)
    .optionsGroup('Transaction pool:')
    .option('--txpool.pricelimit <wei>', 'the least tip a transaction may offer', integer(0, 999_999_999), 1)
    .option('--txpool.pricebump <percent>', 'how much more a replacement has to offer', integer(1, 1_000), 10)
    .option(
      '--txpool.accountslots <n>',
      'so many of one account keep their place in a full pool',
      integer(1, 100_000),
      16,
    )
    .option(
      '--txpool.globalslots <n>',
      'room for those that can be mined, in slots of 32 KiB',
      integer(1, 1_000_000),
      5_120,
    )
  for (const name of ['import', 'trustedHead']) command.setOptionValue(name, [])
  return command
}

/** The chain that is named; undefined where none is wanted. Refuses two. */
export function chainChoice(command: Command, flags: ChainChoiceFlags): ChainChoice | undefined {
  const named = CHAIN_CHOICES.filter((name) => flags[name] !== undefined && flags[name] !== false)
  if (named.length > 1)
    refuse(command, `option '${termOf(command, named[0]!)}' cannot be used with option '${termOf(command, named[1]!)}'`)
  if (flags.genesis !== undefined) return { kind: 'genesis', file: flags.genesis }
  const name = NETWORKS.find((network) => flags[network])
  if (name !== undefined) return { kind: 'network', name }
  return flags.dev === false ? undefined : { kind: 'dev' }
}

export interface ChainContext {
  readonly isSet: IsSet
  /** Whether the data directory was named. */
  readonly dataDirNamed: boolean
  /** The nodes named with --peers. */
  readonly peers: readonly string[]
}

/** What the flags say of the chain; undefined: there is none. Refuses what contradicts itself. */
export function toChainSettings(command: Command, flags: ChainFlags, context: ChainContext): ChainSettings | undefined {
  const choice = chainChoice(command, flags)
  const { isSet, dataDirNamed, peers } = context
  if (choice === undefined) {
    const useless = NEED_A_CHAIN.find(isSet)
    if (useless !== undefined)
      refuse(command, `option '${termOf(command, useless)}' needs a chain, and '--no-dev' says there is none`)
    return undefined
  }
  const isDev = choice.kind === 'dev'
  if (!isDev && isSet('dev.period')) refuse(command, "option '--dev.period <s>' is for the development chain only")
  // Whoever joins somebody on the development chain follows that one's blocks: two who make blocks would make two chains.
  const follows = isDev && peers.length > 0 && !isSet('dev')
  const makesBlocks = isDev && !follows
  checkExecute(command, choice, flags.execute)
  if (flags.execute && !makesBlocks && flags.keep !== undefined) {
    refuse(
      command,
      "option '--keep <n>' cannot be used with option '--execute': a block is executed on the one before it, from the first on",
    )
  }
  const place = isDev && !dataDirNamed ? 'memory' : 'data-dir'
  const executes = makesBlocks || flags.execute
  const keep = flags.keep ?? (place === 'memory' && (makesBlocks || !executes) ? MEMORY_KEEP : undefined)
  const { networkid, checkpoint } = flags
  return {
    choice,
    ...(networkid === undefined ? {} : { networkId: networkid }),
    place,
    ...(keep === undefined ? {} : { keep }),
    execute: executes,
    ...(makesBlocks ? { blockPeriod: flags['dev.period'] } : {}),
    importFiles: flags.import,
    ...(checkpoint === undefined ? {} : { checkpoint }),
    trustedHeads: [...new Set([...flags.trustedHead, ...(follows ? peers : [])])],
    rpcLimits: toRpcLimits(flags),
    pool: {
      priceLimit: flags['txpool.pricelimit'],
      priceBump: flags['txpool.pricebump'],
      accountSlots: flags['txpool.accountslots'],
      globalSlots: flags['txpool.globalslots'],
    },
  }
}

/** Refuses to execute where the state to begin with is not known. */
export function checkExecute(command: Command, choice: ChainChoice, execute: boolean): void {
  if (!execute || choice.kind !== 'network') return
  const why = `needs the accounts of the genesis block, and those of ${choice.name} do not come with ethspan`
  refuse(command, `option '--execute' ${why}`)
}

/** The consensus client's port opens by itself where a chain is followed that has such a client. */
export const opensAuthPort = (chain: ChainSettings | undefined) => chain !== undefined && chain.choice.kind !== 'dev'

const NEED_A_CHAIN = [
  'dev.period',
  'networkid',
  'import',
  'execute',
  'keep',
  'checkpoint',
  'trustedHead',
  'ethstats',
  'txpool.pricelimit',
  'txpool.pricebump',
  'txpool.accountslots',
  'txpool.globalslots',
  ...RPC_LIMIT_FLAGS,
] as const

/** An option as help shows it. */
const termOf = (command: Command, name: string) =>
  command.options.find((option: Option) => option.attributeName() === name && !option.negate)?.flags ?? name

function refuse(command: Command, why: string): never {
  command.error(`error: ${why}`)
}
