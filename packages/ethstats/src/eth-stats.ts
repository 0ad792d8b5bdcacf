// The service that reports its node to an ethstats server: geth's `ethstats.Service`.
import { chainKey, poolKey, syncKey } from '@ethspan/chain'
import {
  asError,
  type Clock,
  EthspanError,
  type Logger,
  type RandomBytes,
  systemRandomBytes,
  type Timer,
  withTimeout,
} from '@ethspan/core'
import type { Service, ServiceContext } from '@ethspan/node'
import { openSocket, platform } from '#socket'
import { DIAL_TIMEOUT, MAX_SERVER_MESSAGE, RECONNECT, STABLE_AFTER } from './limits.js'
import { StatsSession } from './session.js'
import type { OpenSocket, StatsSocket } from './socket/shape.js'
import { parseStatsUrl, type StatsTarget } from './url.js'
import { isRecord, type NodeInfo } from './wire.js'

/** Version of the reporter; what geth's has called itself since 2018, for servers that look at it. */
const REPORTER_VERSION = '0.1.1'

export interface EthStatsOptions {
  /** `name:secret@host:port`, geth's `--ethstats`. See {@link parseStatsUrl}. */
  readonly url: string
  /** Wei a gas that a transaction should pay above the base fee; geth's gas price oracle. Default: nothing. */
  readonly suggestTip?: () => Promise<bigint>
  /** What the page shows as operating system. Default: this machine's; in a browser, `browser`. */
  readonly os?: { readonly name: string; readonly version: string }
  /** How connections are made. Default: the browser's WebSocket, in Node `ws`. */
  readonly openSocket?: OpenSocket
  /** Spreads the tries of many nodes whose server came back. Default: the platform's. */
  readonly randomBytes?: RandomBytes
}

/**
 * Reports the node's head, transactions, peers and latency to an ethstats server, and connects anew whenever that ends.
 * It needs a chain from an earlier service, and uses a pool and a synchroniser where there are any.
 */
export class EthStats implements Service {
  readonly name = 'ethstats'
  readonly #options: EthStatsOptions
  readonly #target: StatsTarget
  readonly #stop = new AbortController()
  #running: Promise<void> | undefined

  /** @throws {EthspanError} ERR_INVALID_OPTION for a URL that can't be read; the message does not hold the secret */
  constructor(options: EthStatsOptions) {
    this.#options = options
    this.#target = parseStatsUrl(options.url)
  }

  /** @throws {EthspanError} ERR_STATE where no earlier service offers a chain */
  start(context: ServiceContext): void {
    const chain = context.need(chainKey)
    const sources = {
      server: context.server,
      chain,
      pool: context.find(poolKey),
      sync: context.find(syncKey),
      suggestTip: this.#options.suggestTip ?? (async () => 0n),
    }
    const { name, secret } = this.#target
    const { clock, log } = context
    const info = () => this.#info(context, chain.networkId)
    this.#running = this.#run(context, () => new StatsSession({ name, secret, info: info(), sources, clock, log }))
  }

  /** Says goodbye; resolves when nothing is left. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running
  }

  async #run({ clock, log }: ServiceContext, newSession: () => StatsSession): Promise<void> {
    const { signal } = this.#stop
    const failures = new Failures(log)
    while (!signal.aborted) {
      const start = clock.now()
      try {
        const session = newSession()
        const { socket, url } = await this.#dial(session, clock)
        await session.run(socket, signal, () => {
          failures.forget()
          log.info('reporting to the stats server', { url, as: this.#target.name })
        })
      } catch (error) {
        if (signal.aborted) return
        const pause = this.#spread(failures.add(asError(error), clock.now() - start))
        await this.#pause(clock, pause)
      }
    }
  }

  /** The first of the target's URLs that answers. @throws {EthspanError} ERR_DIAL with what each said; ERR_ABORTED */
  async #dial(session: StatsSession, clock: Clock): Promise<{ socket: StatsSocket; url: string }> {
    const open = this.#options.openSocket ?? openSocket
    const errors: Error[] = []
    for (const url of this.#target.urls) {
      const attempt = new AbortController()
      const signal = AbortSignal.any([this.#stop.signal, attempt.signal])
      try {
        const dialed = open(url, { signal, handler: session.handler, maxMessage: MAX_SERVER_MESSAGE })
        const socket = await withTimeout(dialed, clock, DIAL_TIMEOUT, `dialing ${url}`)
        return { socket, url }
      } catch (error) {
        attempt.abort()
        if (this.#stop.signal.aborted) throw error
        errors.push(asError(error))
      }
    }
    throw new EthspanError('ERR_DIAL', errors.map(({ message }) => message).join('; '), { cause: errors.at(-1) })
  }

  #info({ server }: ServiceContext, networkId: bigint): NodeInfo {
    const { name, ports, protocols } = server.nodeInfo()
    const { os = { name: platform.os, version: platform.version } } = this.#options
    return {
      name: this.#target.name,
      node: name,
      port: ports.listener,
      net: networkId.toString(),
      protocol: Object.entries(protocols).map(protocolText).join(', '),
      api: 'No',
      os: os.name,
      os_v: os.version,
      client: REPORTER_VERSION,
      canUpdateHistory: true,
    }
  }

  /** A time between half of it and all of it: a server that comes back is not asked by all at once. */
  #spread(pause: number): number {
    const [byte = 0] = (this.#options.randomBytes ?? systemRandomBytes)(1)
    return pause * (0.5 + byte / 510)
  }

  #pause(clock: Clock, ms: number): Promise<void> {
    const { signal } = this.#stop
    return new Promise((resolve) => {
      let timer: Timer | undefined
      const done = () => {
        timer?.cancel()
        signal.removeEventListener('abort', done)
        resolve()
      }
      timer = clock.setTimeout(done, ms)
      signal.addEventListener('abort', done)
    })
  }
}

/** `eth/69`; of several versions the node tells one. */
const protocolText = ([name, info]: [string, unknown]): string =>
  isRecord(info) && typeof info.version === 'number' ? `${name}/${info.version}` : name

/** How long to wait after a failure, and whether it is news. */
class Failures {
  readonly #log: Logger
  #pause = 0
  #told = ''

  constructor(log: Logger) {
    this.#log = log
  }

  /** @param stood milliseconds that the connection lasted. Returns milliseconds to wait. */
  add(error: Error, stood: number): number {
    this.#pause =
      stood >= STABLE_AFTER || this.#pause === 0 ? RECONNECT.first : Math.min(2 * this.#pause, RECONNECT.max)
    const { message } = error
    const level = message === this.#told ? 'debug' : 'warn'
    this.#told = message
    this.#log[level]('not reporting to the stats server', { why: message, retryInSeconds: this.#pause / 1000 })
    return this.#pause
  }

  /** The next failure is news, even where it is the same. */
  forget(): void {
    this.#told = ''
  }
}
