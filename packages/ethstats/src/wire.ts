// What travels between a reporter and a server: text messages of JSON, as geth's ethstats and eth-netstats have them.

/** What a node says of itself when it logs in. Names: geth's `nodeInfo`. */
export interface NodeInfo {
  readonly name: string
  /** The client's name, such as `Geth/v1.17.8-stable/linux-amd64/go1.26`. */
  readonly node: string
  readonly port: number
  /** Network id, decimal. */
  readonly net: string
  /** Such as `eth/69, eth/68`. */
  readonly protocol: string
  readonly api: string
  readonly os: string
  readonly os_v: string
  /** Version of the reporter. */
  readonly client: string
  /** Whether it answers `history`. */
  readonly canUpdateHistory: boolean
}

/** Geth: `authMsg`. */
export interface Hello {
  readonly id: string
  readonly info: NodeInfo
  readonly secret: string
}

/** Geth: `blockStats`. */
export interface BlockStats {
  readonly number: number
  /** 0x and 64 hex digits, as all hashes here. */
  readonly hash: string
  readonly parentHash: string
  /** Seconds since 1970. */
  readonly timestamp: number
  readonly miner: string
  readonly gasUsed: number
  readonly gasLimit: number
  /** Decimal. */
  readonly difficulty: string
  readonly totalDifficulty: string
  readonly transactions: readonly { readonly hash: string }[]
  readonly transactionsRoot: string
  readonly stateRoot: string
  readonly uncles: readonly object[]
}

/** Geth: `nodeStats`. */
export interface NodeStats {
  readonly active: boolean
  readonly syncing: boolean
  readonly peers: number
  /** Wei. */
  readonly gasPrice: number
  /** Percent; what geth always calls 100. Servers measure their own. */
  readonly uptime: number
}

/** A message of either side. */
export type Frame =
  | { readonly kind: 'emit'; readonly command: string; readonly payload: unknown }
  /** The heartbeat of Primus, the library of the first servers. `pong` is what answers it. */
  | { readonly kind: 'ping'; readonly pong: string }
  | { readonly kind: 'pong'; readonly token: string }

/** What Primus says before it closes for good; eth-netstats does so where the secret is wrong, and gives no other reason. */
export const SERVER_CLOSE = JSON.stringify('primus::server::close')

const PING = 'primus::ping::'
const PONG = 'primus::pong::'
/** Characters of a heartbeat's token that are sent back; it is a time in milliseconds. */
const MAX_TOKEN = 64

/** `{"emit":[command, payload]}`; the payload is left out where there is none. */
export const emitMessage = (command: string, payload?: object): string =>
  JSON.stringify({ emit: payload === undefined ? [command] : [command, payload] })

export const pingMessage = (token: string): string => JSON.stringify(`${PING}${token}`)

/** What a message says; undefined for what no ethstats sends. */
export function readFrame(text: string): Frame | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value === 'string') return readHeartbeat(value)
  if (!isRecord(value) || !Array.isArray(value.emit)) return undefined
  const [command, payload] = value.emit as unknown[]
  return typeof command === 'string' ? { kind: 'emit', command, payload } : undefined
}

function readHeartbeat(text: string): Frame | undefined {
  const token = text.slice(PING.length, PING.length + MAX_TOKEN)
  if (text.startsWith(PING)) return { kind: 'ping', pong: JSON.stringify(`${PONG}${token}`) }
  return text.startsWith(PONG) ? { kind: 'pong', token } : undefined
}

/** Whether a value from outside has named parts. */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
