// The stats page's server on the port for browsers, and the service that reports this node to it, or to another one.
import { randomBytes } from 'node:crypto'
import type { Server as HttpServer } from 'node:http'
import { isLoopback, type Logger, silentLogger } from '@ethspan/core'
import { EthStats } from '@ethspan/ethstats'
import { StatsServer } from '@ethspan/ethstats/server'
import { moduleLogger, type Service } from '@ethspan/node'
import { type GatewayConfig, P2P_PATH } from './config.js'

/** The page's path. */
export const STATS_PATH = '/stats'
/** What reporters have to know where only this machine can report and nobody said otherwise. Documented, so no secret. */
export const LOOPBACK_SECRET = 'ethspan'

/**
 * What a node that reports here has to know: the one that was named, and on loopback {@link LOOPBACK_SECRET}. Undefined: only
 * this node reports, since a port that others reach needs a secret that they don't know.
 */
export const statsSecret = ({ stats, web }: Pick<GatewayConfig, 'stats' | 'web'>): string | undefined =>
  stats.secret ?? (isLoopback(web.host) ? LOOPBACK_SECRET : undefined)

export interface Stats {
  readonly server: StatsServer
  /** This node's own secret, of this run alone. */
  readonly ownSecret: string
}

/** @throws {EthspanError} ERR_INVALID_OPTION for a secret that can't stand in a URL */
export function openStats(config: GatewayConfig, http: HttpServer, log: Logger = silentLogger): Stats {
  const { web } = config
  const ownSecret = randomBytes(16).toString('hex')
  const secret = statsSecret(config)
  const server = new StatsServer({
    secrets: [ownSecret, ...(secret === undefined ? [] : [secret])],
    foreignReporters: secret !== LOOPBACK_SECRET,
    trustProxy: web.trustProxy,
    log: moduleLogger(log, 'stats'),
    ...(web.origins === undefined ? {} : { origins: web.origins }),
    ...(web.externalUrl === undefined ? {} : { externalUrl: web.externalUrl.href }),
  })
  server.attach(http, { others: [P2P_PATH] })
  return { server, ownSecret }
}

export interface ReporterOptions {
  readonly config: Pick<GatewayConfig, 'stats' | 'identity'>
  readonly stats: Stats | undefined
  /** Where this gateway's own page is, such as `http://127.0.0.1:8547/`; known once the node has opened its ports. */
  webUrl(): string
  suggestTip(): Promise<bigint>
}

/**
 * Report this node: to the server named with --ethstats, and to the page of this gateway, where there is one.
 * @throws {EthspanError} ERR_INVALID_OPTION for a URL that can't be read
 */
export function reporterServices({ config, stats, webUrl, suggestTip }: ReporterOptions): Service[] {
  const { report } = config.stats
  const services: Service[] = report === undefined ? [] : [new EthStats({ url: report, suggestTip })]
  if (stats !== undefined) {
    const name = config.identity ?? 'gateway'
    services.push(ownReporter(() => `${name}:${stats.ownSecret}@ws://${new URL(webUrl()).host}`, suggestTip))
  }
  return services
}

/** Made at the start, when its URL is known. */
function ownReporter(url: () => string, suggestTip: () => Promise<bigint>): Service {
  let reporter: EthStats | undefined
  return {
    name: 'own-stats',
    start(context) {
      reporter = new EthStats({ url: url(), suggestTip })
      return reporter.start(context)
    },
    stop: () => reporter?.stop(),
  }
}
