// A gateway is a node with a few services: the log of its peers, the peer feed, the chat, its chain and what follows that, the
// report to a stats page, and the port for browsers.
import { existsSync } from 'node:fs'
import type { Server as HttpServer } from 'node:http'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { asError, Enode, EthspanError, type Logger, type Server, silentLogger } from '@ethspan/core'
import { moduleLogger, Node } from '@ethspan/node'
import { Chat, PeerFeed } from '@ethspan/protocols'
import { inProcess, nodeApis } from '@ethspan/rpc'
import type { EndpointController } from '@ethspan/rpc/endpoints'
import { tcp } from '@ethspan/tcp'
import { webSocket } from '@ethspan/websocket'
import type { GatewayChain } from './chain/gateway-chain.js'
import type { ImportProgress } from './chain/import-blocks.js'
import { type ChainFacts, chainFacts, chainNotes } from './chain-facts.js'
import { type GatewayConfig, P2P_PATH } from './config.js'
import { faucetReply } from './faucet/faucet-http.js'
import { type Home, openHome } from './home.js'
import { createHttpServer, externalWebSocketUrl } from './http.js'
import { listenHint } from './listen.js'
import { type MetricsServer, startMetrics } from './metrics/http.js'
import { createMetrics, type PrometheusMetrics } from './metrics/registry.js'
import { readPage } from './page.js'
import { gatewayRpc, rpcListenHint } from './rpc.js'
import { chatService, peerFeedService, peerLogService, staticPeersService } from './services.js'
import { sharedAddress } from './shared-address.js'
import { openStats, reporterServices, STATS_PATH } from './stats.js'
import { clientName, version } from './version.js'
import { type WebPort, webPort } from './web-port.js'

/** Connections beside the peers': pages that load, and WebSockets in their handshakes. */
const SPARE_CONNECTIONS = 256

/** A running gateway. */
export interface Gateway {
  readonly node: Node
  readonly server: Server
  /** Its enode URL, for nodes that dial over TCP. */
  readonly enode: string
  /** What a browser on this machine opens, or `--web.external-url`. */
  readonly pageUrl: string
  /** Whether there is a page; without one only browser nodes connect there. */
  readonly hasPage: boolean
  /** What pages and people are told of its chain; undefined where it has none. */
  readonly chain: ChainFacts | undefined
  /** Where the stats page is; undefined where there is none. */
  readonly statsUrl: string | undefined
  /** The TCP port that it listens on. */
  readonly port: number
  /** The HTTP port that it listens on. */
  readonly webPort: number
  /** The open ways into its JSON-RPC: URLs, and the path of the IPC socket. */
  readonly rpc: EndpointController['addresses']
  /** URL of the metrics port; undefined where `metrics` was not asked for. */
  readonly metricsUrl: string | undefined
  /** What the user should know, a sentence each. */
  readonly notes: readonly string[]
  /**
   * Says goodbye to every peer and closes everything. Idempotent.
   * @throws {EthspanError} ERR_SERVICE with everything that failed to stop; the rest is stopped all the same
   */
  stop(): Promise<void>
}

export interface StartOptions {
  readonly log?: Logger
  /** Folder of the built page. Default: {@link findPage}. */
  readonly pageDir?: string | undefined
  /** Ends a start that imports blocks. */
  readonly signal?: AbortSignal
  /** Told while blocks are imported. */
  importing?(progress: ImportProgress): void
  /** What the metrics port shows. Default: a registry of the gateway's own, without the process's metrics. */
  readonly metrics?: PrometheusMetrics | undefined
}

/** The folder of the page as it is published with this package, or as it was built in a checkout. */
export function findPage(): string | undefined {
  const places = ['../page/', '../../demo/dist/site/'].map((place) => fileURLToPath(new URL(place, import.meta.url)))
  return places.find((place) => existsSync(path.join(place, 'index.html')))
}

/**
 * Starts a node as `config` says.
 * @throws {EthspanError} ERR_DATA_DIR, ERR_LISTEN for a port that is taken, ERR_INVALID_KEY, ERR_INVALID_OPTION,
 * ERR_INVALID_BLOCK in a file to import, ERR_ABORTED; nothing stays open then
 */
