// The namespaces eth, debug and txpool over a chain. Geth: its package internal/ethapi.
import type { Common } from '@ethereumjs/common'
import {
  type ChainReader,
  chainCommon,
  type StateReader,
  type Synchroniser,
  type TransactionPool,
} from '@ethspan/chain'
import { type Clock, type Logger, silentLogger, systemClock } from '@ethspan/core'
import type { Api } from '@ethspan/node'
import { debugApi } from './debug-api.js'
import { failed } from './errors.js'
import type { Backend } from './eth/backend.js'
import { chainMethods } from './eth/chain-methods.js'
import { feeMethods } from './eth/fee-methods.js'
import { filterMethods } from './eth/filter-methods.js'
import { logMethods } from './eth/log-methods.js'
import { stateMethods } from './eth/state-methods.js'
import { ethSubscriptions } from './eth/subscriptions.js'
import { transactionMethods } from './eth/transaction-methods.js'
import { defaultEthApiLimits, type EthApiLimits, MAX_SENDERS } from './limits.js'
import { Lru } from './lru.js'
import { txpoolApi } from './txpool-api.js'

export interface EthApiOptions {
  readonly chain: ChainReader
  /** The chain's rules. Default: made of its config. */
  readonly common?: Common
  /** Without one no transaction is taken, and there is no namespace txpool. */
  readonly pool?: TransactionPool
  /** Without it the methods that read states do not exist. */
  readonly state?: StateReader
  /** Without one `eth_syncing` is always false. */
  readonly sync?: Synchroniser
  readonly limits?: Partial<EthApiLimits>
  readonly clock?: Clock
  readonly log?: Logger
}

/** `eth` and `debug`, and `txpool` where there is a pool, in geth's shapes. */
export function ethApis(options: EthApiOptions): readonly Api[] {
  const { chain, pool, state, sync, clock = systemClock, log = silentLogger } = options
  const limits = { ...defaultEthApiLimits, ...options.limits }
  const common = options.common ?? chainCommon(chain.config)
  const backend = {
    chain,
    common,
    pool,
    state,
    sync,
    limits,
    senders: new Lru<string, Uint8Array>(MAX_SENDERS),
    clock,
    log,
  }
  return apisOf(backend, { withPool: pool !== undefined, withState: state !== undefined })
}

/** The same methods while there is nothing behind them yet: each is answered -32000 with `why`. */
export function waitingApis(why: string): readonly Api[] {
  const wait = (): never => {
    throw failed(why)
  }
  const nothing: Backend = {
    get chain() {
      return wait()
    },
    get common() {
      return wait()
    },
    get pool() {
      return wait()
    },
    get state() {
      return wait()
    },
    get sync() {
      return wait()
    },
    limits: defaultEthApiLimits,
    senders: new Lru(1),
    clock: systemClock,
    log: silentLogger,
  }
  return apisOf(nothing, { withPool: true, withState: true })
}

function apisOf(
  backend: Backend,
  { withPool, withState }: { readonly withPool: boolean; readonly withState: boolean },
): readonly Api[] {
  const eth = {
    namespace: 'eth',
    methods: {
      ...chainMethods(backend),
      ...transactionMethods(backend),
      ...feeMethods(backend),
      ...logMethods(backend),
      ...filterMethods(backend),
      ...(withState ? stateMethods(backend) : {}),
    },
    subscriptions: ethSubscriptions(backend),
  }
  const apis = [eth, debugApi(backend)]
  return withPool ? [...apis, txpoolApi(backend)] : apis
}
