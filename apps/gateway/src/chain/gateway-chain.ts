// The chain of a running node: opened before the node, closed after it, and in between the services that follow it.
import { type Chain, type ChainSpec, chainCommon, chainKey, stateKey, syncKey } from '@ethspan/chain'
import { abortError, hexToBytes, type Logger, systemClock } from '@ethspan/core'
import { EthService } from '@ethspan/eth'
import { engineApi, ethApiService } from '@ethspan/ethapi'
import { moduleLogger, type Service, type Store } from '@ethspan/node'
import { memoryStore } from '@ethspan/node/memory'
import { defaultPoolLimits, poolService, TxPool } from '@ethspan/txpool'
import type { ChainSettings } from '../config.js'
import { Faucet } from '../faucet/faucet.js'
import { faucetApi } from '../faucet/faucet-api.js'
import type { Home } from '../home.js'
import { type AccountProofs, accountProofs } from './account-proofs.js'
import { checkChainFiles } from './chain-file.js'
import { type ChainParts, openChainParts } from './chain-parts.js'
import { genesisJson } from './genesis-json.js'
import { type ImportProgress, importFile } from './import-blocks.js'
import { lacksReceipts } from './lacks-receipts.js'
import { logHeads } from './log-heads.js'
import { openChainStore } from './open-chain-data.js'

/** geth's `GlobalQueue`: room for those that wait for a nonce, beside those that can be mined. */
const QUEUE_SLOTS = defaultPoolLimits.queue

export interface GatewayChain {
  readonly spec: ChainSpec
  readonly chain: Chain
  /** To be registered in this order, which is that of their start. */
  readonly services: readonly Service[]
  /** Of the development chain, where this node makes its blocks. */
  readonly faucet: Faucet | undefined
  /** What accounts have, for pages that check it; undefined where blocks are not executed. */
  readonly proofs: AccountProofs | undefined
  /** Whether its newest blocks have no receipts: they were imported and not executed. */
  readonly lacksReceipts: boolean
  /** What pages need to follow the chain, geth's form; undefined for public networks, which they know. */
  readonly genesis: string | undefined
  /** Once the node is stopped, and nobody reads the chain any more. Idempotent. */
  close(): Promise<void>
}

export interface OpenGatewayChain {
  readonly home: Pick<Home, 'dataDir'>
  readonly log: Logger
  /** Ends an import. */
  readonly signal: AbortSignal
  importing?(progress: ImportProgress): void
}

/**
 * Opens the chain and reads the files that were named.
 * @throws {EthspanError} ERR_DATA_DIR, ERR_INVALID_OPTION, ERR_INVALID_BLOCK, ERR_ABORTED; nothing stays open then
 */
export async function openGatewayChain(settings: ChainSettings, options: OpenGatewayChain): Promise<GatewayChain> {
  const { home, log } = options
  checkChainFiles(settings.importFiles)
  const parts = await openChainParts(settings, { store: await storeOf(settings, home), log })
  try {
    await importFiles(settings, parts, options)
    return await assembleChain(settings, parts, log)
  } catch (error) {
    await parts.close()
    throw error
  }
}

async function storeOf({ place }: ChainSettings, { dataDir }: Pick<Home, 'dataDir'>): Promise<Store> {
  if (place === 'data-dir' && dataDir !== undefined) return openChainStore(dataDir)
  const store = memoryStore()
  await store.open()
  return store
}

async function importFiles({ importFiles: files }: ChainSettings, parts: ChainParts, options: OpenGatewayChain) {
  const { chain, importer, execution } = parts
  const { signal, importing, log } = options
  for (const file of files) {
    const done = await importFile(file, {
      chain,
      importer,
      ...(execution === undefined ? {} : { executor: execution }),
      signal,
      ...(importing === undefined ? {} : { progress: importing }),
    })
    if (signal.aborted) throw abortError(signal)
    const { blocks, known } = done
    moduleLogger(log, 'chain').info('imported blocks', { file, blocks, known, head: `${chain.head().number}` })
  }
}

