// One reporter's WebSocket: login, reports, pings.
import { type Clock, type Logger, type Timer, TokenBucket } from '@ethspan/core'
import { MAX_NAME } from '../limits.js'
import { isStatsName } from '../url.js'
import { emitMessage, pingMessage, readFrame } from '../wire.js'
import { MAX_TEXT, REPORTER_BACKLOG, type StatsLimits } from './limits.js'
import {
  type Login,
  type ReportedBlock,
  readBlockReport,
  readHistory,
  readLatency,
  readLogin,
  readPending,
  readStats,
} from './read-report.js'
import type { Secrets } from './secrets.js'
import { CloseCode, type ServerSocket } from './server-socket.js'
import type { StatsNode } from './stats-node.js'

/** What a connection does with what it hears. */
export interface ReporterHandler {
  /** A node with a good secret. What it can't come in for, in some words, or itself. */
  login(connection: ReporterConnection, login: Login): StatsNode | string
  head(node: StatsNode, block: ReportedBlock | undefined): void
  history(connection: ReporterConnection, node: StatsNode, blocks: readonly ReportedBlock[]): void
  /** The connection is over: once. `node` where it had logged in. */
  gone(connection: ReporterConnection, node: StatsNode | undefined): void
}

export interface ReporterOptions {
  readonly handler: ReporterHandler
  readonly secrets: Secrets
  readonly limits: StatsLimits
  readonly clock: Clock
  readonly log: Logger
  readonly address: string
  /** For log lines that a stranger can cause; shared by all connections. */
  readonly warnings: TokenBucket
}

/** A close frame's reason. */
const BAD_NAME = `the name is not 1 to ${MAX_NAME} visible characters`

export class ReporterConnection {
  readonly address: string
  readonly #socket: ServerSocket
  readonly #options: ReporterOptions
  readonly #messages: TokenBucket
  readonly #bytes: TokenBucket
  readonly #deadline: Timer
  #strangerBytes = 0
  #node: StatsNode | undefined
  #pingedAt: number | undefined
  #isOver = false

  constructor(socket: ServerSocket, options: ReporterOptions) {
    const { limits, clock, address } = options
    this.address = address
    this.#socket = socket
    this.#options = options
    this.#messages = new TokenBucket(limits.messages, clock)
    this.#bytes = new TokenBucket(limits.bytes, clock)
    this.#deadline = clock.setTimeout(() => this.end(CloseCode.Policy, 'no hello came in time'), limits.loginTimeout)
  }

  /** Undefined before the login. */
  get node(): StatsNode | undefined {
    return this.#node
  }

  /** Whether the answer to one more request may be as long as a message can be. */
  get hasRoom(): boolean {
    return this.#bytes.left >= this.#options.limits.messageBytes
  }

  /** So many bytes came, whether they make a message already or not. */
  received(bytes: number): void {
    if (this.#isOver) return
    if (this.#node === undefined) {
      this.#strangerBytes += bytes
      if (this.#strangerBytes > this.#options.limits.helloBytes) this.#cut('too much before hello')
    } else if (!this.#bytes.tryTake(bytes)) this.#cut('too many bytes')
  }

  message(text: string, isBinary: boolean): void {
    if (this.#isOver) return
    if (!this.#messages.tryTake()) {
      this.#cut('too many messages')
      return
    }
    const frame = isBinary ? undefined : readFrame(text)
    if (frame === undefined) {
      this.end(CloseCode.NotUnderstood, 'this is no ethstats message')
      return
    }
    this.#node?.heard(this.#options.clock.now())
    if (frame.kind === 'ping') this.#send(frame.pong)
    else if (frame.kind === 'pong') this.#pong()
    else if (this.#node === undefined) this.#login(frame.command, frame.payload)
    else this.#report(this.#node, frame.command, frame.payload)
  }

  /** The other side is gone. */
  closed(why: string): void {
    this.#over(why)
  }

  /** Measures the way to the node and back. Nothing is sent to one that has not logged in: geth would take it for an answer. */
  ping(): void {
    if (this.#node === undefined || this.#isOver) return
    this.#pingedAt = this.#options.clock.now()
    this.#send(pingMessage(String(this.#options.clock.wallTime())))
  }

  /** Asks for blocks by their numbers, ascending. */
  askHistory(list: readonly number[]): void {
    this.#send(emitMessage('history', { max: list.at(-1), min: list[0], list }))
  }

  /** Says why and ends the connection. */
  end(code: CloseCode, reason: string): void {
    if (this.#isOver) return
    this.#socket.close(code, reason)
    this.#over(reason)
  }

  /** Ends it at once: one that floods is not waited for. */
  #cut(why: string): void {
    this.#socket.terminate()
    this.#over(why)
  }

  #over(why: string): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#deadline.cancel()
    const { log, handler, address } = this.#options
    const node = this.#node
    if (node === undefined) log.debug('a reporter did not log in', { address, why })
    else log.info('a node does not report any more', { node: node.id, address, why })
    handler.gone(this, node)
  }

  #login(command: string, payload: unknown): void {
    const { secrets, handler, log, address } = this.#options
    const login = command === 'hello' ? readLogin(payload) : undefined
    if (login === undefined) {
      this.end(CloseCode.NotUnderstood, 'hello with a name and a secret comes first')
      return
    }
    if (!secrets.has(login.secret)) {
      this.#refuse(CloseCode.Policy, 'wrong secret', login.id)
      return
    }
    if (!isStatsName(login.id)) {
      this.#refuse(CloseCode.Policy, BAD_NAME, login.id)
      return
    }
    const node = handler.login(this, login)
    if (typeof node === 'string') {
      this.#refuse(CloseCode.TryLater, node, login.id)
      return
    }
    this.#deadline.cancel()
    this.#node = node
    log.info('a node reports', { node: login.id, client: login.client, network: login.network, address })
    this.#send(emitMessage('ready'))
    this.ping()
  }

  #refuse(code: CloseCode, why: string, id: string): void {
    const { log, warnings, address } = this.#options
    // Whoever tries over and over must not fill the log.
    const level = warnings.tryTake() ? 'warn' : 'debug'
    log[level]('refused a node that wants to report', { node: id.slice(0, MAX_TEXT), address, why })
    this.end(code, why)
  }

  #report(node: StatsNode, command: string, payload: unknown): void {
    const { handler, log, clock } = this.#options
    switch (command) {
      case 'node-ping':
        // geth looks at that it comes, not at what it says.
        this.#send(emitMessage('node-pong', { serverTime: clock.wallTime() }))
        break
      case 'latency':
        node.latencyTold(readLatency(payload))
        break
      case 'block':
        handler.head(node, readBlockReport(payload))
        break
      case 'pending':
        node.pending(readPending(payload))
        break
      case 'stats':
        node.stats(readStats(payload))
        break
      case 'history':
        handler.history(this, node, readHistory(payload))
        break
      default:
        // geth's `block_new_payload` among them: it is known by the block that follows.
        log.trace('a reporter sent a message of another kind', { node: node.id, command: command.slice(0, 64) })
    }
  }

  #pong(): void {
    if (this.#pingedAt === undefined) return
    const { clock } = this.#options
    this.#node?.latencyMeasured(Math.round((clock.now() - this.#pingedAt) / 2))
    this.#pingedAt = undefined
  }

  #send(text: string): void {
    if (this.#isOver) return
    if (this.#socket.bufferedAmount > REPORTER_BACKLOG) this.#cut('it reads nothing')
    else this.#socket.send(text)
  }
}
