import type { PeerInfo } from '@ethspan/core'
import { cleanText } from '@ethspan/protocols'

/** Hex digits of a node id; enough to tell peers apart, as in the log. */
const SHORT_ID = 16
/** Characters of a client's name where there is no width to keep to. */
const MAX_NAME = 48
const MIN_NAME = 12
const GAP = '  '

interface Column {
  readonly title: string
  readonly right?: boolean
  value(peer: PeerInfo, now: number): string
}

// The name is the column that gives way, so it is the last one.
const columns: readonly Column[] = [
  { title: 'ID', value: ({ id }) => cleanText(id, SHORT_ID + 1).slice(0, SHORT_ID) },
  { title: 'DIR', value: ({ network }) => (network.inbound ? 'in' : 'out') },
  { title: 'VIA', value: ({ network }) => cleanText(network.transport ?? '', 8) },
  { title: 'ADDRESS', value: ({ network }) => cleanText(network.remoteAddress, 47) },
  {
    title: 'RTT',
    right: true,
    value: ({ roundTripTime }) => (roundTripTime === undefined ? '' : millis(roundTripTime)),
  },
  { title: 'IN', right: true, value: ({ traffic }) => bytes(traffic?.bytesIn) },
  { title: 'OUT', right: true, value: ({ traffic }) => bytes(traffic?.bytesOut) },
  { title: 'FOR', right: true, value: ({ connectedSince }, now) => duration(now - connectedSince) },
  { title: 'PROTOCOLS', value: ({ protocols }) => cleanText(Object.keys(protocols).join(' '), 32) },
  { title: 'CLIENT', value: ({ name }) => cleanText(name, MAX_NAME) },
]

/** The peers as lines of text, a heading first. Of what a peer said, only what a terminal may show. */
export function peersTable(
  peers: readonly PeerInfo[],
  { now, columns: width = Number.POSITIVE_INFINITY }: { readonly now: number; readonly columns?: number },
): string[] {
  if (peers.length === 0) return ['no peers']
  const rows = [columns.map(({ title }) => title), ...peers.map((peer) => columns.map(({ value }) => value(peer, now)))]
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP.length, 0)
  const last = Math.max(MIN_NAME, width - before)
  return rows.map((row) => {
    const cells = row.map((cell, i) => {
      if (i === row.length - 1) return cell.length > last ? `${cell.slice(0, last - 1)}…` : cell
      return columns[i]?.right ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)
    })
    return cells.join(GAP).trimEnd()
  })
}

const millis = (ms: number): string => (ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`)

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

export function bytes(count: number | undefined): string {
  if (count === undefined) return ''
  let value = count
  let unit = 0
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`
}

/** Two units at most, such as `3m 20s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ]
  if (days > 0) return `${days}d ${hours}h`
  if (hours > 0) return `${hours}h ${minutes}m`
  if (minutes > 0) return `${minutes}m ${seconds % 60}s`
  return `${seconds}s`
}
