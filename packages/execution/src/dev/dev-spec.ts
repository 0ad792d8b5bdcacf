// The chain that a node has which is told of no other.
import { type ChainSpec, chainSpec, forksFromGenesis, PUBLIC_BLOB_SCHEDULE, parseGenesis } from '@ethspan/chain'
import { hexToBytes } from '@ethspan/core'
import { SYSTEM_CONTRACTS } from './system-contracts.js'

/**
 * The key of the faucet: the first account of the mnemonic "test test test test test test test test test test test junk", which
 * Hardhat and Anvil fund as well. Everyone knows it: whatever is sent to its address on a real network is stolen at once.
 */
export const faucetKey: Uint8Array = hexToBytes('ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')
/** Its address, 20 bytes. */
export const faucetAddress: Uint8Array = hexToBytes('f39fd6e51aad88f6f4ce6ab8827279cfffb92266')

/** Also the network id. Source: geth, `AllDevChainProtocolChanges`. */
export const DEV_CHAIN_ID = 1337
/** Of the faucet, wei: a thousand million ether, more than anybody will ask for. */
const FAUCET_BALANCE = 10n ** 27n
/** Source: mainnet before 2025; as many tools expect it. */
const GAS_LIMIT = 30_000_000

export interface DevSpecOptions {
  /** Default false: Amsterdam is not final, and prices creating accounts so that a transfer of 21,000 gas can fail. */
  readonly amsterdam?: boolean
}

/**
 * The development chain in the form of a geth genesis.json: for `geth init` as well. All forks are active from the first block on,
 * up to Osaka, as `geth --dev` has them and as public networks do: so that wallets and libraries find what they know.
 */
export function devGenesis({ amsterdam = false }: DevSpecOptions = {}) {
  const { cancun, prague } = PUBLIC_BLOB_SCHEDULE
  return {
    config: {
      chainId: DEV_CHAIN_ID,
      ...forksFromGenesis('mergeNetsplitBlock'),
      terminalTotalDifficulty: 0,
      shanghaiTime: 0,
      cancunTime: 0,
      pragueTime: 0,
      osakaTime: 0,
      ...(amsterdam && { amsterdamTime: 0 }),
      blobSchedule: { cancun, prague },
    },
    nonce: '0x0',
    timestamp: '0x0',
    extraData: '0x',
    gasLimit: `0x${GAS_LIMIT.toString(16)}`,
    difficulty: '0x0',
    alloc: {
      ...SYSTEM_CONTRACTS,
      '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266': { balance: `0x${FAUCET_BALANCE.toString(16)}` },
    },
  }
}

/** The development chain: chain and network id 1337, a faucet with plenty of money ({@link faucetKey}). */
export const devSpec = (options: DevSpecOptions = {}): Promise<ChainSpec> =>
  chainSpec(parseGenesis(devGenesis(options)))
