import { type Clock, EthspanError, type Logger, silentLogger, systemClock } from '@ethspan/core'
import { defaultStatsLimits, type StatsLimits } from './limits.js'
import type { OriginPolicy } from './origins.js'

export interface StatsServerOptions {
  /** Any of them lets a node report. At least one, none empty. */
  readonly secrets: readonly string[]
  /**
   * Origins whose pages may watch, such as `https://example.org`; `*` lets all in. Default: pages of the same host as the
   * request's (on loopback not under a name that is not this machine's own) or as `externalUrl`'s. Requests without an Origin
   * come from no browser and pass.
   */
  readonly origins?: readonly string[]
  /**
   * Whether pages of other origins may report, with a good secret. Default true. Not where the secret is known to everybody: any
   * page that somebody visits could then report to a server on their own machine.
   */
  readonly foreignReporters?: boolean
  /** The URL under which browsers reach this server, such as a proxy's. */
  readonly externalUrl?: string
  /** Behind a reverse proxy: believe X-Forwarded-For and -Host. Default false. Never where clients reach the port directly. */
  readonly trustProxy?: boolean
  readonly limits?: Partial<StatsLimits>
  readonly clock?: Clock
  readonly log?: Logger
}

export interface CheckedOptions extends OriginPolicy {
  readonly secrets: readonly string[]
  readonly foreignReporters: boolean
  readonly limits: StatsLimits
  readonly clock: Clock
  readonly log: Logger
}

/** @throws {EthspanError} ERR_INVALID_OPTION */
export function checkOptions(options: StatsServerOptions): CheckedOptions {
  const {
    secrets,
    foreignReporters = true,
    origins,
    externalUrl,
    trustProxy = false,
    clock = systemClock,
    log = silentLogger,
  } = options
  if (secrets.length === 0 || secrets.includes('')) {
    throw new EthspanError('ERR_INVALID_OPTION', 'a stats server needs a secret, without which anybody could report')
  }
  // In a node's URL the secret ends at the last @ and begins at the last colon.
  if (secrets.some((secret) => /[@:]/.test(secret))) {
    throw new EthspanError('ERR_INVALID_OPTION', 'a stats secret has no @ and no colon: it stands in name:secret@host')
  }
  if (externalUrl !== undefined && !URL.canParse(externalUrl)) {
    throw new EthspanError('ERR_INVALID_OPTION', `externalUrl ${JSON.stringify(externalUrl)} is no URL`)
  }
  const limits = { ...defaultStatsLimits, ...options.limits }
  for (const [name, value] of Object.entries(limits)) {
    const numbers: readonly number[] = typeof value === 'number' ? [value] : Object.values(value)
    if (numbers.every((number) => number > 0)) continue
    throw new EthspanError('ERR_INVALID_OPTION', `the limit ${name} is not positive`, { fields: { [name]: value } })
  }
  const external = externalUrl === undefined ? undefined : new URL(externalUrl)
  return { secrets, foreignReporters, origins, externalUrl: external, trustProxy, limits, clock, log }
}
