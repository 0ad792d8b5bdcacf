// A development chain with a pool, asked over real sockets. Blocks are made when a test says so.
import { BlockImporter, type Chain, chainCommon, openChain } from '@ethspan/chain'
import { silentLogger, systemClock } from '@ethspan/core'
import { DevChain, devSpec, openExecution } from '@ethspan/execution'
import type { Store } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { http, ws } from '@ethspan/rpc/endpoints'
import { TxPool } from '@ethspan/txpool'
import { onTestFinished } from 'vitest'
import { ethApis } from '../src/index.js'

/** Of `Ping()`. */
export const PING_TOPIC = '0xca6e822df923f741dfe968d15d80a18abd25bd1e748bcb9ad81fea5bbb7386af'
/** The code of a contract that logs `Ping()` whenever it is called. */
export const PING_RUNTIME = `0x7f${PING_TOPIC.slice(2)}60006000a100` as const
/** The code that makes it. */
export const PING_CODE = `0x602780600b6000396000f3${PING_RUNTIME.slice(2)}` as const

export interface DevNode {
  readonly chain: Chain
  readonly httpUrl: string
  readonly wsUrl: string
  /** Makes a block of what waits. */
  seal(): Promise<unknown>
}

export async function startDevNode(): Promise<DevNode> {
  const spec = await devSpec()
  const chain = await openChain({ store: await opened(), spec })
  onTestFinished(() => chain.close())
  const execution = await openExecution({ store: await opened(), spec, chain })
  const importer = new BlockImporter({ chain, executor: execution })
  const common = chainCommon(spec.config)
  const pool = new TxPool({ chain, state: execution, common, clock: systemClock })
  pool.start()
  onTestFinished(() => pool.stop())
  const dev = new DevChain({ chain, importer, execution, pool })

  const apis = ethApis({ chain, common, pool, state: execution })
  const context = { apis: () => apis, log: silentLogger, clock: systemClock }
  const overHttp = await http({ port: 0, apis: ['eth', 'txpool'] }).open(context)
  onTestFinished(() => overHttp.close())
  const overWs = await ws({ port: 0, apis: ['eth', 'txpool'] }).open(context)
  onTestFinished(() => overWs.close())
  return { chain, httpUrl: overHttp.address, wsUrl: overWs.address, seal: () => dev.seal() }
}

async function opened(): Promise<Store> {
  const store = memoryStore()
  await store.open()
  return store
}