export async function startGateway(config: GatewayConfig, options: StartOptions = {}): Promise<Gateway> {
  const home = await openHome(config)
  const metrics = options.metrics ?? createMetrics()
  let chain: GatewayChain | undefined
  let parts: Parts | undefined
  let watch: MetricsServer | undefined
  let isReady = false
  try {
    chain = await openChain(config, home, options)
    parts = assemble(config, home, chain, { ...options, metrics })
    const { node } = parts
    // The first to open and the last to close, so that a start or a stop that hangs can be seen.
    if (config.metrics !== undefined) {
      const ready = () => isReady && !node.signal.aborted
      const log = moduleLogger(options.log ?? silentLogger, 'metrics')
      watch = await startMetrics({ ...config.metrics, metrics, ready, log })
    }
    await node.start()
    isReady = true
    return running(config, parts, chain, watch)
  } catch (error) {
    await parts?.web.close()
    await watch?.close()
    await chain?.close()
    // A node whose start failed has closed it already.
    await home.dataDir?.close()
    throw withFlags(error, config)
  }
}

async function openChain({ chain }: GatewayConfig, home: Home, options: StartOptions) {
  if (chain === undefined) return undefined
  // Who wants no chain does not wait for its code.
  const { openGatewayChain } = await import('./chain/gateway-chain.js')
  const { log = silentLogger, signal = new AbortController().signal, importing } = options
  return openGatewayChain(chain, { home, log, signal, ...(importing === undefined ? {} : { importing }) })
}

/** Errors of ports, with the flag by which another one is named. */
function withFlags(error: unknown, { rpc }: GatewayConfig): unknown {
  if (!(error instanceof EthspanError && error.code === 'ERR_LISTEN')) return error
  const { code, message, fields } = error
  // That of nodes has the flags without a name before them.
  const hint = typeof fields.errno === 'string' ? listenHint(fields.errno, '--') : rpcListenHint(fields, rpc)
  return hint === undefined ? error : new EthspanError(code, message, { fields, hint, cause: error })
}

/** Everything a gateway consists of, nothing of it started. */
interface Parts {
  readonly node: Node
  readonly web: WebPort
  readonly endpoints: EndpointController
  readonly hasPage: boolean
  readonly facts: ChainFacts | undefined
  readonly notes: readonly string[]
}

function assemble(
  config: GatewayConfig,
  { privateKey, dataDir, store, notes: homeNotes }: Home,
  chain: GatewayChain | undefined,
  { log = silentLogger, pageDir = findPage(), metrics }: StartOptions & { readonly metrics: PrometheusMetrics },
): Parts {
  const name = clientName(config.identity)
  const hasPage = config.web.page && pageDir !== undefined
  const { endpoints, notes: rpcNotes } = gatewayRpc(config.rpc, dataDir)
  const notes = [...homeNotes, ...rpcNotes, ...chainNotes(config, chain)]
  if (config.web.page && !hasPage) notes.push('The page is not built, so none is served: npm run build makes it.')

  const netRestrict = config.netRestrict.length === 0 ? {} : { netRestrict: config.netRestrict.join(',') }
  const facts = chainFacts(config, chain)
  const http = makeHttp(config, {
    name,
    pageDir: hasPage ? pageDir : undefined,
    server: () => node.server,
    chain,
    facts,
    log,
  })
  const web = makeWebPort(config, http, netRestrict)
  const stats = hasPage ? openStats(config, http, log) : undefined
  const node: Node = new Node({
    name: 'ethspan',
    privateKey,
    // Its notes are told at the start, which is where people look.
    ...(dataDir === undefined ? { store: store as NonNullable<typeof store> } : { dataDir: { ...dataDir, notes: [] } }),
    p2p: {
      name,
      maxPeers: config.maxPeers,
      maxPendingInbound: config.maxPendingPeers,
      maxPendingOutbound: config.maxPendingPeers,
      trustedNodes: config.trustedNodes,
      transports: [tcp({ listen: config.tcp, ...netRestrict }), webSocket(), web.transport],
    },
    rpc: { rpc: endpoints },
    apis: nodeApis(
      {
        get server() {
          return node.server
        },
        dataDir: dataDir?.path,
      },
      { endpoints, ...(chain === undefined ? {} : { networkId: () => chain.spec.networkId }) },
    ),
    log,
    ...(config.metrics === undefined ? {} : { metrics }),
  })
  node.register(peerLogService())
  node.register(peerFeedService(new PeerFeed({ publish: true, addressOf: sharedAddress(config) })))
  node.register(chatService(new Chat({ privateKey, name: config.identity ?? 'gateway' })))
  for (const service of chain?.services ?? []) node.register(service)
  if (chain !== undefined) {
    const webUrl = () => web.open?.url ?? ''
    const reporters = reporterServices({ config, stats, webUrl, suggestTip: () => suggestTip(node) })
    for (const reporter of reporters) node.register(reporter)
  }
  if (stats !== undefined) node.register({ name: 'stats', stop: () => stats.server.close() })
  node.register(web.service)
  node.register(staticPeersService(config.staticNodes))
  return { node, web, endpoints, hasPage, facts, notes }
}

