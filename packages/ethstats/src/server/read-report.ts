// What reporters say, made of unknown values: clients differ in numbers and texts, and anybody who has the secret may lie.
// What can't be read is undefined; what is read is bounded.
import { isRecord } from '../wire.js'
import { MAX_DIFFICULTY_DIGITS, MAX_HISTORY_ANSWER, MAX_TEXT } from './limits.js'

/** A node that logs in. */
export interface Login {
  readonly id: string
  readonly secret: string
  readonly client: string
  readonly os: string
  readonly osVersion: string
  /** Decimal digits, or empty where it does not say. */
  readonly network: string
  readonly canUpdateHistory: boolean
}

/** A block as a node reports it. */
export interface ReportedBlock {
  readonly number: number
  readonly hash: string
  readonly parentHash: string
  /** Seconds since 1970. */
  readonly timestamp: number
  readonly gasUsed: number
  readonly gasLimit: number
  readonly difficulty: number
  readonly transactions: number
  readonly uncles: number
}

export interface ReportedStats {
  readonly isSyncing: boolean
  readonly peers: number | undefined
  readonly gasPrice: number | undefined
}

/** `[hello]`. Undefined where there is no id or secret to speak of; whether they are good is another matter. */
export function readLogin(payload: unknown): Login | undefined {
  if (!isRecord(payload)) return undefined
  const { id, secret } = payload
  const info = isRecord(payload.info) ? payload.info : {}
  if (typeof id !== 'string' || typeof secret !== 'string') return undefined
  const network = readText(info.net)
  return {
    id,
    secret,
    client: readText(info.node),
    os: readText(info.os),
    osVersion: readText(info.os_v),
    network: /^\d{1,20}$/.test(network) ? network : '',
    canUpdateHistory: info.canUpdateHistory === true,
  }
}

/** `[block]`: `{ block }`. */
export const readBlockReport = (payload: unknown): ReportedBlock | undefined =>
  isRecord(payload) ? readBlock(payload.block) : undefined

/** `[history]`: `{ history: [block, …] }`; blocks that can't be read are left out. */
export function readHistory(payload: unknown): readonly ReportedBlock[] {
  const list = isRecord(payload) && Array.isArray(payload.history) ? (payload.history as unknown[]) : []
  return list.slice(0, MAX_HISTORY_ANSWER).flatMap((item) => readBlock(item) ?? [])
}

/** `[pending]`: `{ stats: { pending } }`. */
export const readPending = (payload: unknown): number | undefined =>
  isRecord(payload) && isRecord(payload.stats) ? readUint(payload.stats.pending) : undefined

/** `[stats]`: `{ stats: { syncing, peers, gasPrice, … } }`. */
export function readStats(payload: unknown): ReportedStats | undefined {
  if (!isRecord(payload) || !isRecord(payload.stats)) return undefined
  const { syncing, peers, gasPrice } = payload.stats
  // Older clients tell how far they are instead of true.
  const isSyncing = syncing === true || isRecord(syncing)
  return { isSyncing, peers: readUint(peers), gasPrice: readUint(gasPrice) }
}

/** `[latency]`: `{ latency }`, milliseconds. */
export const readLatency = (payload: unknown): number | undefined =>
  isRecord(payload) ? readUint(payload.latency) : undefined

function readBlock(value: unknown): ReportedBlock | undefined {
  if (!isRecord(value)) return undefined
  const [number, timestamp] = [readUint(value.number), readUint(value.timestamp)]
  const [hash, parentHash] = [readHash(value.hash), readHash(value.parentHash)]
  if (number === undefined || timestamp === undefined || hash === undefined || parentHash === undefined)
    return undefined
  return {
    number,
    hash,
    parentHash,
    timestamp,
    gasUsed: readUint(value.gasUsed) ?? 0,
    gasLimit: readUint(value.gasLimit) ?? 0,
    difficulty: readDifficulty(value.difficulty),
    transactions: readCount(value.transactions),
    uncles: readCount(value.uncles),
  }
}

/** A whole number that is exact: as a number, in decimal digits, or in hexadecimal ones behind 0x. */
function readUint(value: unknown): number | undefined {
  const number =
    typeof value === 'string' && /^(\d{1,16}|0x[0-9a-f]{1,14})$/i.test(value)
      ? Number(value)
      : typeof value === 'number'
        ? Math.floor(value)
        : Number.NaN
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

const readHash = (value: unknown): string | undefined =>
  typeof value === 'string' && /^0x[0-9a-f]{64}$/i.test(value) ? value.toLowerCase() : undefined

/** Nearly: it is drawn, not counted with. */
function readDifficulty(value: unknown): number {
  if (typeof value === 'number') return Number.isFinite(value) && value > 0 ? value : 0
  const isDecimal = typeof value === 'string' && value.length <= MAX_DIFFICULTY_DIGITS && /^\d+$/.test(value)
  return isDecimal ? Number(value) : 0
}

/** How many are in a list; some clients tell the number alone. */
const readCount = (value: unknown): number => (Array.isArray(value) ? value.length : (readUint(value) ?? 0))

const readText = (value: unknown): string =>
  typeof value === 'string' ? value.slice(0, MAX_TEXT) : typeof value === 'number' ? String(value) : ''
