// Lists on the page that never grow without end.
import type { ChatMessage, LogEntry, LogKind } from './client.js'

/** Log entries kept: some screens of them. */
export const MAX_LOG = 300
/** Chat messages kept. */
export const MAX_MESSAGES = 300
/** Round trips drawn for each peer. */
export const MAX_ROUND_TRIPS = 40

/** `list` with `item` at its end and at most `max` long; the oldest go first. */
export function append<T>(list: readonly T[], item: T, max: number): readonly T[] {
  return [...list.slice(list.length >= max ? list.length - max + 1 : 0), item]
}

/** `list` with `message` where its time puts it, once, and at most {@link MAX_MESSAGES} long; the oldest go first. */
export function addMessage(list: readonly ChatMessage[], message: ChatMessage): readonly ChatMessage[] {
  // After a reconnect a peer tells again what is known, and what was missed in between.
  if (list.some(({ id }) => id === message.id)) return list
  const at = list.findLastIndex((other) => other.at <= message.at) + 1
  return [...list.slice(0, at), message, ...list.slice(at)].slice(-MAX_MESSAGES)
}

/** A log entry as shown: how often in a row it was told. */
export interface ShownEntry extends LogEntry {
  readonly times: number
}

/** `list` with `entry` at its end, or counted there when it says what the last one said. */
export function addEntry(list: readonly ShownEntry[], entry: LogEntry): readonly ShownEntry[] {
  const last = list.at(-1)
  if (last === undefined || last.text !== entry.text || last.detail !== entry.detail) {
    return append(list, { ...entry, times: 1 }, MAX_LOG)
  }
  return [...list.slice(0, -1), { ...entry, seq: last.seq, times: last.times + 1 }]
}

export interface LogFilter {
  readonly kind: LogKind | 'all'
  /** Words to find, in any letter case; empty finds all. */
  readonly text: string
}

/** The entries that match, newest first. */
export function filterLog(log: readonly ShownEntry[], filter: LogFilter): readonly ShownEntry[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean)
  return log
    .filter((entry) => {
      if (filter.kind !== 'all' && entry.kind !== filter.kind) return false
      const text = `${entry.text} ${entry.detail ?? ''}`.toLowerCase()
      return words.every((word) => text.includes(word))
    })
    .reverse()
}

/**
 * The round trips seen for each peer, from one snapshot of all peers to the next: peers that are gone are forgotten, and a
 * time is added when it differs from the last, since a snapshot does not say whether a ping came between.
 */
export function trackRoundTrips(
  seen: ReadonlyMap<string, readonly number[]>,
  peers: readonly { readonly id: string; readonly roundTripTime?: number }[],
): ReadonlyMap<string, readonly number[]> {
  return new Map(
    peers.map(({ id, roundTripTime }) => {
      const times = seen.get(id) ?? []
      if (roundTripTime === undefined || times.at(-1) === roundTripTime) return [id, times]
      return [id, append(times, roundTripTime, MAX_ROUND_TRIPS)]
    }),
  )
}
