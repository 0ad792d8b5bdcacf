// The stats page's server on the port for browsers, and the service that reports this node to it, or to another one.
import { randomBytes } from 'node:crypto'
import type { Server as HttpServer } from 'node:http'
import { type Logger, silentLogger } from '@ethspan/core'
import { EthStats } from '@ethspan/ethstats'
import { StatsServer } from '@ethspan/ethstats/server'
import { moduleLogger, type Service } from '@ethspan/node'
import { type GatewayConfig, P2P_PATH } from './config.js'
import { isLoopback } from './listen.js'

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
 * Reports this node: to the server named with --ethstats, else to the page of this gateway; undefined where there is neither.
 * @throws {EthspanError} ERR_INVALID_OPTION for a URL that can't be read
 */
export function reporterService({ config, stats, webUrl, suggestTip }: ReporterOptions): Service | undefined {
  const { report } = config.stats
  if (report !== undefined) return new EthStats({ url: report, suggestTip })
  if (stats === undefined) return undefined
  let reporter: EthStats | undefined
  return {
    name: 'ethstats',
    start(context) {
      const { host } = new URL(webUrl())
      const name = config.identity ?? 'gateway'
      reporter = new EthStats({ url: `${name}:${stats.ownSecret}@ws://${host}`, suggestTip })
      return reporter.start(context)
    },
    stop: () => reporter?.stop(),
  }
}
