// The flags that say what one call over JSON-RPC may cost; geth's names.
import type { EthApiLimits } from '@ethspan/ethapi'
import type { Command } from 'commander'
import { coins, duration, integer } from './flag-values.js'

/** What the flags change of the limits of `eth`. */
export type RpcLimits = Partial<Pick<EthApiLimits, 'gasCap' | 'evmTimeout' | 'txFeeCap' | 'logQuery' | 'range'>>

/** By commander's names. */
export interface RpcLimitFlags {
  'rpc.gascap'?: number
  'rpc.evmtimeout'?: number
  'rpc.txfeecap'?: bigint
  'rpc.logquerylimit'?: number
  'rpc.rangelimit'?: number
}

export const RPC_LIMIT_FLAGS = [
  'rpc.gascap',
  'rpc.evmtimeout',
  'rpc.txfeecap',
  'rpc.logquerylimit',
  'rpc.rangelimit',
] as const

/** The least gas that a transaction takes; source: geth, `params.TxGas`. */
const MIN_GAS_CAP = 21_000

/**
 * Adds them. Unlike geth's, but for the fees, none takes 0 for "without end": whoever may call could then stop the node. The
 * defaults are those of `EthApiLimits`, told here as text, so that who only reads flags does not load the methods.
 */
export function addRpcLimitFlags(command: Command): Command {
  return command
    .option('--rpc.gascap <gas>', 'gas of a call or an estimate (default: 50000000)', integer(MIN_GAS_CAP, 999_999_999))
    .option('--rpc.evmtimeout <time>', 'how long a call may run, such as 500ms (default: 5s)', duration)
    .option('--rpc.txfeecap <eth>', 'fees of a transaction that is sent, in ether; 0: any (default: 1)', coins)
    .option(
      '--rpc.logquerylimit <n>',
      'addresses, and topics of one position, in a filter of logs (default: 1000)',
      integer(1, 1_000_000),
    )
    .option(
      '--rpc.rangelimit <n>',
      'blocks after the first one that logs are looked for in (default: 10000)',
      integer(1, 999_999_999),
    )
}

/** Those that were given. */
export function toRpcLimits(flags: RpcLimitFlags): RpcLimits {
  const gasCap = flags['rpc.gascap']
  const limits = {
    gasCap: gasCap === undefined ? undefined : BigInt(gasCap),
    evmTimeout: flags['rpc.evmtimeout'],
    txFeeCap: flags['rpc.txfeecap'],
    logQuery: flags['rpc.logquerylimit'],
    range: flags['rpc.rangelimit'],
  }
  return Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined))
}
