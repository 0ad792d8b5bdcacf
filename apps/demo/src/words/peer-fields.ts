// Everything `admin_peers` says of a peer, as lines to read.
import type { PeerInfo } from '../client/client.js'
import { clean } from '../text/clean.js'
import { count, formatDateTime, formatRoundTrip } from '../text/format.js'

/** Longest value shown; code points. A node record has at most 404 characters, capabilities can be more. */
const MAX_VALUE = 600

export interface PeerField {
  /** Where it stands in the peer's object, such as `network.inbound`. */
  readonly path: string
  readonly label: string
  /** Harmless text. */
  readonly value: string
  /** Ids, keys, addresses: set in a fixed-width face, worth copying. */
  readonly isCode: boolean
}

const labels: Readonly<Record<string, string>> = {
  name: 'Client',
  id: 'Node id',
  enode: 'Enode',
  enr: 'Node record',
  caps: 'Offers',
  'network.inbound': 'Direction',
  'network.transport': 'Transport',
  'network.remoteAddress': 'Remote address',
  'network.localAddress': 'Local address',
  'network.static': 'Static',
  'network.trusted': 'Trusted',
  connectedSince: 'Connected since',
  roundTripTime: 'Round trip',
}
const codeFields = new Set(['id', 'enode', 'enr'])

const words: Readonly<Record<string, (value: unknown) => string>> = {
  'network.inbound': (inbound) => (inbound === true ? 'inbound: it dialed this node' : 'outbound: this node dialed it'),
  'network.static': (isStatic) => (isStatic === true ? 'yes: kept connected' : 'no'),
  'network.trusted': (trusted) => (trusted === true ? 'yes: let in above the limits' : 'no'),
  'network.localAddress': (address) => (address === '' ? 'not told by the browser' : String(address)),
  connectedSince: (at) => formatDateTime(Number(at)),
  roundTripTime: (ms) => formatRoundTrip(Number(ms)),
}

/** All fields but the counters, the known ones in the order people ask for them; new ones follow under their path. */
export function peerFields(peer: PeerInfo): readonly PeerField[] {
  const { traffic: _, ...fields } = peer
  const found = new Map(flatten(fields))
  const known = Object.keys(labels).filter((path) => found.has(path))
  const others = [...found.keys()].filter((path) => !Object.hasOwn(labels, path))
  return [...known, ...others].map((path) => {
    const value = found.get(path)
    return {
      path,
      label: labels[path] ?? labelOf(path),
      value: clean(words[path]?.(value) ?? textOf(value), MAX_VALUE),
      isCode: codeFields.has(path),
    }
  })
}

/** The leaves by path; what protocols tell stays whole, and so do lists. */
function flatten(fields: object, prefix = ''): [string, unknown][] {
  return Object.entries(fields).flatMap(([key, value]): [string, unknown][] => {
    const path = prefix + key
    const isLeaf = typeof value !== 'object' || value === null || Array.isArray(value) || prefix === 'protocols.'
    return isLeaf ? [[path, value]] : flatten(value, `${path}.`)
  })
}

const labelOf = (path: string): string =>
  path.startsWith('protocols.') ? `Runs ${clean(path.slice('protocols.'.length), 32)}` : path

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'nothing' : value.map(String).join(', ')
  if (typeof value !== 'object' || value === null) return String(value)
  const entries = Object.entries(value)
  return entries.map(([key, item]) => `${key} ${typeof item === 'object' ? JSON.stringify(item) : item}`).join(', ')
}

/** What passed in one protocol, both ways. */
export interface CounterRow {
  /** Such as `chat/1`. */
  readonly protocol: string
  readonly messagesIn: number
  readonly messagesOut: number
  readonly bytesIn: number
  readonly bytesOut: number
}

/** The base protocol, which is what the total has beyond the others; the protocols by name; the total. */
export function counterRows({ traffic: { byProtocol, ...total } }: PeerInfo): {
  readonly rows: readonly CounterRow[]
  readonly total: CounterRow
} {
  const rows = Object.entries(byProtocol).map(([protocol, counted]) => ({ protocol, ...counted }))
  const sum = (key: keyof typeof total) => rows.reduce((all, row) => all + row[key], 0)
  const base: CounterRow = {
    protocol: 'p2p/5',
    messagesIn: total.messagesIn - sum('messagesIn'),
    messagesOut: total.messagesOut - sum('messagesOut'),
    bytesIn: total.bytesIn - sum('bytesIn'),
    bytesOut: total.bytesOut - sum('bytesOut'),
  }
  return { rows: [base, ...rows], total: { protocol: 'Total', ...total } }
}

/** `12 of 200 messages`, as the view's filter leaves them. */
export const shownOf = (shown: number, all: number): string =>
  shown === all ? count(all, 'message') : `${shown} of ${count(all, 'message')}`
