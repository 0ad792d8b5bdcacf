// Joins what a gateway is made of: the key, the HTTP server, the devp2p server with its transports, and the two protocols.
import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Enode, EthspanError, type Logger, type Redial, Server, silentLogger } from '@ethspan/core'
import { moduleLogger, serverMetrics } from '@ethspan/node'
import { Chat, PeerFeed } from '@ethspan/protocols'
import { tcp } from '@ethspan/tcp'
import { webSocket } from '@ethspan/websocket'
import { webSocketListener } from '@ethspan/websocket/listener'
import { type GatewayConfig, P2P_PATH } from './config.js'
import { createHttpServer, externalWebSocketUrl } from './http.js'
import { listen, type OpenHttp } from './listen.js'
import { logPeers } from './log-peers.js'
import { type MetricsServer, startMetrics } from './metrics/http.js'
import { createMetrics, type PrometheusMetrics } from './metrics/registry.js'
import { type NodeKey, openNodeKey } from './node-key.js'
import { readPage } from './page.js'
import { sharedAddress } from './shared-address.js'
import { clientName, version } from './version.js'

/** Connections beside the peers': pages that load, and WebSockets in their handshakes. */
const SPARE_CONNECTIONS = 256

/** Pauses between dials of the nodes named with --peers: a person who restarts the other node waits for this one. */
const REDIAL: Redial = { first: 1_000, max: 35_000 }

/** A running gateway. */
export interface Gateway {
  readonly server: Server
  /** Its enode URL, for nodes that dial over TCP. */
  readonly enode: string
  /** What a browser on this machine opens, or `--web.external-url`. */
  readonly pageUrl: string
  /** Whether there is a page; without one only browser nodes connect there. */
  readonly hasPage: boolean
  /** The TCP port that it listens on. */
  readonly port: number
  /** The HTTP port that it listens on. */
  readonly webPort: number
  /** URL of the metrics port; undefined where `metrics` was not asked for. */
  readonly metricsUrl: string | undefined
  /** What the user should know, a sentence each. */
  readonly notes: readonly string[]
  /** Says goodbye to every peer and closes everything. Idempotent. */
  stop(): Promise<void>
  /** Gives the data directory back at once, for when there is no time to stop. Idempotent. */
  release(): void
}

