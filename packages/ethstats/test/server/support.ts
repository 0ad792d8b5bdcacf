// A stats server's insides on a simulated clock, with reporters that are sockets of nothing.
import { silentLogger } from '@ethspan/core'
import { recorder, SimClock } from '@ethspan/core/testing'
import { defaultStatsLimits, type StatsLimits } from '../../src/server/limits.js'
import { checkOptions } from '../../src/server/options.js'
import type { ReporterConnection } from '../../src/server/reporter-connection.js'
import { Reporters } from '../../src/server/reporters.js'
import type { ServerSocket } from '../../src/server/server-socket.js'
import { SECRET } from '../support.js'

/** `0x` and 64 digits that are the same for the same text. */
export const hash = (text: string | number): string =>
  `0x${[...String(text)]
    .map((letter) => letter.charCodeAt(0).toString(16))
    .join('')
    .padStart(64, '0')}`

/** A block as geth reports it. */
export const block = (number: number, over: Record<string, unknown> = {}) => ({
  number,
  hash: hash(number),
  parentHash: hash(number - 1),
  timestamp: 1_700_000_000 + 12 * number,
  miner: `0x${'00'.repeat(20)}`,
  gasUsed: 21_000,
  gasLimit: 30_000_000,
  difficulty: '0',
  totalDifficulty: '0',
  transactions: [{ hash: hash('tx') }],
  transactionsRoot: hash('txs'),
  stateRoot: hash('state'),
  uncles: [],
  ...over,
})

/** A connection to the server, as the node at its other end sees it. */
export class FakeReporter {
  readonly heard: unknown[] = []
  ended: { readonly code?: number; readonly reason?: string } | undefined
  bufferedAmount = 0
  readonly connection: ReporterConnection
  readonly id: string

  constructor(reporters: Reporters, id: string, address = '10.0.0.1') {
    this.id = id
    const reporter = this
    const socket: ServerSocket = {
      get bufferedAmount() {
        return reporter.bufferedAmount
      },
      send: (text) => void this.heard.push(JSON.parse(text)),
      close: (code, reason) => {
        this.ended ??= { code, reason }
      },
      terminate: () => {
        this.ended ??= {}
      },
    }
    this.connection = reporters.add(socket, address)
  }

  raw(text: string): this {
    this.connection.received(text.length)
    this.connection.message(text, false)
    return this
  }

  say(command: string, payload?: object): this {
    return this.raw(JSON.stringify({ emit: [command, payload] }))
  }

  hello(over: { readonly secret?: string; readonly net?: string; readonly canUpdateHistory?: boolean } = {}): this {
    const { secret = SECRET, net = '1', canUpdateHistory = true } = over
    const info = { name: this.id, node: 'Geth/v1.17.8', net, os: 'linux', os_v: 'amd64', canUpdateHistory }
    return this.say('hello', { id: this.id, info, secret })
  }

  block(number: number, over: Record<string, unknown> = {}): this {
    return this.say('block', { id: this.id, block: block(number, over) })
  }

  /** Says goodbye. */
  leave(): void {
    this.connection.closed('closed with code 1000')
  }

  /** What the server asked for as history, each once. */
  asked(): (readonly number[])[] {
    return this.heard.splice(0).flatMap((message) => {
      const { emit } = message as { emit?: [string, { list: number[] }] }
      return emit?.[0] === 'history' ? [emit[1].list] : []
    })
  }
}

export function startReporters(limits: Partial<StatsLimits> = {}) {
  const clock = new SimClock()
  const { log, lines } = recorder()
  const reporters = new Reporters(
    checkOptions({ secrets: ['another', SECRET], clock, log, limits: { ...defaultStatsLimits, ...limits } }),
  )
  const open = (id: string, address?: string) => new FakeReporter(reporters, id, address)
  const node = (id: string) => reporters.snapshot().nodes.find((view) => view.id === id)
  return { clock, lines, reporters, open, node }
}

export { SECRET, silentLogger }
