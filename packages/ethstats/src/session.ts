// One connection to an ethstats server, from the login to its end: geth's `login`, `readLoop` and the loop of reports.
import type { ChainReader, Synchroniser, TransactionPool } from '@ethspan/chain'
import {
  type Clock,
  type Deferred,
  deferred,
  EthspanError,
  type Logger,
  type Server,
  type Timer,
  withTimeout,
} from '@ethspan/core'
import { headStats, historyStats } from './block-stats.js'
import {
  BLOCK_INTERVAL,
  FULL_REPORT_INTERVAL,
  LOGIN_TIMEOUT,
  MAX_UNSENT,
  PENDING_INTERVAL,
  PONG_TIMEOUT,
} from './limits.js'
import type { StatsSocket, StatsSocketHandler } from './socket/shape.js'
import { Throttle } from './throttle.js'
import { emitMessage, isRecord, type NodeInfo, type NodeStats, readFrame, SERVER_CLOSE } from './wire.js'

/** What is reported. */
export interface StatsSources {
  readonly server: Pick<Server, 'peerCount'>
  readonly chain: ChainReader
  readonly pool: TransactionPool | undefined
  readonly sync: Synchroniser | undefined
  /** Wei a gas above the base fee. */
  readonly suggestTip: () => Promise<bigint>
}

export interface SessionOptions {
  readonly name: string
  readonly secret: string
  readonly info: NodeInfo
  readonly sources: StatsSources
  readonly clock: Clock
  readonly log: Logger
}

/** Things to report; what came up twice before its turn is told once. */
type Task = 'full' | 'history' | 'block' | 'pending'
/** Whoever asks for history waits for it; then what is newest. */
const ORDER: readonly Task[] = ['full', 'history', 'block', 'pending']

export class StatsSession {
  readonly #options: SessionOptions
  readonly #todo = new Set<Task>()
  /** What `history` asked for last. */
  #asked: readonly number[] = []
  #wake: Deferred<void> = deferred()
  readonly #ready = deferred<void>()
  #pong: Deferred<void> | undefined
  /** Why the connection ended. */
  readonly #ended = deferred<never>()
  #socket: StatsSocket | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    // Whoever waits for something hears of it; when nobody does, nobody has to.
    for (const { promise } of [this.#ended, this.#ready]) promise.catch(() => undefined)
  }

  /** For the socket that {@link run} is given. */
  readonly handler: StatsSocketHandler = {
    message: (text) => this.#message(text),
    closed: (why) => this.#ended.reject(new EthspanError('ERR_CLOSED', `the connection ended: ${why}`)),
  }

  /**
   * Logs in and reports, for as long as the connection stands. It closes the socket.
   * @param onLogin called once the server took us
   * @throws {EthspanError} why it ended: ERR_CLOSED, ERR_TIMEOUT, ERR_PROTOCOL; what the sources throw; ERR_ABORTED
   */
  async run(socket: StatsSocket, signal: AbortSignal, onLogin: () => void): Promise<never> {
    const { clock, sources } = this.#options
    const blocks = new Throttle(clock, BLOCK_INTERVAL, () => this.#do('block'))
    const pending = new Throttle(clock, PENDING_INTERVAL, () => this.#do('pending'))
    const stop = new AbortController()
    const quit = () => this.#ended.reject(new EthspanError('ERR_ABORTED', 'reporting was stopped'))
    if (signal.aborted) quit()
    signal.addEventListener('abort', quit, { signal: stop.signal })
    sources.chain.addEventListener('head', () => blocks.hit(), { signal: stop.signal })
    sources.pool?.addEventListener('add', () => pending.hit(), { signal: stop.signal })
    sources.pool?.addEventListener('drop', () => pending.hit(), { signal: stop.signal })
    this.#socket = socket
    try {
      await this.#login()
      onLogin()
      return await this.#report()
    } finally {
      stop.abort()
      blocks.stop()
      pending.stop()
      socket.close()
    }
  }

  async #login(): Promise<void> {
    const { name: id, info, secret, clock } = this.#options
    this.#send('hello', { id, info, secret })
    await withTimeout(this.#orEnd(this.#ready.promise), clock, LOGIN_TIMEOUT, 'the login')
  }

  /** One report after the other. */
  async #report(): Promise<never> {
    const { clock } = this.#options
    let next: Timer | undefined
    try {
      this.#do('full')
      for (;;) {
        const task = ORDER.find((each) => this.#todo.has(each))
        if (task === undefined) {
          this.#wake = deferred()
          await this.#orEnd(this.#wake.promise)
          continue
        }
        this.#todo.delete(task)
        await this.#orEnd(this.#perform(task))
        if (task !== 'full') continue
        next = clock.setTimeout(() => this.#do('full'), FULL_REPORT_INTERVAL)
      }
    } finally {
      next?.cancel()
    }
  }

  async #perform(task: Task): Promise<void> {
    if (task === 'history') return this.#reportHistory()
    if (task === 'full') await this.#reportLatency()
    // In geth's order, a full one and one of a new head alike.
    if (task !== 'pending') await this.#reportBlock()
    this.#reportPending()
    if (task === 'full') await this.#reportStats()
  }

  async #reportLatency(): Promise<void> {
    const { name: id, clock } = this.#options
    const start = clock.now()
    this.#pong = deferred()
    this.#send('node-ping', { id, clientTime: new Date(clock.wallTime()).toISOString() })
    await withTimeout(this.#orEnd(this.#pong.promise), clock, PONG_TIMEOUT, "the server's answer to a ping")
    // Half of the way there and back, as text: geth's.
    this.#send('latency', { id, latency: String(Math.floor((clock.now() - start) / 2)) })
  }

  async #reportBlock(): Promise<void> {
    const { name: id, sources } = this.#options
    this.#send('block', { id, block: await headStats(sources.chain, sources.chain.head()) })
  }

  #reportPending(): void {
    const { name: id, sources } = this.#options
    this.#send('pending', { id, stats: { pending: sources.pool?.counts().pending ?? 0 } })
  }

  async #reportStats(): Promise<void> {
    const { name: id, sources } = this.#options
    const { chain, server, sync } = sources
    const baseFee = chain.head().header.baseFeePerGas ?? 0n
    const stats: NodeStats = {
      active: true,
      syncing: sync?.progress() !== undefined,
      peers: server.peerCount,
      gasPrice: Number(baseFee + (await sources.suggestTip())),
      uptime: 100,
    }
    this.#send('stats', { id, stats })
  }

