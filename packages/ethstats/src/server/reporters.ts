import { type Timer, TokenBucket } from '@ethspan/core'
import type { StatsSnapshot } from '../feed.js'
import { StatsBoard } from './board.js'
import { HistoryAsker } from './history-asker.js'
import { DUPLICATE_GRACE, PING_INTERVAL, REFUSAL_WARNINGS, SWEEP_INTERVAL } from './limits.js'
import type { CheckedOptions } from './options.js'
import type { Login, ReportedBlock } from './read-report.js'
import { ReporterConnection, type ReporterHandler } from './reporter-connection.js'
import { Secrets } from './secrets.js'
import { CloseCode, type ServerSocket } from './server-socket.js'
import type { StatsNode } from './stats-node.js'

/** The connections of all reporters, and what they report. */
export class Reporters implements ReporterHandler {
  readonly #options: CheckedOptions
  readonly #secrets: Secrets
  readonly #board: StatsBoard
  readonly #asker: HistoryAsker
  readonly #connections = new Set<ReporterConnection>()
  /** Those that are logged in, by the name of their node. */
  readonly #byName = new Map<string, ReporterConnection>()
  readonly #warnings: TokenBucket
  #timer: Timer | undefined
  #pingedAt: number

  constructor(options: CheckedOptions) {
    const { clock, limits, secrets } = options
    this.#options = options
    this.#secrets = new Secrets(secrets)
    this.#board = new StatsBoard(clock, limits)
    this.#asker = new HistoryAsker(this.#board, clock)
    this.#warnings = new TokenBucket(REFUSAL_WARNINGS, clock)
    this.#pingedAt = clock.now()
  }

  snapshot(): StatsSnapshot {
    return this.#board.snapshot()
  }

  hasRoomFor(address: string): boolean {
    const { reportersPerAddress, strangers, nodes } = this.#options.limits
    const ofAddress = [...this.#connections].filter((connection) => connection.address === address).length
    const unknown = this.#connections.size - this.#byName.size
    return ofAddress < reportersPerAddress && unknown < strangers && this.#byName.size < nodes
  }

  /** A WebSocket was accepted. */
  add(socket: ServerSocket, address: string): ReporterConnection {
    const { limits, clock, log } = this.#options
    const connection = new ReporterConnection(socket, {
      handler: this,
      secrets: this.#secrets,
      limits,
      clock,
      log,
      address,
      warnings: this.#warnings,
    })
    this.#connections.add(connection)
    this.#sweepLater()
    return connection
  }

  close(): void {
    for (const connection of [...this.#connections]) connection.end(CloseCode.GoingAway, 'the server stops')
    this.#timer?.cancel()
    this.#timer = undefined
  }

  login(connection: ReporterConnection, login: Login): StatsNode | string {
    const other = this.#byName.get(login.id)
    if (other !== undefined) {
      // Two of one name would throw each other out for ever, so the one that lives stays. One that does not is gone soon.
      other.ping()
      const heardAt = other.node?.heardAt ?? 0
      if (this.#options.clock.now() - heardAt < DUPLICATE_GRACE) return 'a node of this name reports already'
      other.end(CloseCode.Policy, 'the node reports by another connection')
    }
    const node = this.#board.connect(login)
    if (node === undefined) return 'there is no room for more nodes'
    this.#byName.set(login.id, connection)
    return node
  }

  head(node: StatsNode, block: ReportedBlock | undefined): void {
    if (block === undefined) return
    this.#board.head(node, block)
    this.#ask()
  }

  history(connection: ReporterConnection, node: StatsNode, blocks: readonly ReportedBlock[]): void {
    this.#asker.answered(connection, this.#board.history(node, blocks))
    this.#ask()
  }

  gone(connection: ReporterConnection, node: StatsNode | undefined): void {
    this.#connections.delete(connection)
    this.#asker.gone(connection)
    if (node === undefined || this.#byName.get(node.id) !== connection) return
    this.#byName.delete(node.id)
    this.#board.disconnect(node)
  }

  #ask(): void {
    this.#asker.ask(this.#byName.values())
  }

  /** As long as there is anybody to look after. */
  #sweepLater(): void {
    this.#timer ??= this.#options.clock.setTimeout(() => {
      this.#timer = undefined
      this.#sweep()
      if (this.#connections.size > 0 || !this.#board.isEmpty) this.#sweepLater()
    }, SWEEP_INTERVAL)
  }

  #sweep(): void {
    const { clock, limits } = this.#options
    const now = clock.now()
    for (const connection of [...this.#byName.values()]) {
      const silence = now - (connection.node?.heardAt ?? now)
      if (silence >= limits.silence) connection.end(CloseCode.Policy, 'nothing was heard for too long')
    }
    if (now - this.#pingedAt >= PING_INTERVAL) {
      this.#pingedAt = now
      for (const connection of this.#byName.values()) connection.ping()
    }
    this.#board.sweep()
    this.#ask()
  }
}