async function assembleChain(settings: ChainSettings, parts: ChainParts, log: Logger): Promise<GatewayChain> {
  const { spec, chain, importer, execution, close } = parts
  const { checkpoint, trustedHeads, blockPeriod, keep } = settings
  const common = chainCommon(spec.config)
  const pool = makePool(settings, parts)
  const eth = new EthService({
    chain,
    importer,
    pool,
    trustedHeads,
    ...(checkpoint === undefined ? {} : { checkpoint: hexToBytes(checkpoint.slice(2)) }),
    // Who executes needs every block; what is kept is then for the chain alone to say.
    ...(execution === undefined ? { keep } : { executor: execution }),
  })
  const services: Service[] = [
    chainService(parts, trustedHeads),
    poolService(pool),
    eth,
    ethApiService({ common, limits: settings.rpcLimits }),
  ]
  if (settings.choice.kind !== 'dev') services.push(engineService(parts))

  let faucet: Faucet | undefined
  if (blockPeriod !== undefined && execution !== undefined) {
    // Loaded where it is needed: it has the virtual machine beside it.
    const { DevChain, faucetKey } = await import('@ethspan/execution')
    faucet = new Faucet({ key: faucetKey, common, chain, state: execution, pool, clock: systemClock })
    const dev = new DevChain({
      chain,
      importer,
      execution,
      pool,
      log: moduleLogger(log, 'dev'),
      ...paceOf(blockPeriod),
    })
    // The last to start and the first to stop: each block finds everybody who is to be told of it.
    services.push(
      { name: 'faucet', apis: [faucetApi(faucet)] },
      { name: 'dev', start: () => dev.start(), stop: () => dev.stop() },
    )
  }
  const proofs = execution === undefined ? undefined : accountProofs(chain, execution)
  const isBare = await lacksReceipts(chain)
  return { spec, chain, services, faucet, proofs, lacksReceipts: isBare, genesis: genesisJson(spec), close }
}

/** Milliseconds between two looks at the pool, where blocks come as transactions do: their times are whole seconds. */
const LOOK_PERIOD = 1_000

/** @param seconds 0: a block for whatever waits, and none where nothing does */
const paceOf = (seconds: number) =>
  seconds === 0 ? { period: LOOK_PERIOD, emptyBlocks: false } : { period: seconds * 1_000 }

/** Offers the chain to the others, and tells of its heads and of who is believed about them. */
function chainService({ chain, execution }: ChainParts, trustedHeads: readonly string[]): Service {
  return {
    name: 'chain',
    start({ offer, log, clock, signal }) {
      offer(chainKey, chain)
      if (execution !== undefined) offer(stateKey, execution)
      for (const node of trustedHeads) log.info('believing a node about the head of the chain', { node })
      logHeads(chain, { log, clock, signal })
    },
  }
}

function makePool({ pool }: ChainSettings, { spec, chain, execution }: ChainParts): TxPool {
  return new TxPool({
    chain,
    common: chainCommon(spec.config),
    ...(execution === undefined ? {} : { state: execution }),
    limits: {
      priceLimit: BigInt(pool.priceLimit),
      priceBump: BigInt(pool.priceBump),
      accountSlots: pool.accountSlots,
      slots: pool.globalSlots + QUEUE_SLOTS,
    },
  })
}

/** The consensus client's methods, once there is somebody to fetch the heads that it names. */
function engineService({ chain, importer, execution }: ChainParts): Service {
  let apis: NonNullable<Service['apis']> = [{ namespace: 'engine', methods: {}, authenticated: true }]
  return {
    name: 'engine',
    get apis() {
      return apis
    },
    start({ need, log }) {
      const executor = execution === undefined ? {} : { executor: execution }
      apis = [engineApi({ chain, importer, ...executor, sync: need(syncKey), log })]
    },
  }
}