/** Wei a gas, as users of the JSON-RPC are told. */
const suggestTip = async (node: Node) => BigInt(await inProcess(node).request<string>('eth_maxPriorityFeePerGas'))

interface HttpParts {
  readonly name: string
  readonly pageDir: string | undefined
  readonly chain: GatewayChain | undefined
  readonly facts: ChainFacts | undefined
  readonly log: Logger
  server(): Server
}

function makeHttp({ web, maxPeers, maxPendingPeers }: GatewayConfig, parts: HttpParts): HttpServer {
  const { name, pageDir, chain, facts, log, server } = parts
  const { faucet, proofs, genesis } = chain ?? {}
  return createHttpServer({
    page: pageDir === undefined ? undefined : readPage(pageDir),
    noPage: web.page ? 'The page is not built: run npm run build.' : 'This node serves no page (--page).',
    nodeInfo: (wsUrl) => {
      const { id, publicKey } = server().localNode
      const dial = new Enode(publicKey, { ws: wsUrl }).toString()
      return { name, id, version, enode: enodeUrl(server()), dial, ...(facts === undefined ? {} : { chain: facts }) }
    },
    genesis,
    proofs,
    ...(faucet === undefined ? {} : { faucet: (request) => faucetReply(faucet, request) }),
    externalUrl: web.externalUrl,
    trustProxy: web.trustProxy,
    origins: web.origins ?? [],
    maxConnections: maxPeers + maxPendingPeers + SPARE_CONNECTIONS,
    failed: (what, error) => moduleLogger(log, 'web').error(what, { error: asError(error) }),
  })
}

function makeWebPort(
  { web, maxPeers, maxPendingPeers }: GatewayConfig,
  http: HttpServer,
  netRestrict: { readonly netRestrict?: string },
): WebPort {
  return webPort({
    http,
    host: web.host,
    port: web.port,
    webSocket: {
      path: P2P_PATH,
      trustProxy: web.trustProxy,
      maxConnections: maxPeers + maxPendingPeers,
      ...(web.origins === undefined ? {} : { origins: web.origins }),
      ...(web.externalUrl === undefined ? {} : { externalUrl: externalWebSocketUrl(web.externalUrl) }),
      ...netRestrict,
    },
  })
}

/**
 * Without `?discport=0`, by which geth marks a node that discovery can't ask: people paste the URL into a shell, where a
 * question mark is a wildcard (zsh refuses the line), and nobody who dials needs it.
 */
function enodeUrl({ self }: Server): string {
  const { host, tcpPort = 0 } = self.endpoint
  return host === undefined ? self.toString() : self.withEndpoint({ host, tcpPort, udpPort: tcpPort }).toString()
}

function running(
  config: GatewayConfig,
  parts: Parts,
  chain: GatewayChain | undefined,
  watch: MetricsServer | undefined,
): Gateway {
  const { node, web, endpoints, hasPage, facts, notes } = parts
  const { server } = node
  let stopping: Promise<void> | undefined
  const stop = async () => {
    const failed = await node.stop().then(
      () => undefined,
      (error) => asError(error),
    )
    await web.close()
    // Until here peers and callers could read it.
    await chain?.close()
    await watch?.close()
    if (failed !== undefined) throw failed
  }
  const pageUrl = config.web.externalUrl?.href ?? web.open?.url ?? ''
  return {
    node,
    server,
    enode: enodeUrl(server),
    pageUrl,
    hasPage,
    chain: facts,
    statsUrl: hasPage ? `${pageUrl.replace(/\/$/, '')}${STATS_PATH}` : undefined,
    port: server.self.endpoint.tcpPort ?? 0,
    webPort: web.open?.port ?? 0,
    rpc: endpoints.addresses,
    metricsUrl: watch?.address,
    notes,
    stop: () => {
      stopping ??= stop()
      return stopping
    },
  }
}