export interface StartOptions {
  readonly log?: Logger
  /** Folder of the built page. Default: {@link findPage}. */
  readonly pageDir?: string | undefined
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
 * @throws {EthspanError} ERR_LISTEN for a port that is taken, ERR_INVALID_KEY, ERR_INVALID_OPTION; nothing stays open then
 */
export async function startGateway(config: GatewayConfig, options: StartOptions = {}): Promise<Gateway> {
  const key = openNodeKey(config.key)
  let web: OpenHttp | undefined
  let watch: MetricsServer | undefined
  const life = { ready: false }
  try {
    const metrics = options.metrics ?? createMetrics()
    const { server, http, hasPage, notes } = assemble(config, key, { ...options, metrics })
    // The first to open and the last to close, so that a start or a stop that hangs can be seen.
    if (config.metrics !== undefined) {
      watch = await startMetrics({ ...config.metrics, metrics, ready: () => life.ready, ...logOf(options, 'metrics') })
    }
    web = await listen(http, config.web.host, config.web.port)
    await startServer(server)
    life.ready = true
    return running({ config, key, web, watch, life, server, hasPage, notes })
  } catch (error) {
    await web?.close()
    await watch?.close()
    key.release()
    throw error
  }
}

const logOf = ({ log }: StartOptions, module: string) => (log === undefined ? {} : { log: moduleLogger(log, module) })

async function startServer(server: Server): Promise<void> {
  try {
    await server.start()
  } catch (error) {
    if (!(error instanceof EthspanError && error.fields.errno === 'EADDRINUSE')) throw error
    const hint = 'Name another one with --port, or 0 for any free one.'
    throw new EthspanError(error.code, error.message, { fields: error.fields, hint, cause: error })
  }
}

/** Everything a gateway consists of, nothing of it started. */
function assemble(
  config: GatewayConfig,
  key: NodeKey,
  options: StartOptions & { readonly metrics: PrometheusMetrics },
) {
  const { pageDir = findPage(), metrics } = options
  const log = moduleLogger(options.log ?? silentLogger, 'p2p')
  const { web } = config
  const name = clientName(config.identity)
  const hasPage = web.page && pageDir !== undefined
  const notes = key.note === undefined ? [] : [key.note]
  if (web.page && !hasPage) notes.push('The page is not built, so none is served: npm run build makes it.')

  const http = createHttpServer({
    page: hasPage ? readPage(pageDir) : undefined,
    noPage: web.page ? 'The page is not built: run npm run build.' : 'This node serves no page (--page).',
    nodeInfo: (wsUrl) => {
      const { id, publicKey } = server.localNode
      const dial = new Enode(publicKey, { ws: wsUrl }).toString()
      return { name, id, version, enode: enodeUrl(server), dial }
    },
    externalUrl: web.externalUrl,
    trustProxy: web.trustProxy,
    origins: web.origins ?? [],
    maxConnections: config.maxPeers + config.maxPendingPeers + SPARE_CONNECTIONS,
  })

  const feed = new PeerFeed({ publish: true, addressOf: sharedAddress(config) })
  const chat = new Chat({ privateKey: key.privateKey, name: config.identity ?? 'gateway' })
  const netRestrict = config.netRestrict.length === 0 ? {} : { netRestrict: config.netRestrict.join(',') }
  const counting = config.metrics === undefined ? undefined : serverMetrics(metrics)
  const server = new Server({
    ...(counting === undefined ? {} : { meter: counting.meter }),
    privateKey: key.privateKey,
    name,
    maxPeers: config.maxPeers,
    maxPendingInbound: config.maxPendingPeers,
    maxPendingOutbound: config.maxPendingPeers,
    protocols: [feed.protocol, chat.protocol],
    trustedNodes: config.trustedNodes,
    transports: [
      tcp({ listen: config.tcp, ...netRestrict }),
      webSocket(),
      webSocketListener({
        server: http,
        path: P2P_PATH,
        trustProxy: web.trustProxy,
        maxConnections: config.maxPeers + config.maxPendingPeers,
        ...(web.origins === undefined ? {} : { origins: web.origins }),
        ...(web.externalUrl === undefined ? {} : { externalUrl: externalWebSocketUrl(web.externalUrl) }),
        ...netRestrict,
      }),
    ],
    log,
  })
  counting?.attach(server)
  feed.attach(server)
  logPeers(server, log)
  for (const node of config.staticNodes) server.addPeer(node, { redial: REDIAL })
  return { server, http, hasPage, notes }
}

/**
 * Without `?discport=0`, by which geth marks a node that discovery can't ask: people paste the URL into a shell, where a
 * question mark is a wildcard (zsh refuses the line), and nobody who dials needs it.
 */
function enodeUrl({ self }: Server): string {
  const { host, tcpPort = 0 } = self.endpoint
  return host === undefined ? self.toString() : self.withEndpoint({ host, tcpPort, udpPort: tcpPort }).toString()
}

function running(parts: {
  readonly config: GatewayConfig
  readonly key: NodeKey
  readonly web: OpenHttp
  readonly watch: MetricsServer | undefined
  readonly life: { ready: boolean }
  readonly server: Server
  readonly hasPage: boolean
  readonly notes: readonly string[]
}): Gateway {
  const { config, key, web, watch, life, server, hasPage, notes } = parts
  let stopping: Promise<void> | undefined
  const stop = async () => {
    life.ready = false
    await server.stop()
    await web.close()
    await watch?.close()
    key.release()
  }
  return {
    server,
    enode: enodeUrl(server),
    pageUrl: config.web.externalUrl?.href ?? web.url,
    hasPage,
    port: server.self.endpoint.tcpPort ?? 0,
    webPort: web.port,
    metricsUrl: watch?.address,
    notes,
    stop: () => {
      stopping ??= stop()
      return stopping
    },
    release: key.release,
  }
}