  async #reportHistory(): Promise<void> {
    const { name: id, sources } = this.#options
    this.#send('history', { id, history: await historyStats(sources.chain, this.#asked) })
  }

  #do(task: Task): void {
    this.#todo.add(task)
    this.#wake.resolve()
  }

  /** Settles as the promise does, or fails as soon as the connection has ended. */
  async #orEnd<T>(promise: Promise<T>): Promise<T> {
    // When the connection ends first, how this one ends is nobody's matter.
    promise.catch(() => undefined)
    return Promise.race([promise, this.#ended.promise])
  }

  #send(command: string, payload: object): void {
    const socket = this.#socket
    if (socket === undefined) return
    if (socket.bufferedAmount > MAX_UNSENT) {
      const message = `the server takes nothing: ${socket.bufferedAmount} bytes wait to leave`
      this.#ended.reject(new EthspanError('ERR_TIMEOUT', message))
      return
    }
    socket.send(emitMessage(command, payload))
  }

  #message(text: string): void {
    if (text === SERVER_CLOSE) {
      const message = 'the server ended the connection for good, as it does where the secret is wrong'
      this.#ended.reject(new EthspanError('ERR_CLOSED', message))
      return
    }
    const frame = readFrame(text)
    if (frame === undefined) {
      this.#ended.reject(new EthspanError('ERR_PROTOCOL', 'the server sent what is no ethstats message'))
    } else if (frame.kind === 'ping') {
      // At once, whatever else is under way: in a hidden tab no timer would be in time.
      this.#socket?.send(frame.pong)
    } else if (frame.kind === 'emit') {
      this.#command(frame.command, frame.payload)
    }
  }

  #command(command: string, payload: unknown): void {
    if (command === 'ready') this.#ready.resolve()
    else if (command === 'node-pong') this.#pong?.resolve()
    else if (command === 'history') {
      this.#asked = numbersIn(payload)
      this.#do('history')
    } else this.#options.log.debug('the stats server sent an unknown message', { command: command.slice(0, 64) })
  }
}

/** `{ list: [numbers] }`; anything else asks for no numbers in particular, as in geth. */
function numbersIn(payload: unknown): readonly number[] {
  const list = isRecord(payload) && Array.isArray(payload.list) ? (payload.list as unknown[]) : []
  return list.filter((item): item is number => Number.isSafeInteger(item) && (item as number) >= 0)
}
